"""The shipped sample: fictional, reproducible, rich enough to measure a search with, and honest in its judgements."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexing.errors import InputError
from indexing.raw_data import read_raw
from indexing.sample import Sample, generate, write_sample
from indexing.sample.draws import heavy, weighted
from indexing.sample.judgements import Judgement
from indexing.sample.naming import login, slug
from indexing.sample.needs import Need, read_need
from indexing.sample.vocabulary import TONGUES, Field, vocabulary
from indexing.sample.wording import fill

ROOT = Path(__file__).resolve().parents[2]
SAMPLES, JUDGEMENTS = ROOT / "data" / "samples", ROOT / "data" / "judgements"
CSV_FILES = ("github_users.csv", "github_repos.csv", "github_contributions.csv")
JUDGEMENT_FILES = ("sample.jsonl", "written.jsonl")
# Small words and accents that English texts do not have two of.
FRENCH = re.compile(
    r"\b(?:le|la|les|des|du|une|et|je|pour|sans|avec|dans|qui|au|aux|sur|mes|est|l'|d')\b|[éèêàçôû]", re.I
)


@pytest.fixture(scope="module")
def sample() -> Sample:
    return generate()


@pytest.fixture(scope="module")
def judged(sample: Sample) -> dict[str, Judgement]:
    return {judgement.id: judgement for judgement in sample.judgements}


def test_another_process_with_another_hash_seed_writes_the_shipped_bytes(tmp_path: Path) -> None:
    """What the repository ships is what anybody's machine generates."""
    subprocess.run(
        [sys.executable, "-m", "indexing.sample", "--out", str(tmp_path), "--judgements", str(tmp_path)],
        check=True, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": "4711"}, capture_output=True,
    )  # fmt: skip
    for folder, names in ((SAMPLES, CSV_FILES), (JUDGEMENTS, JUDGEMENT_FILES)):
        for name in names:
            assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name


def test_another_seed_tells_of_other_people(tmp_path: Path) -> None:
    first, second = generate(1, people=100), generate(2, people=100)
    assert not {user["login"] for user in first.users if user["type"] == "User"} & {
        user["login"] for user in second.users if user["type"] == "User"
    }


def test_the_shipped_files_hold_the_contract_and_lose_no_row(tmp_path: Path) -> None:
    """Columns in the contract's order, and a loader that sets nothing aside, merges nothing and masks nothing."""
    headers = {
        "github_users.csv": "login,id,type,name,company,location,bio,hireable,followers,following,public_repos,"
        "created_at,updated_at,fetched_at",
        "github_repos.csv": "id,owner,name,full_name,description,language,topics,stargazers_count,forks_count,fork,"
        "archived,license,created_at,pushed_at,fetched_at",
        "github_contributions.csv": "login,full_name,role,commits,first_at,last_at",
    }
    for name, header in headers.items():
        content = (SAMPLES / name).read_bytes()
        assert content.split(b"\n", 1)[0].decode() == header
        assert b"\r" not in content
    report = read_raw(*(SAMPLES / name for name in CSV_FILES), rejected_folder=tmp_path).report
    for one in report.files:
        assert (one.rejected_count, one.merged, one.masked, one.cut) == (0, 0, 0, 0), one.file
        assert one.read == one.kept


def test_the_sample_is_as_large_and_as_small_as_promised(sample: Sample) -> None:
    people = [user for user in sample.users if user["type"] == "User"]
    assert len(people) >= 1_200
    assert len(sample.repos) >= 6_000
    assert {user["type"] for user in sample.users} == {"User", "Organization", "Bot"}
    assert len(vocabulary().fields) == 40
    assert sum((SAMPLES / name).stat().st_size for name in CSV_FILES) < 4_000_000


def test_people_write_from_thirty_countries_and_some_from_nowhere(sample: Sample) -> None:
    homes = [record.person.home for record in sample.truth.records.values()]
    assert len({home.country for home in homes if home.country}) >= 30
    assert sum(home.text is None for home in homes) > 50
    assert {"127.0.0.1", "the cloud"} & {home.text for home in homes if home.country is None}


def test_about_two_people_in_five_write_french(sample: Sample) -> None:
    tongues = Counter(record.person.tongue for record in sample.truth.records.values())
    assert 0.35 < (tongues["fr"] + tongues["both"]) / tongues.total() < 0.55
    bios = [user["bio"] for user in sample.users if user["type"] == "User" and user["bio"]]
    assert 0.3 < sum(_is_french(bio) for bio in bios) / len(bios) < 0.5
    assert 0.15 < sum(_is_french(repo["description"]) for repo in sample.repos) / len(sample.repos) < 0.4
    assert any(not user["bio"] for user in sample.users)


def test_two_repositories_rarely_say_the_same(sample: Sample) -> None:
    descriptions = [repo["description"].lower() for repo in sample.repos if repo["description"]]
    assert len(set(descriptions)) / len(descriptions) >= 0.97


