"""Raw files of the shipped sample, and beside it people whose every text is an attack on whoever shows it."""

from __future__ import annotations

import csv
from pathlib import Path

SAMPLES = Path(__file__).resolve().parents[2] / "data" / "samples"
FILES = ("github_users.csv", "github_repos.csv", "github_contributions.csv")
WORK = "quantum knitting loom"  # what they all do, and nobody else
NEED = "quantum knitting looms"
MOMENT = "2026-06-30T04:00:00Z"

TAGS = '<script>window.hacked = 1</script><img src=x onerror="window.hacked = 1"><b>bold</b>'
FORMULA = '=HYPERLINK("https://evil.example","press")'
BIDI = "safe\u202egnp.exe\u2066\u2067\u202d"
LONG = "loom" * 2_500

# login -> (name, bio, description)
PEOPLE = {
    "mallory-tags": (TAGS, f"{TAGS} {WORK}", f"A {WORK} {TAGS} </article></body>"),
    "mallory-formula": (FORMULA, f"{FORMULA} {WORK}", f"{FORMULA} a {WORK}"),
    "mallory-bidi": (BIDI, f"{BIDI} {WORK}", f"{BIDI} a {WORK} {BIDI}"),
    "mallory-long": ("N" * 250, f"{WORK} {LONG}", f"{WORK} {LONG}"),
}


def write_raw(folder: Path) -> Path:
    """The three raw files in a folder."""
    for name in FILES:
        (folder / name).write_bytes((SAMPLES / name).read_bytes())
    for number, (login, (name, bio, description)) in enumerate(PEOPLE.items()):
        repo = f"{login}/knitting-{number}"
        _append(
            folder / FILES[0],
            {"login": login, "id": 9_900_000_000 + number, "type": "User", "name": name, "bio": bio, "location": "Lyon",
             "hireable": "true", "followers": 3, "public_repos": 1, "fetched_at": MOMENT},
        )  # fmt: skip
        _append(
            folder / FILES[1],
            {"id": 8_900_000_000 + number, "owner": login, "name": f"knitting-{number}", "full_name": repo,
             "description": description, "language": "Python", "topics": "quantum-knitting;looms",
             "stargazers_count": 5, "forks_count": 0, "fork": "false", "archived": "false",
             "created_at": MOMENT, "pushed_at": MOMENT, "fetched_at": MOMENT},
        )  # fmt: skip
        _append(folder / FILES[2], {"login": login, "full_name": repo, "role": "owner", "commits": 40})
    return folder


def _append(path: Path, row: dict[str, object]) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        columns = next(csv.reader(file))
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, columns, restval="", lineterminator="\n").writerow(row)
