"""Hypothesis strategies: raw rows as scrapers and people write them, and profiles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from hypothesis import strategies as st

from indexing.profiles import Profile, Work
from tests.builders import Row

# Few people and few projects, in any case: duplicates and shared work must happen often.
logins = st.sampled_from(["ada-lumen", "Ada-Lumen", "bo_tide", "cy.reef", "dune--", "eve[bot]", "ZED"])
project_names = st.sampled_from(["kelp", "Kelp", "tide-tables", "reef.js", "mp++", "null"])
full_names = st.builds("{}/{}".format, logins, project_names)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
counts = st.one_of(st.just(""), st.integers(0, 10**6).map(str))
flags = st.sampled_from(["", "true", "False", "TRUE", "0", "1"])
dates = st.sampled_from(
    ["", "2024-02-29", "2021-05-04T03:02:01Z", "2021-05-04T05:02:01+02:00", "2025-12-31 23:59:59", "2019-01-01T00:00Z"]
)
languages = st.sampled_from(["", "Python", "python", "Rust", "C++", "Others"])
topics = st.lists(st.sampled_from(["maps", "tides", "Python", "cli"]), max_size=3).map(";".join)
bad_cells = st.sampled_from(["-1", "many", "2024-13-01", "perhaps", "a b", "1e400", "\ufffd"])

user_rows = st.fixed_dictionaries(
    {"login": logins},
    optional={
        "id": st.sampled_from(["", "1", "2", "3"]),
        "type": st.sampled_from(["", "User", "organization", "Bot", "Robot"]),
        "name": texts,
        "location": st.sampled_from(["", "Brest, France", "Lyon", "somewhere"]),
        "bio": texts,
        "hireable": flags,
        "followers": counts,
        "updated_at": dates,
        "fetched_at": dates,
    },
)


@st.composite
def repo_rows(draw: st.DrawFn) -> Row:
    """A row of a repository, with everything that is optional drawn or left out."""
    full_name = draw(full_names)
    owner, _, name = full_name.partition("/")
    cells = st.fixed_dictionaries(
        {},
        optional={
            "description": texts,
            "language": languages,
            "topics": topics,
            "stargazers_count": counts,
            "fork": flags,
            "pushed_at": dates,
            "fetched_at": dates,
        },
    )
    return {"owner": owner, "name": name, "full_name": full_name, **draw(cells)}


contribution_rows = st.fixed_dictionaries(
    {"login": logins, "full_name": full_names},
    optional={
        "role": st.sampled_from(["", "owner", "Member", "contributor", "maintainer"]),
        "commits": counts,
        "last_at": dates,
    },
)


@dataclass(frozen=True, slots=True)
class Corpus:
    """The rows of three raw files."""

    users: list[Row]
    repos: list[Row]
    contributions: list[Row]


corpora = st.builds(
    Corpus,
    users=st.lists(user_rows, max_size=8),
    repos=st.lists(repo_rows(), max_size=8),
    contributions=st.lists(contribution_rows, max_size=8),
)


@st.composite
def spoiled_rows(draw: st.DrawFn) -> Row:
    """A user's row of which any cell may say what it must not."""
    row = dict(draw(user_rows))
    for column in draw(st.sets(st.sampled_from(["login", "followers", "hireable", "fetched_at"]))):
        row[column] = draw(st.one_of(st.just(""), bad_cells))
    return row


moments = st.none() | st.datetimes(datetime(1970, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC))
numbers = st.none() | st.integers(0, 2**53)
booleans = st.none() | st.booleans()
words = st.none() | texts

works = st.builds(
    Work,
    full_name=full_names,
    name=texts,
    role=st.sampled_from(["owner", "member", "contributor", "maintainer"]),
    description=texts,
    language=words,
    topics=st.lists(texts, max_size=3).map(tuple),
    stars=numbers,
    forks=numbers,
    is_fork=booleans,
    is_archived=booleans,
    license=words,
    commits=numbers,
    created_at=moments,
    last_active_at=moments,
    fetched_at=moments,
)
profiles = st.builds(
    Profile,
    login=logins,
    node_id=words,
    kind=st.sampled_from([None, "User", "Organization", "Bot"]),
    name=words,
    company=words,
    location=words,
    country=st.sampled_from([None, "FR", "CA"]),
    region=words,
    city=words,
    bio=texts,
    hireable=booleans,
    followers=numbers,
    following=numbers,
    public_repos=numbers,
    created_at=moments,
    updated_at=moments,
    fetched_at=moments,
    last_active_at=moments,
    stars=numbers,
    languages=st.dictionaries(texts, st.floats(0, 1), max_size=3),
    topics=st.dictionaries(texts, st.integers(1, 99), max_size=3),
    skills=st.lists(texts, max_size=3).map(tuple),
    works=st.lists(works, max_size=3).map(tuple),
)
