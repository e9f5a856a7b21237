"""The promotion report as one page that stands alone; with or without the people it is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from flows.promotion_report.plots import differences, histogram, pairs
from flows.report_pages import beside, document, figure, grid, table
from indexing.candidates import ScoreParts
from indexing.promotion.contest import BOTH, Entrant
from indexing.promotion.findings import VERSUS, Change, Findings, Section
from indexing.promotion.gate import LANGUAGE_NAMES, Verdict

SHOWN_CHANGES = 15
KEY = (
    '<p><span class="key" style="background: var(--bar)"></span>champion'
    '<span class="key" style="background: var(--other)"></span>candidate</p>'
)
MEASURES = ("ndcg@10", "recall@10", "recall@100", "mrr")
PARTS = ("dense", "sparse", "prior", "rerank")
PART_NAMES = {"dense": "meaning (dense)", "sparse": "words (sparse)", "prior": "prior", "rerank": "plan (rerank)"}


def page(
    promotion_id: str, findings: Findings, verdict: Verdict, *, made_at: str, changes: Sequence[Change] | None = None
) -> str:
    """The whole page. Without `changes` it names nobody and shows no query's text."""
    body = "\n".join(_sections(promotion_id, findings.sections, verdict, made_at, changes))
    champion, candidate = findings.names
    return document(f"promotion of {candidate}", f"{candidate} against {champion}", body)


def _sections(
    promotion_id: str, sections: Section, verdict: Verdict, made_at: str, changes: Sequence[Change] | None
) -> Iterator[str]:
    mood = "good" if verdict.passes else "warn"
    heading = "The candidate passes the gate." if verdict.passes else "The gate refuses the candidate:"
    yield f'<p class="{mood}">{heading}</p>'
    if verdict.failed:
        yield f"<ul>{''.join(f'<li>{escape(rule.sentence)}</li>' for rule in verdict.failed)}</ul>"
    for rule in verdict.warnings:
        yield f'<p class="warn">{escape(rule.sentence)}</p>'
    named = (
        "It names people: it stays inside, and an erasure removes it." if changes is not None else "Nobody is named."
    )
    moment = made_at[:16].replace("T", " ")
    yield f"<p>Promotion {escape(promotion_id)}, compared {escape(moment)} UTC. {named}</p>"
    yield _releases(sections)
    yield f"<h2>The gate</h2>{_rules(verdict)}"
    yield "<h2>Quality</h2>" + KEY
    yield from _quality(sections)
    yield "<h2>French and English</h2>"
    yield from _parity(sections["parity"])
    yield "<h2>Speed</h2>" + KEY
    yield from _latency(sections["latency"])
    yield "<h2>What changes in the first ten</h2>"
    yield from _overlap(sections)
    if changes is not None:
        yield from _changes(changes)
    yield "<h2>Who is shown</h2>" + KEY
    yield from _exposure(sections["exposure"])


def _releases(sections: Section) -> str:
    rows = []
    for what, label in (
        ("model", "model"), ("people", "people"), ("passages", "passages"), ("created", "built"),
        ("data_rev", "data revision"), ("fingerprint", "encoder"),
    ):  # fmt: skip
        rows.append((label, *(_short(sections["releases"][which][what], what) for which in BOTH)))
    judged = sections["judged"]
    rows.append(
        ("judged people it lacks", *(f"{judged[which]['people_lacking']} of {judged['people']}" for which in BOTH))
    )
    rows.append(("queries nobody can answer", *(str(judged[which]["queries_nobody_can_answer"]) for which in BOTH)))
    files = ", ".join(judged["files"]) or "judgements"
    return grid(f"{judged['queries']} judged queries ({files})", ("", "champion", "candidate"), rows)


