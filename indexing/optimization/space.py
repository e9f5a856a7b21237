"""Where a study looks: which numbers, from where to where, and what each costs to try.

ranking   weighs what is found: a kept collection is opened with other constants, seconds a trial
index     also what is in a collection (words of each field, BM25's saturation, the graph): a build, a minute or so
full      also what is embedded, and by which encoder: every passage is embedded anew
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol, get_args

from indexing.errors import InputError
from indexing.optimization.choices import Choice
from indexing.releases import FieldWeights, RankingConstants
from indexing.templates import parse_template
from indexing.tuning import Tuning

Kind = Literal["ranking", "index", "full"]
KINDS: tuple[Kind, ...] = get_args(Kind)

Range = tuple[float, float]
# Wide around what was tried by hand (docs/decisions/0008-ranking.md). `dense_share` is one number for two weights: only
# their proportion ranks, as long as the person-level stage's weights are beside it.
RANKING: Mapping[str, Range] = {
    "rarity": (0.8, 2.2),
    "skill_weight": (0.0, 1.2),
    "sparse_decay": (0.2, 0.9),
    "dense_decay": (0.2, 0.9),
    "breadth": (0.0, 0.15),
    "depth": (50, 400),
    "hits": (100, 800),
    "dense_share": (0.1, 0.9),
    "prior_weight": (0.0, 0.1),
    "rerank_weight": (0.0, 0.3),
    "hnsw_ef": (64, 768),
}
IN_THE_INDEX: Mapping[str, Range] = {
    "bm25_k1": (0.4, 2.4),
    "bm25_b": (0.2, 1.0),
    "name_words": (0.0, 3.0),
    "description_words": (0.5, 3.0),
    "topics_words": (0.0, 3.0),
    "language_words": (0.0, 2.0),
}
WHOLE = frozenset({"depth", "hits", "hnsw_ef"})
HNSW_M = (8, 12, 16, 24, 32)
# Ways to say a work, beside the usual one.
TEMPLATES = (
    "{name}. | {description} | Topics: {topics}. | Language: {language}.",
    "{name}: | {description}",
    "{description} | {name}.",
    "{name}. | {description} | {topics}. | {language}",
)


class Suggests(Protocol):
    """A trial of Optuna, as far as a space looks at it."""

    def suggest_float(self, name: str, low: float, high: float) -> float:
        """A number."""

    def suggest_int(self, name: str, low: int, high: int) -> int:
        """A whole number."""

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """One of some."""


@dataclass(frozen=True, slots=True)
class Space:
    """A space around the way that is served now."""

    kind: Kind
    start: Choice
    versions: tuple[int, ...]  # the start's first
    templates: tuple[str, ...] = TEMPLATES
    precisions: tuple[str, ...] = ("int8", "fp32")

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InputError(f"There is no search space {self.kind!r}, only {', '.join(KINDS)}.", field="space")

    def choose(self, trial: Suggests) -> Choice:
        """What a trial tries; the start itself, to the last digit, for the start's parameters."""
        chosen = {name: _suggest(trial, name, bounds) for name, bounds in self._ranges().items()}
        chosen |= {name: trial.suggest_categorical(name, known) for name, known in self._categories().items()}
        return self.start if chosen == self.start_parameters() else self._choice(chosen)

    def start_parameters(self) -> dict[str, Any]:
        """The way that is served now, as a trial's parameters."""
        return {name: _parameters(self.start)[name] for name in (*self._ranges(), *self._categories())}

    def built_by(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters that decide what has to be built; with the same ones a kept build serves."""
        return {name: value for name, value in parameters.items() if name not in RANKING}

    def described(self) -> dict[str, Any]:
        """What a study must keep to: a change of it would mix trials of two spaces."""
        return {
            "kind": self.kind,
            "start": self.start.to_json(),
            "ranges": {name: list(bounds) for name, bounds in self._ranges().items()},
            "categories": {name: list(known) for name, known in self._categories().items()},
        }

    def _ranges(self) -> dict[str, Range]:
        ranges = dict(RANKING) if self.kind == "ranking" else {**RANKING, **IN_THE_INDEX}
        start = _parameters(self.start)  # a tuned version may lie further out
        return {name: (min(low, start[name]), max(high, start[name])) for name, (low, high) in ranges.items()}

    def _categories(self) -> dict[str, tuple[Any, ...]]:
        if self.kind == "ranking":
            return {}
        start = self.start
        categories: dict[str, tuple[Any, ...]] = {"hnsw_m": _with(start.tuning.hnsw_m, HNSW_M)}
        if self.kind == "full":
            known = tuple(str(parse_template(template)) for template in self.templates)
            categories |= {
                "version": self.versions,
                "template": _with(start.template, known),
                "precision": _with(start.precision, self.precisions),
            }
        return categories

    def _choice(self, chosen: Mapping[str, Any]) -> Choice:
        values = {**_parameters(self.start), **chosen}
        constants = {name: values[name] for name in asdict(RankingConstants()) if name in values}
        usual = self.start.tuning.ranking
        both = usual.dense_weight + usual.sparse_weight
        weights = {"dense_weight": values["dense_share"] * both, "sparse_weight": (1 - values["dense_share"]) * both}
        ranking = RankingConstants(**{**asdict(usual), **constants, **weights})
        words = FieldWeights(**{name: values[f"{name}_words"] for name in asdict(FieldWeights())})
        tuning = Tuning(ranking, words, values["hnsw_m"])
        return Choice(values["version"], values["template"], values["precision"], tuning)


def _parameters(choice: Choice) -> dict[str, Any]:
    ranking = choice.tuning.ranking
    words = {f"{name}_words": weight for name, weight in asdict(choice.tuning.field_weights).items()}
    share = {"dense_share": ranking.dense_weight / (ranking.dense_weight + ranking.sparse_weight)}
    encoder = {"version": choice.version, "template": choice.template, "precision": choice.precision}
    return {**asdict(ranking), **words, **share, **encoder, "hnsw_m": choice.tuning.hnsw_m}


def _suggest(trial: Suggests, name: str, bounds: Range) -> float:
    if name in WHOLE:
        return trial.suggest_int(name, int(bounds[0]), int(bounds[1]))
    return trial.suggest_float(name, *bounds)


def _with(one: Any, known: tuple[Any, ...]) -> tuple[Any, ...]:
    return (one, *(other for other in known if other != one))
