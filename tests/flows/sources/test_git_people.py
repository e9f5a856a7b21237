"""Who is one person, who is two, and who is nobody."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flows.sources.git_history import GitHistory
from flows.sources.git_history.addresses import AddressHashes, account_of
from flows.sources.git_history.automated import is_automated
from flows.sources.git_history.people import full_name
from indexing.raw_data.schemas import LOGIN
from tests.flows.sources.histories import MOMENT, Written, collect, git, history_of, make_clone

ADA = "Ada Lumen <ada@tides.example.org>"


def by(*who: str | bytes) -> list[Written]:
    """A commit of each."""
    return [Written(one) for one in who]


# One person


def test_one_address_is_one_person_whatever_the_name_and_the_case(tmp_path: Path) -> None:
    found = history_of(tmp_path, *by(ADA, "ada <ADA@Tides.example.org>", "Ada L. Lumen <ada@tides.example.org>", ADA))
    assert found.names == {"ada.lumen": "Ada Lumen"}
    assert found.part("ada.lumen")["commits"] == "4"


def test_one_full_name_is_one_person_whatever_the_address(tmp_path: Path) -> None:
    found = history_of(tmp_path, *by(ADA, "Ada  LUMEN <ada@home.example.org>"))
    assert len(found.users) == 1
    assert found.part("ada.lumen")["commits"] == "2"


def test_the_mailmap_given_joins_names_and_addresses(tmp_path: Path) -> None:
    mailmap = "Ada Lumen <ada@tides.example.org> <moon@home.example.org>\n"
    found = history_of(tmp_path, *by(ADA, "Moon <moon@home.example.org>"), mailmap=mailmap)
    assert found.names == {"ada.lumen": "Ada Lumen"}


def test_the_clones_own_mailmap_is_read_in_a_bare_one_too(tmp_path: Path) -> None:
    mailmap = b"Ada Lumen <ada@tides.example.org> <moon@home.example.org>\n"
    found = history_of(
        tmp_path, *by(ADA, "Moon <moon@home.example.org>"), Written(touches=[".mailmap"], content=mailmap)
    )
    assert found.names == {"ada.lumen": "Ada Lumen"}


def test_a_noreply_address_tells_the_handle_and_the_number(tmp_path: Path) -> None:
    found = history_of(tmp_path, *by("Ada Lumen <4711+Ada-Lumen@users.noreply.github.com>", ADA))
    (ada,) = found.users
    assert (ada["login"], ada["id"], ada["name"]) == ("Ada-Lumen", "4711", "Ada Lumen")


def test_a_handle_is_known_also_where_the_mailmap_hides_the_noreply_address(tmp_path: Path) -> None:
    mailmap = "Ada Lumen <ada@tides.example.org> <4711+ada-l@users.noreply.github.com>\n"
    found = history_of(tmp_path, *by("ada-l <4711+ada-l@users.noreply.github.com>"), mailmap=mailmap)
    assert [(row["login"], row["id"]) for row in found.users] == [("ada-l", "4711")]


def test_a_renamed_account_is_one_person_under_the_handle_used_last(tmp_path: Path) -> None:
    old, new = "<4711+moon@users.noreply.github.com>", "<4711+ada-l@users.noreply.github.com>"
    found = history_of(tmp_path, *by(f"M {old}", f"A {new}"))
    assert [row["login"] for row in found.users] == ["ada-l"]


# Two people


def test_two_handles_with_one_name_are_two_people_and_the_address_between_them_is_a_third(tmp_path: Path) -> None:
    found = history_of(
        tmp_path,
        *by(
            "Ada Lumen <1+ada-one@users.noreply.github.com>",
            "Ada Lumen <2+ada-two@users.noreply.github.com>",
            "Ada Lumen <ada@home.example.org>",
        ),
    )
    assert set(found.names) == {"ada-one", "ada-two", "ada.lumen"}


def test_a_first_name_alone_joins_nobody(tmp_path: Path) -> None:
    found = history_of(tmp_path, *by("Ada <ada@one.example.org>", "Ada <ada@two.example.org>"))
    assert set(found.names) == {"ada.git", "ada.git.2"}


def test_an_address_that_could_be_anybodys_joins_nobody(tmp_path: Path) -> None:
    found = history_of(tmp_path, *by("Ada Lumen <root@localhost>", "Bo Tide <root@localhost>", "Cy Quay <>"))
    assert set(found.names) == {"ada.lumen", "bo.tide", "cy.quay"}


def test_an_address_of_a_team_joins_only_one_name(tmp_path: Path) -> None:
    team = "<team@tides.example.org>"
    found = history_of(tmp_path, *by(f"Ada Lumen {team}", f"Bo Tide {team}", f"Cy Quay {team}", f"Bo Tide {team}"))
    assert set(found.names) == {"ada.lumen", "bo.tide", "cy.quay"}
    assert found.part("bo.tide")["commits"] == "2"


def test_two_names_on_one_address_are_one_person_before_and_after(tmp_path: Path) -> None:
    found = history_of(tmp_path, *by(ADA, "Wren Vale <ada@tides.example.org>", "Wren Vale <ada@tides.example.org>"))
    assert list(found.names.values()) == ["Wren Vale"]


@pytest.mark.parametrize("name", ["Ada", "A L", "root user", "Unknown Author", "Your Name", "", "Ada 42"])
def test_what_is_no_full_name_joins_nobody(name: str) -> None:
    assert full_name(name) is None


# Co-authors


def test_co_authors_take_part_in_what_a_commit_touched(tmp_path: Path) -> None:
    trailers = "Co-authored-by: Bo Tide <bo@tides.example.org>\nCo-Authored-By: Ada Lumen <ada@tides.example.org>"
    says = f"Handle neap tides\n\n{trailers}"
    found = history_of(tmp_path, Written(ADA, says))
    assert set(found.names) == {"ada.lumen", "bo.tide"}
    assert [row["commits"] for row in found.contributions] == ["1", "1"]


def test_the_mailmap_holds_for_co_authors(tmp_path: Path) -> None:
    says = "Handle neap tides\n\nCo-authored-by: moon <moon@home.example.org>"
    mailmap = "Bo Tide <bo@tides.example.org> <moon@home.example.org>\n"
    found = history_of(tmp_path, Written(ADA, says), *by("Bo Tide <bo@tides.example.org>"), mailmap=mailmap)
    assert set(found.names) == {"ada.lumen", "bo.tide"}
    assert found.part("bo.tide")["commits"] == "2"


@pytest.mark.parametrize("trailer", ["nobody at all", "Bo <", "<>", "a <b> <c@d.example.org>", ""])
def test_a_trailer_that_names_nobody_is_no_person(tmp_path: Path, trailer: str) -> None:
    found = history_of(tmp_path, Written(ADA, f"Handle neap tides\n\nCo-authored-by: {trailer}\nCc: x"))
    assert "ada.lumen" in found.names
    assert len(found.users) <= 2


# Programs


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("dependabot[bot]", "49699333+dependabot[bot]@users.noreply.github.com"),
        ("renovate-bot", "bot@renovate.example.org"),
        ("Release Bot", "releases@tides.example.org"),
        ("github-actions", "ci@tides.example.org"),
        ("Tide CI", "ci@tides.example.org"),
        ("Jenkins", "build@tides.example.org"),
        ("Claude", "noreply@anthropic.com"),
        ("Copilot", "198982749+Copilot@users.noreply.github.com"),
        ("GitHub", "noreply@github.com"),
        ("k8s-ci-robot", "x@tides.example.org"),
    ],
)
def test_programs_are_nobody(name: str, address: str) -> None:
    assert is_automated(name, address)


@pytest.mark.parametrize("name", ["Ada Lumen", "Jan Bot", "Talbot", "Claude", "Claude Marin", "Robot Lumen", "Abbott"])
def test_people_with_names_like_programs_are_people(name: str) -> None:
    assert not is_automated(name, "somebody@tides.example.org")


def test_programs_are_left_out_and_counted(tmp_path: Path) -> None:
    bot = "dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>"
    found = history_of(tmp_path, *by(ADA, bot, bot, "tide-bot <tide@tides.example.org>"))
    assert set(found.names) == {"ada.lumen"}
    assert found.ledger.left_out == {"programs": 2}


# Odd authors


def test_names_that_are_not_utf8_are_read_as_they_were_typed(tmp_path: Path) -> None:
    found = history_of(tmp_path, *by(b"Ren\xe9 Vale <rene@tides.example.org>", "Wěi 王 <wei@tides.example.org>"))
    assert found.names == {"rene.vale": "René Vale", "wei.wang": "Wěi 王"}


def test_a_name_that_is_an_address_is_no_name(tmp_path: Path) -> None:
    found = history_of(
        tmp_path, *by("ada@tides.example.org <ada@tides.example.org>", "<>", "bo at tides dot example dot org <>")
    )
    assert "tides" not in str(found.users)
    assert all(login.startswith("unnamed.git") for login in list(found.names)[1:])
    assert list(found.names.values()) == [""] * len(found.users)


def test_an_author_that_git_cannot_read_is_counted_and_nobody(tmp_path: Path) -> None:
    clone = make_clone(tmp_path / "kelp.git", by(ADA))
    tree, parent = git(clone, "rev-parse", "main^{tree}"), git(clone, "rev-parse", "main")
    broken = f"tree {tree}\nparent {parent}\nauthor Broken broken@tides.example.org\n"
    broken += "committer Cy Quay <cy@quay.example.org> 1700000100 +0000\n\nHandle neap tides\n"
    (tmp_path / "commit").write_text(broken, encoding="utf-8")
    commit = git(clone, "hash-object", "-t", "commit", "--literally", "-w", str(tmp_path / "commit"))
    git(clone, "update-ref", "refs/heads/main", commit)
    found = collect(GitHistory([clone], MOMENT), tmp_path / "raw")
    assert set(found.names) == {"ada.lumen"}
    assert found.ledger.left_out == {"commits whose author git cannot read": 1}


# Addresses


@pytest.mark.parametrize(
    ("address", "account"),
    [
        (b"12345+ada-l@users.noreply.github.com", ("ada-l", "12345")),
        (b"ada-l@users.noreply.github.com", ("ada-l", None)),
        (b"1234567-ada.l@users.noreply.gitlab.com", ("ada.l", None)),
        (b"7+ada_l@users.noreply.git.tides.example.org", ("ada_l", "7")),
        (b"2048-ada@users.noreply.github.com", ("2048-ada", None)),
        (b"ada@tides.example.org", None),
        (b"noreply@github.com", None),
        (b"a/b@users.noreply.github.com", None),
        (b"", None),
    ],
)
def test_accounts_are_told_by_noreply_addresses_alone(address: bytes, account: tuple[str, str | None] | None) -> None:
    assert account_of(address) == account


def test_an_address_is_hashed_anew_in_every_run() -> None:
    one, two = AddressHashes(), AddressHashes()
    assert one.of_address(b"Ada@tides.example.org") == one.of_address(b"ada@tides.example.org ")
    assert one.of_address(b"ada@tides.example.org") != two.of_address(b"ada@tides.example.org")


# Logins


def test_logins_fit_the_contract_and_are_unique_whatever_their_case(tmp_path: Path) -> None:
    who = [
        *(f"Ada {'x' * 90} <a{number}@tides.example.org>" for number in range(3)),
        "Wren Vale <1+Ada-L@users.noreply.github.com>",
        "Bo Tide <2+ada-l@users.noreply.github.com>",
        "ÆØÅ <x@tides.example.org>",
        "🌊 <y@tides.example.org>",
        "../etc/passwd <z@tides.example.org>",
        "-- <w@tides.example.org>",
    ]
    found = history_of(tmp_path, *by(*who))
    logins = [row["login"] for row in found.users]
    assert all(re.fullmatch(LOGIN, login) for login in logins)
    assert len({login.casefold() for login in logins}) == len(logins) == 7
    assert {"Ada-L", "ada-l.2"} <= set(logins)


def test_who_came_first_has_the_plain_login(tmp_path: Path) -> None:
    found = history_of(
        tmp_path, *by("Ada <one@tides.example.org>", "Ada <two@tides.example.org>", "Ada <two@tides.example.org>")
    )
    assert found.part("ada.git")["commits"] == "1"
    assert found.part("ada.git.2")["commits"] == "2"


def test_a_slug_can_be_nobodys_handle_at_github(tmp_path: Path) -> None:
    found = history_of(tmp_path, *by(ADA, "Moon <moon@home.example.org>"))
    assert all("." in row["login"] for row in found.users)
