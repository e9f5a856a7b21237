"""A clone on this machine as a repository: its name, what it is about, and what can be read of its history."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from flows.sources.git_history.folders import is_foreign
from flows.sources.git_history.languages import LANGUAGES, kind_of
from flows.sources.git_history.parts import most
from flows.sources.git_history.process import Git
from flows.sources.git_history.readme import first_sentence
from flows.sources.git_history.signatures import decoded
from indexing.errors import InputError
from indexing.profiles import web_address
from indexing.raw_data.schemas import FULL_NAME

LOCAL = "local"  # the owner of clones that come from nowhere
README_BYTES = 1 << 16
_README = re.compile(rb"(?i)readme(?:\.(?:md|markdown|rst|txt|adoc))?")
_REGULAR = (b"100644", b"100755")
_UNNAMED = "Unnamed repository"  # how git fills .git/description
_SCP = re.compile(r"(?:[^/@]+@)?(?P<host>[^/:]{2,}):(?P<path>(?!//).+)")  # git@host:owner/name; C:\code is a path
_WEB_SCHEMES = {"https": "https", "http": "http", "ssh": "https"}
_GITHUB = "https://github.com"
_ODD = re.compile(r"[^A-Za-z0-9._+-]+")


@dataclass(frozen=True, slots=True)
class Clone:
    """One clone that has commits."""

    git: Git
    full_name: str
    revisions: tuple[str, ...]
    is_shallow: bool
    html_url: str | None = None  # where it is seen, when its remote tells and it is not github.com

    @property
    def owner(self) -> str:
        """Whose it is, by the first half of its name."""
        return self.full_name.partition("/")[0]

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self.git.folder


@dataclass(frozen=True, slots=True)
class About:
    """What a repository is about, as its newest commit shows."""

    description: str | None
    language: str | None


def open_clone(path: Path, *, mailmap: Path | None, name: str | None = None) -> Clone | None:
    """A clone to read, None when it has no commits. InputError when it is none, or git will not read it."""
    folder = path.resolve()
    if not folder.exists():
        raise InputError(f"{path} does not exist; give the folder of a clone.", field="path")
    if not folder.is_dir():
        raise InputError(f"{path} is a file; give the folder of a clone.", field="path")
    folder = folder.parent if folder.name == ".git" else folder
    git = Git(folder, mailmap)
    is_shallow = git.read("rev-parse", "--is-shallow-repository").strip() == b"true"
    if git.try_read("rev-parse", "--verify", "--quiet", "HEAD") is not None:
        revisions: tuple[str, ...] = ("HEAD",)
    elif git.read("for-each-ref", "--count=1", "refs/heads", "refs/remotes"):
        revisions = ("--branches", "--remotes")  # HEAD names a branch that is not there, as in some mirrors
    else:
        return None
    remote = decoded(git.try_read("config", "--get", "remote.origin.url") or b"").strip()
    full_name = name or _name_of(git, remote)
    address = address_of_remote(remote)
    return Clone(git, full_name, revisions, is_shallow, None if address == f"{_GITHUB}/{full_name}" else address)


def _name_of(git: Git, remote: str) -> str:
    return name_of_remote(remote) or f"{LOCAL}/{_spelt(git.folder.name.removesuffix('.git')) or 'repository'}"


def name_of_remote(url: str) -> str | None:
    """`owner/name` of a remote's address, None when it is a path on this machine; nothing else of it is looked at."""
    split = urlsplit(url) if "://" in url else None
    if split is not None:
        path = "" if split.scheme == "file" else unquote(split.path)
    else:
        found = _SCP.fullmatch(url)
        path = found["path"] if found else ""
    words = [_spelt(word) for word in path.removesuffix("/").removesuffix(".git").split("/") if word and word != "_git"]
    full_name = "/".join(words[-2:])
    return full_name if re.fullmatch(FULL_NAME, full_name) else None


def address_of_remote(url: str) -> str | None:
    """Where a remote's repository is seen on the web, without any name or key; None when its address does not tell."""
    split = urlsplit(url) if "://" in url else None
    if split is None:
        found = _SCP.fullmatch(url)
        scheme, host, path = "https", found["host"] if found else "", found["path"] if found else ""
    elif split.scheme in _WEB_SCHEMES:
        # A port of SSH is none of the web's.
        host = split.hostname or "" if split.scheme == "ssh" else split.netloc.rpartition("@")[2]
        scheme, path = _WEB_SCHEMES[split.scheme], split.path
    else:
        return None
    path = path.strip("/").removesuffix(".git")
    if "." not in host or not path or host.startswith("ssh."):  # `work:` is a nickname; ssh.* has no pages
        return None
    return web_address(f"{scheme}://{host.lower()}/{path}")


def _spelt(name: str) -> str:
    """A name with what the raw contract does not allow replaced."""
    return _ODD.sub("-", name)[:100]


def about(clone: Clone) -> About:
    """What the clone's description file, its README and the names of its files tell."""
    revision = next((one for one in clone.revisions if not one.startswith("-")), None)
    if revision is None:
        newest = clone.git.read("rev-list", "--max-count=1", *clone.revisions)
        revision = newest.decode().strip()
    readme: bytes | None = None
    kinds: Counter[str] = Counter()
    rest = b""
    for chunk in clone.git.stream("ls-tree", "-r", "-z", "--full-tree", revision):
        *entries, rest = (rest + chunk).split(b"\0")
        for entry in entries:
            mode, _, path = entry.partition(b" ")
            path = path.partition(b"\t")[2]
            folder, _, name = path.rpartition(b"/")
            if mode in _REGULAR:
                if not folder and _README.fullmatch(name):
                    readme = min(path, readme or path, key=len)
                kind = kind_of(name)
                if kind in LANGUAGES and not is_foreign(folder):
                    kinds[kind] += 1
    language = next(iter(most(kinds, 1)), None)
    return About(_described(clone.git) or _readme_sentence(clone.git, revision, readme), language)


def _described(git: Git) -> str | None:
    where = git.try_read("rev-parse", "--git-path", "description")
    path = git.folder / decoded(where or b"").strip()
    try:
        text = decoded(path.read_bytes()[:README_BYTES]).strip()
    except OSError:
        return None
    return None if not text or text.startswith(_UNNAMED) else " ".join(text.split())[:500]


def _readme_sentence(git: Git, revision: str, readme: bytes | None) -> str | None:
    if readme is None:
        return None
    content = b""
    stream = git.stream("cat-file", "blob", f"{revision}:{decoded(readme)}")
    try:
        while len(content) < README_BYTES and (chunk := next(stream, None)):
            content += chunk
    except InputError:  # a partial clone has the names of files without the files
        return None
    finally:
        stream.close()
    return first_sentence(decoded(content[:README_BYTES]))


def different(clones: Sequence[Clone]) -> list[Clone]:
    """The clones, those from nowhere with names of their own, and every repository once."""
    found: dict[str, Clone] = {}
    for clone in clones:
        name, number = clone.full_name, 1
        while (
            name.casefold() in found and name.startswith(f"{LOCAL}/") and found[name.casefold()].folder != clone.folder
        ):
            number += 1
            name = f"{clone.full_name}-{number}"
        found.setdefault(name.casefold(), replace(clone, full_name=name))
    return list(found.values())
