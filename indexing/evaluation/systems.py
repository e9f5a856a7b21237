"""The systems compared: one search, with parts of it switched off; and a fusion computed outside of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from indexing.candidates import Need
from indexing.errors import InvalidNeed, RawDataError
from indexing.evaluation.judgements import Judgement
from indexing.open_release import OpenRelease
from indexing.search import search_people
from indexing.skills import load_catalogue

DEPTH = 100  # people asked for
FUSION_K = 60  # of reciprocal rank fusion, as Cormack, Clarke and Büttcher (SIGIR 2009) have it
SYSTEMS: Mapping[str, Callable[[str], Need]] = MappingProxyType(
    {
        "bm25": lambda query: Need(query, limit=DEPTH, mode="sparse", rerank=False, explain=False),
        "dense": lambda query: Need(query, limit=DEPTH, mode="dense", rerank=False, explain=False),
        "hybrid": lambda query: Need(query, limit=DEPTH, mode="hybrid", rerank=False, explain=False),
        "full": lambda query: Need(query, limit=DEPTH, mode="hybrid", rerank=True, explain=False),
    }
)
RRF = "rrf"

Ranking = tuple[str, ...]  # casefolded logins, best first


def run_systems(
    judgements: Sequence[Judgement],
    opened: OpenRelease,
    *,
    systems: Sequence[str] = tuple(SYSTEMS),
    on_progress: Callable[[int, int], None],
) -> dict[str, list[Ranking]]:
    """What each system finds, by system and in the order of the queries, asked of the code that serves."""
    catalogue = load_catalogue()
    runs: dict[str, list[Ranking]] = {system: [] for system in systems}
    on_progress(0, len(judgements))
    for number, judgement in enumerate(judgements, start=1):
        for system, rankings in runs.items():
            try:
                answer = search_people(SYSTEMS[system](judgement.query), opened, catalogue)
            except InvalidNeed as error:
                raise RawDataError(
                    f"{judgement.place}: the search refuses this query ({error}) Mend the line or take it out.",
                    field=judgement.place,
                ) from error
            rankings.append(tuple(candidate.profile.login.casefold() for candidate in answer.candidates))
        on_progress(number, len(judgements))
    return runs


def fuse_by_rank(*rankings: Ranking) -> Ranking:
    """Reciprocal rank fusion of rankings, as deep as the systems go; who ties comes by login."""
    scores: dict[str, float] = {}
    for ranking in rankings:
        for rank, login in enumerate(ranking, start=1):
            scores[login] = scores.get(login, 0.0) + 1 / (FUSION_K + rank)
    return tuple(sorted(scores, key=lambda login: (-scores[login], login))[:DEPTH])