def test_no_address_of_any_kind_is_in_the_sample() -> None:
    for path in [*(SAMPLES / name for name in CSV_FILES), *(JUDGEMENTS / name for name in JUDGEMENT_FILES)]:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"[\w.+-]+@[\w-]+\.\w", text), path.name
        assert not re.search(r"https?:|www\.", text), path.name


def test_the_hidden_truth_is_not_written_down(sample: Sample) -> None:
    """No slot is left open, and no word of the generator's own bookkeeping is in a cell."""
    for row in (*sample.users, *sample.repos, *sample.contributions):
        text = " ".join(row.values())
        assert "{" not in text
        assert not re.search(r"\b(?:homonym|specialist|generalist|newcomer|near ?miss)\b", text), text


def test_stars_have_a_heavy_tail_and_some_numbers_are_unknown(sample: Sample) -> None:
    stars = sorted(int(repo["stargazers_count"]) for repo in sample.repos if repo["stargazers_count"])
    assert stars[len(stars) // 2] <= 3
    assert stars[-1] > 2_000
    assert any(not repo["stargazers_count"] for repo in sample.repos)
    assert any(not user["followers"] for user in sample.users)


def test_dates_follow_each_other(sample: Sample) -> None:
    for repo in sample.repos:
        assert repo["created_at"] <= repo["pushed_at"] <= repo["fetched_at"], repo["full_name"]
    created = {user["login"]: user["created_at"] for user in sample.users}
    assert all(created[repo["owner"]] <= repo["created_at"] for repo in sample.repos)
    parts = [part for part in sample.contributions if part["first_at"]]
    assert all(part["first_at"] <= part["last_at"] for part in parts)


def test_contributions_name_known_people_and_repositories_once(sample: Sample) -> None:
    logins, names = {user["login"] for user in sample.users}, {repo["full_name"] for repo in sample.repos}
    pairs = Counter((part["login"], part["full_name"]) for part in sample.contributions)
    assert all(login in logins and name in names for login, name in pairs)
    assert set(pairs.values()) == {1}
    assert {part["role"] for part in sample.contributions} == {"owner", "maintainer", "member", "contributor"}


def test_every_field_has_specialists_and_every_homonym_its_people(sample: Sample) -> None:
    for key in vocabulary().fields:
        assert sum(record.grade(key) == 3 for record in sample.truth.of_field(key)) >= 5, key
    for key in vocabulary().homonyms:
        assert len(sample.truth.of_field(key)) >= 3, key


def test_queries_come_in_pairs_with_the_same_answers(sample: Sample, judged: dict[str, Judgement]) -> None:
    assert len(judged) == len(sample.judgements) >= 120
    assert len({judgement.query for judgement in sample.judgements}) == len(judged)
    for name in {key.rpartition(":")[0] for key in judged}:
        english, french = (judged[f"{name}:{tongue}"] for tongue in TONGUES)
        assert english.relevant == french.relevant
        assert english.kind == french.kind
    assert sum(judgement.kind == "written" for judgement in sample.judgements) == 40


def test_judged_people_exist_and_gains_are_graded(sample: Sample) -> None:
    people = {user["login"] for user in sample.users if user["type"] == "User"}
    for judgement in sample.judgements:
        assert set(judgement.relevant) <= people, judgement.id
        assert set(judgement.relevant.values()) <= {1, 2, 3}, judgement.id
        assert len(judgement.relevant) >= 3, judgement.id


@pytest.mark.parametrize("homonym", vocabulary().homonyms.values(), ids=lambda homonym: homonym.key)
def test_a_near_miss_never_answers_the_need_its_words_suggest(
    homonym: Field, sample: Sample, judged: dict[str, Judgement]
) -> None:
    """A corrosion chemist writes "rust" often, is the answer for corrosion, and never for firmware in Rust."""
    assert homonym.trap is not None
    people = {record.person.login for record in sample.truth.of_field(homonym.key)}
    assert not people & set(judged[f"nearmiss-{homonym.key}:en"].relevant)
    for field in homonym.trap.fields:
        assert not people & set(judged[f"field-{field}:en"].relevant)
    assert set(judged[f"homonym-{homonym.key}:fr"].relevant) == people


@pytest.mark.parametrize("homonym", vocabulary().homonyms.values(), ids=lambda homonym: homonym.key)
def test_a_near_miss_has_the_words_of_the_technical_query(
    homonym: Field, sample: Sample, judged: dict[str, Judgement]
) -> None:
    people = {record.person.login for record in sample.truth.of_field(homonym.key)}
    texts = [" ".join(repo.values()).lower() for repo in sample.repos if repo["owner"] in people]
    query = set(re.findall(r"\w+", judged[f"nearmiss-{homonym.key}:en"].query.lower()))
    shared = [text for text in texts if query & (set(re.findall(r"\w+", text)) - {"and", "for", "of", "a", "in"})]
    assert len(shared) >= 3


def test_conditions_of_written_needs_hold_for_all_their_answers(sample: Sample, judged: dict[str, Judgement]) -> None:
    records = sample.truth.records
    clinic = judged["written-hospital-exchange:fr"].relevant
    assert {records[login].person.home.country for login in clinic} <= {"FR", "BE", "CH"}
    town = judged["written-town-site:en"].relevant
    assert {records[login].person.tongue for login in town} <= {"fr", "both"}
    sales = judged["written-dashboard-lies:en"].relevant
    assert not any("dataviz" in records[login].fields for login in sales)
    probes = judged["written-ota-grenoble:en"].relevant
    assert {records[login].person.home.city for login, gain in probes.items() if gain == 3} == {"Grenoble"}
    talk = judged["written-well-known-observability:en"].relevant
    assert not {records[login].person.home.country for login in talk} & {None, "US"}


def test_an_unknown_word_in_a_need_is_named() -> None:
    with pytest.raises(InputError, match="embroidery"):
        read_need({"fields": ["embroidery"]}, vocabulary())
    with pytest.raises(InputError, match="shoe_size"):
        read_need({"fields": ["audio"], "must": {"shoe_size": 44}}, vocabulary())
    with pytest.raises(InputError, match="hobbies"):
        read_need({"hobbies": ["audio"]}, vocabulary())
    assert read_need({"works": ["audio/filters"]}, vocabulary()) == Need(works=("audio/filters",))


def test_too_few_people_are_refused_with_the_number_that_would_do() -> None:
    with pytest.raises(InputError, match="100"):
        generate(people=99)


def test_written_files_read_back_as_they_were_made(tmp_path: Path, sample: Sample) -> None:
    """Quoted newlines, emoji and accents survive the trip."""
    write_sample(sample, tmp_path / "samples", tmp_path / "judgements")
    with (tmp_path / "samples" / "github_users.csv").open(encoding="utf-8", newline="") as source:
        users = list(csv.DictReader(source))
    assert users == sample.users
    assert any("\n" in user["bio"] for user in users)
    lines = [(tmp_path / "judgements" / name).read_text(encoding="utf-8").splitlines() for name in JUDGEMENT_FILES]
    read = [json.loads(line) for line in (*lines[0], *lines[1])]
    assert [(line["id"], line["query"], line["relevant"]) for line in read] == [
        (judgement.id, judgement.query, judgement.relevant) for judgement in sample.judgements
    ]


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32), people=st.integers(100, 180))
def test_any_seed_gives_a_sound_sample(seed: int, people: int) -> None:
    made = generate(seed, people=people)
    logins = [user["login"].lower() for user in made.users]
    assert len(set(logins)) == len(logins)
    assert sum(user["type"] == "User" for user in made.users) == people
    names = [repo["full_name"].lower() for repo in made.repos]
    assert len(set(names)) == len(names)
    assert {login for judgement in made.judgements for login in judgement.relevant} <= set(made.truth.records)


