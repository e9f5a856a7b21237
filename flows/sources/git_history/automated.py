"""Which authors are programs: they write commits and are nobody to talk to."""

from __future__ import annotations

import re

# Names that are a program's alone. Claude is a first name: that program is known by its address.
_PROGRAMS = """
actions-user aider allcontributors autofix-ci claude-code codecov-io codefactor-io copilot copybara-service
cursor-agent dependabot dependabot-preview devin-ai gemini-code-assist github github-action github-actions
github-copilot gitlab gitlab-ci google-labs-jules greenkeeper greenkeeperio imgbot jenkins mend-renovate openai-codex
pre-commit-ci renovate semantic-release snyk sourcery-ai travis-ci transifex weblate whitesource web-flow
"""
_JOBS = """
auto backport bors build changelog ci circleci commit crowdin deploy deployment docs format formatter github gitlab
i18n jenkins k8s lint merge nightly prow release renovate review roll security stale style sync test translation
update version weblate
"""


def _any_of(words: str) -> str:
    return "|".join(word.replace("-", "[- ]") for word in words.split())


# Bot is a family name too: "Jan Bot" stays; "jan-bot", "jan bot" and "Release Bot" go.
_NAME = re.compile(
    r"bot|.* bot|(?i:.*\[bot\]|.*[-_](?:ro)?bot|.*-autoroller)"
    rf"|(?i:{_any_of(_PROGRAMS)}|(?:.* )?(?:{_any_of(_JOBS)}) ?(?:ro)?bot)"
)
_ADDRESS = re.compile(
    r"(?i)(?:.*\[bot\]|bot|ci|jenkins|buildbot|.*[-_]bot)@.*"
    r"|noreply@(?:github\.com|anthropic\.com|openai\.com|aider\.chat)|cursoragent@cursor\.com"
    r"|(?:\d+\+)?(?:copilot|claude|github-actions|actions-user|dependabot|renovate)@users\.noreply\.github\.com"
)


def is_automated(name: str, address: str) -> bool:
    """Whether this author is a program, by the name it goes by or the address it writes from."""
    return bool(_NAME.fullmatch(name.strip()) or _ADDRESS.fullmatch(address.strip()))
