"""What somebody's part in a repository is said to be: where, in what, in which words."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.sources.git_history.descriptions import DESCRIPTION_LENGTH, describe
from flows.sources.git_history.folders import label_of
from flows.sources.git_history.history import commits
from flows.sources.git_history.parts import SUBJECTS_KEPT, Part, Sample
from flows.sources.git_history.roles import maintainers
from flows.sources.git_history.subjects import cleaned, cleaned_all
from tests.flows.sources.histories import WHEN, Written, history_of

ADA = "Ada Lumen <ada@tides.example.org>"
BO = "Bo Tide <bo@tides.example.org>"


def part(*subjects: str, folders: dict[str, int] | None = None, kinds: dict[str, int] | None = None) -> Part:
    """Somebody's part with these words."""
    made = Part(folders=folders or {}, kinds=kinds or {})
    for subject in subjects:
        made.add(WHEN, subject.encode(), (), ())
    return made


# Subjects


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        ("Handle neap tides at the equinox", "Handle neap tides at the equinox"),
        ("feat: draw neap tides", "draw neap tides"),
        ("feat(search)!: draw neap tides", "search: draw neap tides"),
        ("fix(tides): draw neap tides", "draw neap tides"),
        ("TIDE-42: Draw neap tides (#7)", "Draw neap tides"),
        ("[TIDE-42] fix: Draw neap tides. Fixes #7", "Draw neap tides"),
        (":sparkles: draw neap tides", "draw neap tides"),
        ("✨ draw neap tides [skip ci]", "draw neap tides"),
        ("Thank @bo-tide for the neap tides", "Thank for the neap tides"),
        ("Use @reef/tides in charts", "Use @reef/tides in charts"),
        ("Ask ada@tides.example.org about neap tides", "Ask about neap tides"),
        ("Draw tides as in https://e.example.org/x?y=1 told", "Draw tides as in told"),
        ("ädd  nëap\ttides", "ädd nëap tides"),
        ("Merge branch 'main' into tides", None),
        ("Merged in tides (pull request #4)", None),
        ('Revert "draw neap tides"', None),
        ("fixup! draw neap tides", None),
        ("chore(deps): bump tides from 1 to 2", None),
        ("Update dependency tides to v2", None),
        ("Update README.md", None),
        ("fix typo", None),
        ("Fix some typos.", None),
        ("style: run black", None),
        ("v1.2.3", None),
        ("Release 1.2", None),
        ("Initial commit", None),
        ("wip", None),
        ("WIP: neap tides", None),
        ("tides", None),
        ("", None),
        ("feat:", None),
        ("#7", None),
    ],
)
def test_a_subject_says_what_was_done_or_nothing(subject: str, said: str | None) -> None:
    assert cleaned(subject.encode()) == said


@given(st.binary(max_size=400))
@settings(max_examples=200, deadline=None)
def test_a_subject_may_be_any_bytes(subject: bytes) -> None:
    said = cleaned(subject)
    assert said is None or ("\n" not in said and 0 < len(said) <= 160 + 200)


def test_the_same_words_are_said_once() -> None:
    assert cleaned_all([b"Draw neap tides", b"draw NEAP tides (#4)", b"Draw spring tides"]) == [
        "draw NEAP tides",
        "Draw spring tides",
    ]


def test_a_sample_spreads_over_the_whole_history_and_stays_small() -> None:
    sample = Sample()
    for number in range(10_000):
        sample.add(b"%d" % number)
    kept = [int(one) for one in sample.kept]
    assert SUBJECTS_KEPT / 2 <= len(kept) <= SUBJECTS_KEPT
    assert kept[0] == 0
    assert kept[-1] > 9_700
    assert len({later - earlier for earlier, later in itertools.pairwise(kept)}) == 1


# Folders


@pytest.mark.parametrize(
    ("folder", "label"),
    [
        ("src/parser/lexer", "parser/lexer"),
        ("src/main/java/org/reef/tides/api/v1", "reef/tides"),
        ("packages/charts/src/axes", "charts/axes"),
        ("tests/parser", "parser"),
        ("tests", "tests"),
        ("drivers/net/wireless", "drivers/net"),
        ("", None),
        ("web/node_modules/left-pad", None),
        ("vendor/reef", None),
    ],
)
def test_a_folder_is_called_by_what_tells(folder: str, label: str | None) -> None:
    assert label_of(folder.encode()) == label


# Descriptions


def test_a_description_says_where_in_what_and_then_the_telling_words() -> None:
    told = describe(
        {
            "ada": part("Draw neap tides", folders={"charts": 3, "tides/model": 9}, kinds={"Python": 7, "Markdown": 8}),
            "bo": part(),
        }
    )
    assert told["ada"].text == "Works on tides/model and charts, in Markdown and Python.\nDraw neap tides"
    assert (told["ada"].language, told["ada"].topics) == ("Python", ("tides", "model", "charts"))
    assert (told["bo"].text, told["bo"].language, told["bo"].topics) == ("", None, ())