@given(st.text())
def test_a_slug_holds_letters_digits_and_single_hyphens(text: str) -> None:
    assert re.fullmatch(r"(?:[a-z0-9]+(?:-[a-z0-9]+)*)?", slug(text))


@given(st.integers(), st.lists(st.integers(0, 3), min_size=1).filter(any))
def test_a_choice_without_weight_is_never_drawn(seed: int, weights: list[int]) -> None:
    assert weights[weighted(Random(seed), list(enumerate(weights)))] > 0


@given(st.integers(), st.floats(0, 1e6), st.integers(0, 10**6))
def test_a_heavy_count_stays_under_its_cap(seed: int, scale: float, cap: int) -> None:
    assert 0 <= heavy(Random(seed), scale, cap) <= cap


def test_a_login_is_one_github_could_give_and_nobody_has_twice() -> None:
    taken: set[str] = set()
    made = [login(vocabulary(), "Maëlle", "Brennouquoix", Random(turn % 7), taken) for turn in range(200)]
    assert len(set(made)) == 200
    assert all(re.fullmatch(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*", one) and len(one) <= 39 for one in made)


def test_little_words_agree_with_what_fills_a_slot() -> None:
    health, nlp = vocabulary().field("health"), vocabulary().field("nlp")
    exams = health.slots["exam"]["en"]
    assert fill("a {exam}", health, "en", {"exam": exams.index("MRI")}) == "an MRI"
    assert fill("a {exam}", health, "en", {"exam": exams.index("blood test")}) == "a blood test"
    occitan = nlp.slots["tongue"]["fr"].index("occitan")
    assert fill("mots de {tongue}", nlp, "fr", {"tongue": occitan}) == "mots d'occitan"


def _is_french(text: str) -> bool:
    return len(FRENCH.findall(text)) >= 2