def _rules(verdict: Verdict) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(rule.name)}</th><td class="number">{rule.value:.4g}</td>'
        f'<td class="number">{rule.threshold:.4g}</td>'
        f'<td class="{"good" if rule.is_met else "warn"} whole">{_outcome(rule.is_met, rule.is_warning)}</td>'
        f"<td>{escape(rule.sentence)}</td></tr>"
        for rule in verdict.rules
    )
    head = "".join(f'<th scope="col">{name}</th>' for name in ("rule", "value", "threshold", "", ""))
    wanted = "better than the champion" if verdict.mode == "better" else "not worse than the champion"
    return (
        f'<div class="wide"><table><caption>The candidate must be {wanted}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _outcome(is_met: bool, is_warning: bool) -> str:
    if is_met:
        return "met"
    return "warning" if is_warning else "not met"


def _quality(sections: Section) -> Iterator[str]:
    quality = sections["quality"]
    rows = []
    for name in MEASURES:
        between = quality["significance"][VERSUS][name]
        low, high = between["interval"]
        rows.append(
            (
                name,
                *(f"{quality['means'][which][name]:.3f}" for which in BOTH),
                f"{between['difference']:+.4f}",
                f"{low:+.4f} to {high:+.4f}",
                f"{between['p']:.4f}",
                f"{between['won']} / {between['lost']}",
            )
        )
    columns = ("", "champion", "candidate", "change", "95 % interval", "p", "won / lost")
    yield grid("All judged queries", columns, rows)
    by_query = [one["candidate"] - one["champion"] for one in sections["ndcg@10_by_query"].values()]
    yield beside(
        [
            figure(differences("ndcg-by-query", by_query, "Change of nDCG@10, query by query")),
            figure(pairs("ndcg-by-language", _means(sections["by_language"]), "nDCG@10 by language")),
            figure(pairs("ndcg-by-kind", _means(sections["by_kind"]), "nDCG@10 by kind of query")),
        ]
    )
    rows = []
    for name in ("language", "kind"):
        for label, group in sections[f"by_{name}"].items():
            between = group["significance"][VERSUS]["ndcg@10"]
            low, high = between["interval"]
            rows.append(
                (
                    LANGUAGE_NAMES.get(label, label),
                    str(group["queries"]),
                    *(f"{group['means'][which]['ndcg@10']:.3f}" for which in BOTH),
                    f"{between['difference']:+.4f}",
                    f"{low:+.4f} to {high:+.4f}",
                    f"{between['p']:.4f}",
                )
            )
    yield grid("nDCG@10 by group", ("", "queries", "champion", "candidate", "change", "95 % interval", "p"), rows)


def _means(groups: Mapping[str, Section]) -> dict[str, tuple[float, float]]:
    return {
        f"{LANGUAGE_NAMES.get(label, label)} ({group['queries']})": (
            group["means"]["champion"]["ndcg@10"],
            group["means"]["candidate"]["ndcg@10"],
        )
        for label, group in groups.items()
    }


def _parity(parity: Section | None) -> Iterator[str]:
    if parity is None:
        yield "<p>No need is asked in both languages.</p>"
        return
    share = next(name for name in parity["champion"] if name.startswith("share"))
    rows = [
        ("nDCG@10, English", *(f"{parity[which]['ndcg@10']['en']:.3f}" for which in BOTH)),
        ("nDCG@10, French", *(f"{parity[which]['ndcg@10']['fr']:.3f}" for which in BOTH)),
        ("French - English", *(f"{parity[which]['fr_minus_en']['difference']:+.3f}" for which in BOTH)),
        ("95 % interval", *("{:+.3f} to {:+.3f}".format(*parity[which]["fr_minus_en"]["interval"]) for which in BOTH)),
        ("overlap of the lists, RBO@20", *(f"{parity[which]['rbo@20']:.3f}" for which in BOTH)),
        (f"pairs with RBO of {share.rpartition('_')[2]} or more", *(f"{parity[which][share]:.1%}" for which in BOTH)),
    ]
    yield grid(f"{parity['candidate']['pairs']} needs asked in both languages", ("", "champion", "candidate"), rows)


def _latency(latency: Section) -> Iterator[str]:
    stages = {"total": "whole search", "encode": "encoding the query", "search": "index, ranking, evidence"}
    drawn = {
        f"{stages[stage]}, {point}": (latency[stage]["champion"][point], latency[stage]["candidate"][point])
        for stage in stages
        for point in ("p50", "p95")
    }
    rows = [
        (stages[stage], *(f"{latency[stage]['ratio'][point] or 0:.2f}" for point in ("p50", "p95"))) for stage in stages
    ]
    yield beside(
        [
            figure(pairs("latency", drawn, "Milliseconds a search", digits=1)),
            grid("Candidate over champion", ("", "p50", "p95"), rows),
        ]
    )
    yield (
        f"<p>{latency['searches']} searches of each, the same ones, in turns in one process, no query remembered. "
        "What a service adds is not in it.</p>"
    )


def _overlap(sections: Section) -> Iterator[str]:
    overlap, kept = sections["overlap"], sections["kept_searches"]
    parts = [
        figure(histogram("overlap", overlap["histogram"], f"Judged queries by RBO, mean {overlap['rbo@10']:.2f}")),
        table("People entering and leaving, by what made the difference", _by_part(sections["changes"])),
    ]
    if kept["searches"]:
        parts.append(
            figure(histogram("overlap-kept", kept["histogram"], f"Saved searches by RBO, mean {kept['rbo@10']:.2f}"))
        )
    yield beside(parts)
    if kept["searches"]:
        yield (
            f"<p>{kept['searches']} saved searches, by id only: {kept['unchanged']} answered the same, "
            f"{kept['entered']['people']} people enter. {kept['refused']} could not be asked again.</p>"
        )
    else:
        yield "<p>No saved searches to ask again (VIVIER_STORE_SEARCHES).</p>"


def _by_part(changes: Section) -> dict[str, str]:
    rows: dict[str, str] = {}
    for what in ("entered", "left"):
        rows[what] = f"{changes[what]['people']:,}"
        for part, count in changes[what]["by_part"].items():
            rows[f"{what}: {PART_NAMES.get(part, 'another reason')}"] = f"{count:,}"
    return rows


def _changes(changes: Sequence[Change]) -> Iterator[str]:
    shown = changes[:SHOWN_CHANGES]
    yield f"<p>The {len(shown)} judged queries that change most, of {len(changes)} with somebody new:</p>"
    for place, change in enumerate(shown):
        asked = change.outcome.asked
        yield (
            f"<details{'' if place else ' open'}><summary><strong>{change.after - change.before:+.3f}</strong> "
            f"{escape(asked.id)}: {escape(asked.need.query)}</summary>"
            f"<p>nDCG@10 {change.before:.3f} → {change.after:.3f}, RBO {change.outcome.overlap:.2f}.</p>"
            f"{_people('Enters', change.outcome.entered)}{_people('Leaves', change.outcome.left)}</details>"
        )


def _people(caption: str, entrants: Sequence[Entrant]) -> str:
    if not entrants:
        return ""
    rows = "".join(
        f'<tr><th scope="row">{escape(one.arrival.login)}</th>'
        f"{_numbers(one.arrival.rank, one.arrival.other_rank or '-', *_parts(one.parts))}"
        f'<td class="why">{escape(one.arrival.why)}.{_skills(one)}{_quote(one)}</td></tr>'
        for one in entrants
    )
    columns = ("login", "rank", "elsewhere", "score", *PARTS)
    head = "".join(f'<th scope="col">{name}</th>' for name in columns) + '<th scope="col" class="words">why</th>'
    return (
        f'<div class="wide"><table><caption>{caption}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _parts(parts: ScoreParts) -> Iterator[str]:
    yield f"{parts.total:.3f}"
    yield from (f"{getattr(parts, name):.2f}" for name in PARTS)


def _numbers(*cells: object) -> str:
    return "".join(f'<td class="number">{cell}</td>' for cell in cells)


def _skills(one: Entrant) -> str:
    said = [f"has {', '.join(one.matched)}"] if one.matched else []
    said += [f"lacks {', '.join(one.missing)}"] if one.missing else []
    return f" {escape('; '.join(said))}." if said else ""


def _quote(one: Entrant) -> str:
    if one.quote is None:
        return ""
    repo = one.arrival.repo
    where = f" ({repo})" if repo and repo not in one.arrival.why else ""
    return f" <q>{escape(one.quote)}</q>{escape(where)}"


def _exposure(exposure: Section) -> Iterator[str]:
    parts = []
    for name, title in (("followers", "Account size (followers)"), ("countries", "Countries")):
        groups: Mapping[str, Mapping[str, float]] = exposure[name]
        drawn = {label: (100 * shares["champion"], 100 * shares["candidate"]) for label, shares in groups.items()}
        marks = {label: 100 * shares["pool"] for label, shares in groups.items()}
        heading = f"{title}: share of places; line: of the pool"
        parts.append(figure(pairs(f"exposure-{name}", drawn, heading, digits=1, unit=" %", marks=marks)))
    yield beside(parts)
    places: dict[str, Any] = exposure["places"]
    yield f"<p>{places['champion']:,} and {places['candidate']:,} places among the first ten of all searches.</p>"


def _short(value: object, what: str) -> str:
    text = f"{value:,}" if isinstance(value, int) else str(value)
    if what == "created":
        return f"{text[:16].replace('T', ' ')} UTC"
    return text if len(text) <= 40 else f"{text[:16]}…"