def test_what_everybody_says_tells_less_than_what_only_one_person_says() -> None:
    common = [f"Refactor the build of module {word}" for word in ("harbour", "lighthouse", "jetty")]
    told = describe(
        {"ada": part(*common, "Interpolate bathymetry soundings"), "bo": part(*common), "cy": part(*common)}
    )
    assert told["ada"].text.splitlines()[0] == "Interpolate bathymetry soundings"


@given(st.lists(st.text(max_size=200), max_size=150))
@settings(max_examples=50, deadline=None)
def test_a_description_is_never_longer_than_it_may_be(subjects: list[str]) -> None:
    told = describe({"ada": part(*subjects, folders={"x" * 60: 1}, kinds={"Python": 1})})
    assert len(told["ada"].text) <= DESCRIPTION_LENGTH


def test_topics_are_folders_that_tell_something() -> None:
    told = describe({"ada": part(folders={"src": 9, "Tide_Tables/a": 8, "#!x": 7, "e2e": 6})})
    assert told["ada"].topics == ("tide-tables",)


# Roles


@pytest.mark.parametrize(
    ("commits", "who"),
    [
        ({}, set()),
        ({"ada": 4}, set()),
        ({"ada": 5}, {"ada"}),
        ({"ada": 49, "bo": 30, "cy": 20}, {"ada", "bo"}),
        ({"ada": 51, "bo": 30, "cy": 19}, {"ada"}),
        ({"ada": 10, "bo": 10, "cy": 10}, {"ada", "bo", "cy"}),
        ({"ada": 9, "bo": 1, "cy": 1, "di": 1}, {"ada"}),
    ],
)
def test_maintainers_are_the_fewest_who_made_half(commits: dict[str, int], who: set[str]) -> None:
    assert maintainers(commits) == who


# Commits


def test_merges_are_nobodys_commits(tmp_path: Path) -> None:
    found = history_of(
        tmp_path, Written(ADA), Written(ADA), Written(BO, "Merge branch 'main'", merges=True, touches=[])
    )
    assert set(found.names) == {"ada.lumen"}
    assert found.part("ada.lumen")["commits"] == "2"
    assert found.ledger.selection["commits"] == 3


def test_when_somebody_began_and_stopped_is_told_in_utc(tmp_path: Path) -> None:
    found = history_of(
        tmp_path, Written(ADA, when="1600000000 +0530"), Written(ADA, when="1650000000 -0800"), Written(BO)
    )
    row = found.part("ada.lumen")
    assert (row["first_at"], row["last_at"]) == ("2020-09-13T12:26:40Z", "2022-04-15T05:20:00Z")
    (repository,) = found.repos
    assert repository["created_at"] == "2020-09-13T12:26:40Z"
    assert repository["pushed_at"] == found.part("bo.tide")["last_at"]


@pytest.mark.parametrize("when", ["0 +0000", "9999999999 +0000", "1 -9999", "43200 +1400"])
def test_a_date_no_clock_can_have_shown_gives_way_to_the_committers(tmp_path: Path, when: str) -> None:
    found = history_of(tmp_path, Written(ADA, when=when))
    assert found.part("ada.lumen")["first_at"] == "2023-11-14T22:14:20Z"


def test_a_nonsense_zone_moves_nothing(tmp_path: Path) -> None:
    assert (
        history_of(tmp_path, Written(ADA, when=f"{WHEN} -9959")).part("ada.lumen")["last_at"] == "2023-11-14T22:13:20Z"
    )


def test_who_touches_a_thousand_files_at_once_did_not_work_on_each(tmp_path: Path) -> None:
    many = [f"src/m{number}/x.rs" for number in range(1_000)]
    found = history_of(tmp_path, Written(ADA, touches=many), Written(ADA, touches=["charts/axis.py"]))
    assert found.part("ada.lumen")["language"] == "Python"
    assert found.part("ada.lumen")["commits"] == "2"


def test_paths_may_hold_anything_a_file_system_takes(tmp_path: Path) -> None:
    found = history_of(
        tmp_path, Written(ADA, touches=["tides\\nand\\001more/x.py", "ча\\303\\251rts/y.py"]), Written(ADA, touches=[])
    )
    assert found.part("ada.lumen")["commits"] == "2"
    assert found.part("ada.lumen")["language"] == "Python"


@given(cut=st.lists(st.integers(0, 400), max_size=12), subject=st.binary(max_size=60))
@settings(max_examples=100, deadline=None)
def test_commits_are_the_same_however_the_stream_is_cut(cut: list[int], subject: bytes) -> None:
    mark = b"0123456789abcdef"
    told = subject.replace(b"\0", b"").replace(mark, b"")
    record = mark + b"\0".join([b"p", b"1", b"2", b"Ada", b"a@x", b"a@x", told, b"", b"\na/b.py", b"c.rs", b""])
    empty = mark + b"\0".join([b"", b"1", b"2", b"Bo", b"b@x", b"b@x", b"", b"", b""])
    stream = record + empty + record
    edges = sorted({0, *(min(place, len(stream)) for place in cut), len(stream)})
    chunks = [stream[start:end] for start, end in itertools.pairwise(edges)]
    found = list(commits(chunks, mark))
    assert found == list(commits([stream], mark))
    assert [one.paths for one in found] == [[b"a/b.py", b"c.rs"], [], [b"a/b.py", b"c.rs"]]
    assert found[0].subject == told
