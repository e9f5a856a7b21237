"""The tools: each asks the contract and hands on what an assistant needs of the answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from service.mcp_server import inputs, outputs, rendering
from service.mcp_server.contract import Contract

PAGE = 100
PAGES = 3  # read to find somebody: the first 300 people


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool: what it is called, takes and gives, and the function that does it."""

    name: str
    title: str
    description: str
    takes: type[BaseModel]
    gives: type[BaseModel]
    run: Callable[[Contract, Any], Awaitable[BaseModel]]
    writes: bool = False


async def search_people(contract: Contract, asked: inputs.SearchPeopleIn) -> outputs.SearchPeopleOut:
    """People who fit a need, best first, each with the evidence for it."""
    how = asked.model_dump(include={"limit", "offset", "version", "relax"})
    found = await contract.search(asked.asked() | how)
    answer = outputs.SearchPeopleOut(
        release=found["release"]["id"],
        plan=rendering.plan(found["plan"]),
        matched=found["pool"]["matched"],
        total=found["pool"]["total"],
        relaxed=rendering.relaxed(found["relaxed"]),
        people=[rendering.person(one) for one in found["candidates"]],
    )
    return rendering.fitting(answer, "people")


async def explain_candidate(contract: Contract, asked: inputs.ExplainCandidateIn) -> outputs.ExplainCandidateOut:
    """Why one person fits a need, or how far the search looked without finding them."""
    # Every condition held first, as far as that reaches; only then what the search would loosen.
    for relax in (False, True):
        for page in range(PAGES):
            body = asked.asked() | {"version": asked.version, "relax": relax, "limit": PAGE, "offset": page * PAGE}
            found = await contract.search(body)
            for one in found["candidates"]:
                if one["login"].casefold() == asked.login.casefold():
                    return _explained(found, one)
            if len(found["candidates"]) < PAGE:
                break
        else:
            break  # so many meet every condition that nothing would be loosened
    await contract.profile(asked.login)  # says so when there is no such person
    looked_at = page * PAGE + len(found["candidates"])
    answer = _explained(found, None)
    sentence = f"Not among the {looked_at} people that this need finds first; the person's profile is vivier://profiles/{asked.login}."
    return answer.model_copy(update={"sentence": sentence})


def _explained(found: dict[str, Any], one: dict[str, Any] | None) -> outputs.ExplainCandidateOut:
    person = None if one is None else rendering.person(one, most_evidence=rendering.MOST_EVIDENCE_OF_ONE)
    return outputs.ExplainCandidateOut(
        release=found["release"]["id"],
        found=person is not None,
        sentence="" if person is None else f"Number {person.rank} of {found['pool']['matched']} people who match.",
        plan=rendering.plan(found["plan"]),
        relaxed=rendering.relaxed(found["relaxed"]),
        person=person,
    )


async def similar_people(contract: Contract, asked: inputs.SimilarPeopleIn) -> outputs.SimilarPeopleOut:
    """People whose works are nearest to somebody's."""
    found = await contract.similar(asked.login, asked.model_dump(exclude={"login"}))
    answer = outputs.SimilarPeopleOut(
        release=found["release"]["id"],
        login=found["login"],
        matched=found["pool"]["matched"],
        total=found["pool"]["total"],
        people=[rendering.person(one) for one in found["candidates"]],
    )
    return rendering.fitting(answer, "people")


async def compare_releases(contract: Contract, asked: inputs.CompareReleasesIn) -> outputs.CompareReleasesOut:
    """The answers of two releases to one need, and what differs."""
    found = await contract.compare(asked.asked() | {"versions": [asked.before, asked.after], "limit": asked.limit})
    before, after = found["answers"]
    answer = outputs.CompareReleasesOut(
        before=rendering.side(before),
        after=rendering.side(after),
        overlap=round(found["rbo"], 4),
        entered=[rendering.difference(one, before=one["other_rank"], after=one["rank"]) for one in found["entered"]],
        left=[rendering.difference(one, before=one["rank"], after=one["other_rank"]) for one in found["left"]],
        moved=[rendering.difference(one, before=one["before"], after=one["after"]) for one in found["moved"]],
    )
    return rendering.fitting(answer, "entered", "left", "moved")


async def list_releases(contract: Contract, _: inputs.ListReleasesIn) -> outputs.ListReleasesOut:
    """What serves, and every registered version, newest first."""
    found = await contract.models()
    versions = sorted(found["versions"], key=lambda one: -one["version"])
    left_out = len(versions) - rendering.MOST_VERSIONS
    answer = outputs.ListReleasesOut(
        serving=found["serving"]["id"] if found["serving"] else None,
        versions=[rendering.version(one) for one in versions[: rendering.MOST_VERSIONS]],
        cut=[f"The oldest {left_out} versions are left out."] if left_out > 0 else [],
    )
    return rendering.fitting(answer, "versions")


async def switch_release(contract: Contract, asked: inputs.SwitchReleaseIn) -> outputs.SwitchReleaseOut:
    """Let the service serve another release."""
    found = await contract.switch(asked.version, asked.policy)
    return outputs.SwitchReleaseOut(previous=found["previous"], serving=found["serving"], took_ms=found["took_ms"])


TOOLS = (
    Tool(
        "search_people",
        "Find people by what they have built",
        "Finds developers who fit a need in French or English, a whole job advertisement too, best first, each with "
        "matched and missing skills and quotes from their own repositories as evidence. The answer's plan says what "
        "was understood: correct it with `plan`. Conditions that too few people meet are loosened: see `relaxed`.",
        inputs.SearchPeopleIn,
        outputs.SearchPeopleOut,
        search_people,
    ),
    Tool(
        "explain_candidate",
        "Explain why somebody fits a need",
        "Says where one person stands for a need and why: the parts of the score, matched and missing skills, and up "
        f"to {rendering.MOST_EVIDENCE_OF_ONE} pieces of evidence. Looks among the first {PAGE * PAGES} people.",
        inputs.ExplainCandidateIn,
        outputs.ExplainCandidateOut,
        explain_candidate,
    ),
    Tool(
        "similar_people",
        "Find people who built similar things",
        "Finds people whose repositories are nearest to those of a person who is already known, by login.",
        inputs.SimilarPeopleIn,
        outputs.SimilarPeopleOut,
        similar_people,
    ),
    Tool(
        "compare_releases",
        "Compare two releases on a need",
        "Asks two releases the same need: who enters, who leaves, who moves, and which part of the score made it so. "
        "list_releases names the releases.",
        inputs.CompareReleasesIn,
        outputs.CompareReleasesOut,
        compare_releases,
    ),
    Tool(
        "list_releases",
        "List releases",
        "Says which release serves, and every registered version with its metrics and whether it could be loaded.",
        inputs.ListReleasesIn,
        outputs.ListReleasesOut,
        list_releases,
    ),
    Tool(
        "switch_release",
        "Serve another release",
        "Loads, checks and serves another release for everybody who uses the service. Whatever fails leaves the old "
        "one serving. Ask the user before.",
        inputs.SwitchReleaseIn,
        outputs.SwitchReleaseOut,
        switch_release,
        writes=True,
    ),
)
