"""Where GitHubs answer."""

from __future__ import annotations

import pytest

from flows.github.address import addresses, web_home
from indexing.errors import InputError


@pytest.mark.parametrize(
    ("url", "graphql", "rest"),
    [
        ("", "https://api.github.com/graphql", "https://api.github.com"),
        ("https://github.com", "https://api.github.com/graphql", "https://api.github.com"),
        ("https://api.github.com/", "https://api.github.com/graphql", "https://api.github.com"),
        ("https://acme.ghe.com", "https://api.acme.ghe.com/graphql", "https://api.acme.ghe.com"),
        ("https://git.example.org", "https://git.example.org/api/graphql", "https://git.example.org/api/v3"),
        ("https://git.example.org/api/v3", "https://git.example.org/api/graphql", "https://git.example.org/api/v3"),
        (
            "https://git.example.org/api/graphql",
            "https://git.example.org/api/graphql",
            "https://git.example.org/api/v3",
        ),
        ("http://127.0.0.1:8010", "http://127.0.0.1:8010/graphql", "http://127.0.0.1:8010"),
        ("http://127.0.0.1:8010/graphql", "http://127.0.0.1:8010/graphql", "http://127.0.0.1:8010"),
        ("http://fake-github:8010", "http://fake-github:8010/api/graphql", "http://fake-github:8010/api/v3"),
    ],
)
def test_every_way_to_name_a_github_leads_to_its_doors(url: str, graphql: str, rest: str) -> None:
    first = addresses(url)[0]
    assert (first.graphql, first.rest) == (graphql, rest)


@pytest.mark.parametrize(
    ("url", "home"),
    [
        ("", None),
        ("https://github.com", None),
        ("https://api.github.com/graphql", None),
        ("https://acme.ghe.com", "https://acme.ghe.com"),
        ("https://api.acme.ghe.com", "https://acme.ghe.com"),
        ("https://git.example.org/api/v3", "https://git.example.org"),
        ("https://git.example.org/api/graphql", "https://git.example.org"),
        ("http://127.0.0.1:8010/graphql", "http://127.0.0.1:8010"),
    ],
)
def test_people_look_at_pages_where_the_api_is_not(url: str, home: str | None) -> None:
    assert web_home(url) == home


def test_where_only_knocking_tells_both_doors_are_tried() -> None:
    assert len(addresses("http://localhost:8010")) == 2
    assert len(addresses("https://git.example.org")) == 2
    assert len(addresses("https://api.github.com")) == 1


@pytest.mark.parametrize("url", ["github", "ftp://github.com", "http://git.example.org", "https://me:key@github.com"])
def test_an_address_that_would_send_the_token_in_the_open_is_refused(url: str) -> None:
    with pytest.raises(InputError, match="VIVIER_GITHUB_URL"):
        addresses(url)
