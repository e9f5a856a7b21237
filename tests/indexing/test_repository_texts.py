"""The texts of repositories, read by one process or by two: the same, whatever happens to the other."""

from __future__ import annotations

import csv
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from indexing.repository_texts import Reading, Readings, Texts, text_reader
from indexing.skills import load_catalogue

SAMPLE = Path(__file__).parents[2] / "data" / "samples" / "github_repos.csv"
CHUNK = 64


@pytest.fixture(scope="module")
def texts() -> list[Texts]:
    """Those of the shipped sample's repositories."""
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))[:2_000]
    return [Texts(row["language"] or None, row["topics"] or None, row["description"] or None) for row in rows]


@pytest.fixture(scope="module")
def alone(texts: list[Texts]) -> list[Reading]:
    """What one process reads."""
    return list(map(text_reader(load_catalogue()), texts))


def others() -> list[psutil.Process]:
    """The processes that read for this one."""
    return [one for one in psutil.Process().children() if "indexing.repository_texts" in " ".join(one.cmdline())]


def test_language_topics_and_description_are_read_once_each() -> None:
    read = text_reader(load_catalogue())
    found = read(Texts("golang", "k8s; CLI,k8s", "A Kubernetes operator in Rust"))
    assert found.language == "Go"
    assert found.topics == ("k8s", "cli")
    assert found.skills[:2] == ("Go", "Kubernetes")
    assert "Rust" in found.skills
    assert len(set(found.skills)) == len(found.skills)
    assert read(Texts(None, None, None)) == Reading(None, (), ())


def test_two_processes_read_what_one_reads(texts: list[Texts], alone: list[Reading]) -> None:
    with Readings(texts, chunk=CHUNK, worth_another=1) as readings:
        assert len(others()) == 1
        readings.at(0)
        time.sleep(2)  # for the other one to be ahead
        assert [readings.at(place) for place in range(len(texts))] == alone
    assert others() == []


def test_whatever_is_asked_for_first_is_read(texts: list[Texts], alone: list[Reading]) -> None:
    with Readings(texts, chunk=CHUNK, worth_another=1) as readings:
        assert [readings.at(place) for place in range(len(texts) - 1, -1, -1)] == alone[::-1]


def test_a_process_that_is_killed_costs_time_and_nothing_else(texts: list[Texts], alone: list[Reading]) -> None:
    with Readings(texts, chunk=CHUNK, worth_another=1) as readings:
        readings.at(0)
        for one in others():
            one.kill()
        assert [readings.at(place) for place in range(len(texts))] == alone


def test_an_error_here_leaves_no_process_behind(texts: list[Texts]) -> None:
    with pytest.raises(KeyError), Readings(texts, chunk=CHUNK, worth_another=1):
        raise KeyError
    assert others() == []


def test_few_texts_and_a_catalogue_of_ones_own_are_read_here(texts: list[Texts], alone: list[Reading]) -> None:
    with Readings(texts) as few, Readings(texts, load_catalogue(), worth_another=1) as own:
        assert others() == []
        assert few.at(7) == own.at(7) == alone[7]


def test_the_other_process_ends_with_its_input() -> None:
    command = [sys.executable, "-m", "indexing.repository_texts"]
    ended = subprocess.run(command, input=b'[["golang", null, null]]\n', capture_output=True, timeout=60, check=True)
    assert ended.stdout == b'[["Go",[],["Go"]]]\n'
