"""The client's manners: what it waits for, what it tries again, what it says, and when it gives up."""

from __future__ import annotations

from email.utils import formatdate
from typing import Any

import pytest

from flows.github.answers import Missing
from flows.github.client import LIMITS_IN_A_ROW, TRIES, GitHubClient, TooMuch
from flows.github.limits import Pace, duration, retry_after
from indexing.errors import InputError, Unavailable
from tests.flows.github.scraping import FakeClock
from tests.flows.github.scripted import Reply, Script, scripted

QUESTION = "query { viewer { login } }"
OUT_OF_POINTS = {"errors": [{"type": "RATE_LIMIT", "message": "API rate limit exceeded for user ID 1."}]}
SECONDARY = {"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}
TOO_LARGE = {
    "data": {"viewer": None},
    "errors": [{"type": "RESOURCE_LIMITS_EXCEEDED", "message": "Resource limits for this query exceeded."}],
}
WRONG = {"data": None, "errors": [{"message": "Something went wrong while executing your query."}]}


class Asked:
    """A client with a clock of its own."""

    def __init__(self, script: Script, **options: Any) -> None:
        self.clock = FakeClock()
        self.said: list[str] = []
        self.pace = Pace(self.clock, self.said.append, **options)
        self.client = GitHubClient(script.url, "made-up", self.pace)

    def ask(self, **options: Any) -> Any:
        return self.client.ask(QUESTION, **options).data["viewer"]["login"]


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_honoured_as_seconds_and_as_a_date(form: str) -> None:
    value = "7" if form == "seconds" else formatdate(FakeClock().now() + 7, usegmt=True)
    with scripted(Reply(SECONDARY, 403, {"retry-after": value}), Reply()) as script:
        asked = Asked(script)
        assert asked.ask() == "ada-lumen"
    assert asked.clock.slept == [7.0]
    assert asked.said[0].startswith("Waiting 7.0 s, until ")


def test_a_secondary_limit_that_says_nothing_waits_a_minute_then_twice_as_long_up_to_a_ceiling() -> None:
    with scripted(*[Reply(SECONDARY, 403)] * 7, Reply()) as script:
        asked = Asked(script)
        assert asked.ask() == "ada-lumen"
    for slept, wanted in zip(asked.clock.slept, [60, 120, 240, 480, 900, 900, 900], strict=True):
        assert wanted <= slept <= wanted * 1.1
    assert all("secondary limit" in sentence for sentence in asked.said)


def test_a_limit_without_end_stops_with_a_sentence_that_says_that_nothing_is_lost() -> None:
    with scripted(Reply(SECONDARY, 429)) as script:
        asked = Asked(script)
        with pytest.raises(Unavailable, match="same command goes on"):
            asked.ask()
    assert len(script.asked) == LIMITS_IN_A_ROW + 1


@pytest.mark.parametrize("status", [200, 403])
def test_points_used_up_are_waited_for_until_the_reset(status: int) -> None:
    reset = str(int(FakeClock().now()) + 1_234)
    headers = {"x-ratelimit-limit": "5000", "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset}
    content = OUT_OF_POINTS if status == 200 else {"message": "API rate limit exceeded for user ID 1."}
    with scripted(Reply(content, status, headers), Reply()) as script:
        asked = Asked(script)
        assert asked.ask() == "ada-lumen"
    assert asked.clock.slept == [1_235.0]
    assert "5,000 points an hour" in asked.said[0]
    assert "20 min 35 s" in asked.said[0]


def test_a_budget_told_in_the_answer_is_not_overdrawn() -> None:
    """GitHub Enterprise and proxies may leave the headers out: the answer itself tells."""
    rate = {"cost": 30, "limit": 5_000, "remaining": 20, "resetAt": "2025-11-24T16:10:00Z"}
    told = {"data": {"rateLimit": rate, "viewer": {"login": "ada-lumen"}}}
    with scripted(Reply(told), Reply()) as script:
        asked = Asked(script)
        asked.ask()
        assert asked.clock.slept == []
        asked.ask()
    assert len(asked.clock.slept) == 1
    assert asked.pace.spent == 31


def test_points_an_hour_of_ones_own_are_kept_to() -> None:
    told = {"data": {"rateLimit": {"cost": 40}, "viewer": {"login": "ada-lumen"}}}
    with scripted(Reply(told)) as script:
        asked = Asked(script, points_an_hour=100)
        for _ in range(4):
            asked.ask()
    assert asked.clock.slept == [3_600.0]
    assert "--points" in asked.said[0]


FAILURES = {
    "a gateway's error": Reply(b"<html>Bad Gateway</html>", 502),
    "an error in place of data": Reply(WRONG),
    "a body that is cut": Reply(cut=True),
    "a body that is no JSON": Reply(b'{"data": {"view'),
    "a web page with status 200": Reply(b"<html>Unicorn!</html>"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_what_passes_is_tried_again_with_growing_pauses(name: str) -> None:
    with scripted(*[FAILURES[name]] * 4, Reply()) as script:
        asked = Asked(script)
        assert asked.ask() == "ada-lumen"
    for place, slept in enumerate(asked.clock.slept):
        assert 0.5 * 2**place <= slept <= 2**place
    assert len(asked.clock.slept) == 4


def test_tries_are_bounded_and_the_sentence_says_that_the_same_command_goes_on() -> None:
    with scripted(Reply(b"", 502)) as script:
        asked = Asked(script)
        with pytest.raises(Unavailable, match=r"502.*same command goes on"):
            asked.ask()
    assert len(script.asked) == TRIES
    assert max(asked.clock.slept) <= 60


def test_nobody_listening_is_a_failure_like_another() -> None:
    with scripted() as script:
        pass
    with pytest.raises(Unavailable, match="no connection"):
        Asked(script).ask()


def test_too_much_for_one_question_is_told_from_what_passes() -> None:
    with scripted(Reply(TOO_LARGE)) as script, pytest.raises(TooMuch) as refused:
        Asked(script).ask()
    assert refused.value.is_refused
    assert len(script.asked) == 1
    with scripted(Reply(b"", 504)) as script, pytest.raises(TooMuch) as unanswered:
        Asked(script).ask(tries=3)
    assert not unanswered.value.is_refused
    assert len(script.asked) == 3


def test_holes_in_an_answer_are_told_apart() -> None:
    nodes = [{"id": "U_1"}, None, None, None]
    errors = [
        {"type": "NOT_FOUND", "path": ["nodes", 1], "message": "Could not resolve to a node."},
        {"type": "RESOURCE_LIMITS_EXCEEDED", "path": ["nodes", 2, "w0"], "message": "Resource limits exceeded."},
        {"path": ["nodes", 3], "message": "Something went wrong while executing your query."},
    ]
    with scripted(Reply({"data": {"nodes": nodes}, "errors": errors})) as script:
        answer = Asked(script).client.ask(QUESTION)
    told = answer.nodes(["U_1", "U_2", "U_3", "U_4"])
    assert list(told.values()) == [{"id": "U_1"}, Missing.GONE, Missing.REFUSED, Missing.UNANSWERED]


@pytest.mark.parametrize("path", ["/graphql", "/api/graphql"])
def test_both_doors_of_a_local_github_are_found(path: str) -> None:
    with scripted(Reply(), only=[path]) as script:
        asked = Asked(script)
        assert asked.ask() == "ada-lumen"
        asked.ask()
    assert script.asked[-2:] == [("POST", path)] * 2
    assert set(script.tokens) == {"Bearer made-up"}


MISTAKES = {
    401: ({"message": "Bad credentials"}, "GITHUB_TOKEN"),
    404: ({"message": "Not Found"}, "VIVIER_GITHUB_URL"),
    403: ({"message": "Resource not accessible by personal access token"}, "not accessible"),
    200: ({"errors": [{"message": "Field 'x' doesn't exist on type 'User'"}]}, "doesn't exist"),
}


@pytest.mark.parametrize("status", MISTAKES)
def test_what_trying_again_cannot_mend_is_one_sentence_at_once(status: int) -> None:
    content, named = MISTAKES[status]
    with scripted(Reply(content, status)) as script:
        asked = Asked(script)
        with pytest.raises(InputError, match=named):
            asked.ask()
    assert asked.clock.slept == []


def test_without_a_token_one_sentence_names_it() -> None:
    with pytest.raises(InputError, match="GITHUB_TOKEN"):
        GitHubClient("https://api.github.com", "", Pace(FakeClock(), print))


def test_headers_that_cannot_be_read_are_as_if_absent() -> None:
    assert retry_after({"retry-after": "soon"}, 0.0) is None
    assert retry_after({}, 0.0) is None


def test_durations_are_written_for_people() -> None:
    assert [duration(each) for each in (0.4, 12, 60, 200, 7_500)] == [
        "0.4 s",
        "12 s",
        "1 min",
        "3 min 20 s",
        "2 h 5 min",
    ]
