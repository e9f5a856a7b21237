"""The gate: rules with thresholds that a candidate must meet, each with what was found and one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from indexing.promotion.findings import VERSUS, Section

Mode = Literal["better", "not-worse"]
LANGUAGE_NAMES = {"en": "English", "fr": "French"}


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What a candidate must meet; VIVIER_GATE_* sets each. docs/promotion.md has the reasons."""

    mode: Mode = "better"
    min_queries: int = 50
    min_ndcg_change: float = 0.005  # of the mean nDCG@10, when it must be better
    min_ndcg_bound: float = 0.0  # its interval must lie above this
    max_ndcg_loss: float = 0.01  # of the mean, when it must not be worse
    max_ndcg_bound_loss: float = 0.03  # its interval must lie above minus this
    max_recall_loss: float = 0.02  # of recall@100
    max_language_loss: float = 0.02  # of nDCG@10, for each language
    min_language_queries: int = 20  # fewer say nothing of a language
    max_gap_rise: float = 0.02  # of English nDCG@10 less French, over needs asked in both
    max_latency_ratio: float = 1.5  # of the median and of the slow end
    latency_floor_ms: float = 5.0  # a difference that nobody feels
    min_overlap: float = 0.3  # RBO with the champion's lists: a warning only

    def to_dict(self) -> dict[str, Any]:
        """As JSON-able values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule and how the candidate did."""

    name: str
    value: float
    threshold: float
    is_met: bool
    sentence: str
    is_warning: bool = False  # said, and no reason to refuse

    def to_dict(self) -> dict[str, Any]:
        """As JSON-able values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Every rule, in order."""

    rules: tuple[Rule, ...]
    mode: Mode

    @property
    def failed(self) -> tuple[Rule, ...]:
        """The rules that refuse the candidate."""
        return tuple(rule for rule in self.rules if not rule.is_met and not rule.is_warning)

    @property
    def warnings(self) -> tuple[Rule, ...]:
        """What should be looked at all the same."""
        return tuple(rule for rule in self.rules if not rule.is_met and rule.is_warning)

    @property
    def passes(self) -> bool:
        """Whether the candidate may serve."""
        return not self.failed

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        if self.passes:
            return "The candidate passes the gate."
        return "The gate refuses the candidate: " + " ".join(rule.sentence for rule in self.failed)


def judge(sections: Section, thresholds: Thresholds) -> Verdict:
    """Hold what was found against the thresholds."""
    return Verdict(
        (
            _enough_queries(sections, thresholds),
            *_quality(sections, thresholds),
            _recall(sections, thresholds),
            *_languages(sections, thresholds),
            *_gap(sections, thresholds),
            *_latency(sections, thresholds),
            _alike(sections, thresholds),
        ),
        thresholds.mode,
    )


def _enough_queries(sections: Section, thresholds: Thresholds) -> Rule:
    queries = sections["judged"]["queries"]
    is_met = queries >= thresholds.min_queries
    said = f"{queries} judged queries" + ("." if is_met else f", fewer than the {thresholds.min_queries} wanted.")
    return Rule("judged queries", queries, thresholds.min_queries, is_met, said)


def _quality(sections: Section, thresholds: Thresholds) -> Iterator[Rule]:
    between = sections["quality"]["significance"][VERSUS]["ndcg@10"]
    change, (low, high) = between["difference"], between["interval"]
    if thresholds.mode == "better":
        least, bound = thresholds.min_ndcg_change, thresholds.min_ndcg_bound
        is_met, is_sure = change >= least and change > 0, low > bound
    else:
        least, bound = -thresholds.max_ndcg_loss, -thresholds.max_ndcg_bound_loss
        is_met, is_sure = change >= least, low >= bound
    wanted = f"{least:+.3f} is wanted"
    said = f"nDCG@10 changes by {change:+.4f} (p {between['p']:.4f})"
    if thresholds.mode == "better" and not is_met and abs(change) < 1e-9:
        said = "The candidate is no better than the champion: nDCG@10 is the same"
    yield Rule("nDCG@10 change", change, least, is_met, said + ("." if is_met else f"; {wanted} at least."))
    said = f"The change lies between {low:+.4f} and {high:+.4f} with 95 % confidence"
    yield Rule(
        "nDCG@10 change, lower bound", low, bound, is_sure, said + ("." if is_sure else f"; not above {bound:+.3f}.")
    )


def _recall(sections: Section, thresholds: Thresholds) -> Rule:
    change = sections["quality"]["significance"][VERSUS]["recall@100"]["difference"]
    return _loss("Recall@100", change, thresholds.max_recall_loss)


def _languages(sections: Section, thresholds: Thresholds) -> Iterator[Rule]:
    for language, group in sections["by_language"].items():
        if group["queries"] >= thresholds.min_language_queries:
            change = group["significance"][VERSUS]["ndcg@10"]["difference"]
            name = LANGUAGE_NAMES.get(language, language)
            yield _loss(f"nDCG@10 of {name} queries", change, thresholds.max_language_loss)


def _loss(what: str, change: float, most: float) -> Rule:
    is_met = change >= -most - 1e-12
    said = f"{what} changes by {change:+.4f}"
    return Rule(what, change, -most, is_met, said + ("." if is_met else f"; {most:.3f} may be lost."))


def _gap(sections: Section, thresholds: Thresholds) -> Iterator[Rule]:
    parity = sections["parity"]
    if parity is None or parity["candidate"]["pairs"] < thresholds.min_language_queries:
        return
    before, after = (-parity[which]["fr_minus_en"]["difference"] for which in ("champion", "candidate"))
    rise = round(after - before, 6)
    is_met = rise <= thresholds.max_gap_rise + 1e-12
    said = f"French stands {after:.4f} behind English in nDCG@10, {before:.4f} with the champion"
    if not is_met:
        said += f": a rise of {rise:.4f}, and {thresholds.max_gap_rise:.3f} is allowed"
    yield Rule("French gap, rise", rise, thresholds.max_gap_rise, is_met, f"{said}.")


def _latency(sections: Section, thresholds: Thresholds) -> Iterator[Rule]:
    latency = sections["latency"]["total"]
    for point, name in (("p50", "median"), ("p95", "95th percentile")):
        before, after = latency["champion"][point], latency["candidate"][point]
        ratio = latency["ratio"][point] or 1.0
        is_met = ratio <= thresholds.max_latency_ratio or after - before <= thresholds.latency_floor_ms
        said = f"A search takes {after:.1f} ms ({name}), {before:.1f} with the champion: {ratio:.2f} times as long"
        said += "." if is_met else f"; {thresholds.max_latency_ratio:.2f} is allowed."
        yield Rule(f"latency, {name}", ratio, thresholds.max_latency_ratio, is_met, said)


def _alike(sections: Section, thresholds: Thresholds) -> Rule:
    overlap = sections["overlap"].get("rbo@10", 1.0)
    is_met = overlap >= thresholds.min_overlap
    said = f"The first ten overlap by {overlap:.2f} (RBO)"
    said += "." if is_met else f", under {thresholds.min_overlap:.2f}: people will notice the change."
    return Rule("overlap with the champion", overlap, thresholds.min_overlap, is_met, said, is_warning=True)
