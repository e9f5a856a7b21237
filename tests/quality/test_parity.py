"""A French need and its English twin find the same people, as far as they do now; measured with the model for both.

Set VIVIER_TEST_HOME to a folder to keep the model and the embedded sample from run to run; without it, some four
minutes go into making them.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from tests.processes import vivier

pytestmark = [pytest.mark.quality, pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(900)]

MULTILINGUAL = 2  # the version: multilingual-e5-small


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str]:
    """The report of `vivier evaluate --parity` on the shipped sample, and what it printed."""
    kept = os.environ.get("VIVIER_TEST_HOME")
    home = Path(kept) if kept else tmp_path_factory.mktemp("parity") / "home"
    home.mkdir(parents=True, exist_ok=True)
    out = tmp_path_factory.mktemp("report") / "parity.json"
    options = ("--parity", "--version", str(MULTILINGUAL), "--no-track", "--out", str(out))
    done = vivier("evaluate", *options, home=home, check=False, timeout=840)
    assert done.returncode == 0, done.stderr
    print(done.stdout)
    report: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return report, done.stdout


def test_french_and_english_find_much_the_same_people_and_find_them_about_as_well(
    measured: tuple[dict[str, Any], str],
) -> None:
    """Measured: RBO@20 .321 on average, .70 or more for 10.3 % of the pairs, nDCG@10 .508 English and .423 French."""
    found = measured[0]["parity"][str(MULTILINGUAL)]
    assert found["pairs"] == len(found["rbo@20_by_pair"]) == 203
    assert found["rbo@20"] >= 0.29
    assert found["share_of_pairs_at_least_0.7"] >= 0.07
    assert found["ndcg@10"]["en"] >= 0.48
    assert found["ndcg@10"]["fr"] >= 0.395
    assert found["fr_minus_en"]["difference"] >= -0.11


def test_in_french_the_vectors_bring_what_words_alone_do_not(measured: tuple[dict[str, Any], str]) -> None:
    """Measured in French: full .423, words alone .313."""
    french = measured[0]["by_language"]["fr"]
    assert french["full"]["ndcg@10"] >= french["bm25"]["ndcg@10"] + 0.07


def test_the_table_says_what_was_measured(measured: tuple[dict[str, Any], str]) -> None:
    report, printed = measured
    found = report["parity"][str(MULTILINGUAL)]
    assert "Parity over 203 pairs of queries" in printed
    table = printed[printed.index("Parity over") : printed.index("Pairs whose lists differ most")]
    rows = dict(re.findall(r"│ ([^│]+?) +│ +([-+.\d%]+) +│", table))
    assert rows["RBO@20, mean"] == f"{found['rbo@20']:.3f}"
    assert rows["nDCG@10, English"] == f"{found['ndcg@10']['en']:.3f}"
    assert rows["nDCG@10, French"] == f"{found['ndcg@10']['fr']:.3f}"
    assert rows["French - English"] == f"{found['fr_minus_en']['difference']:+.3f}"
