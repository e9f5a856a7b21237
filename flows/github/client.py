"""One GitHub, asked one question after the other: within its limits, and again when something went wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

import httpx
import orjson

from flows.github.address import Address, addresses, is_loopback
from flows.github.answers import Answer, Failed, Judged, Limited, Mistaken, TooLarge, judge, judge_rest
from flows.github.limits import Pace
from indexing.errors import InputError, Unavailable

TRIES = 12  # of one request; with waits that double up to a minute, some seven minutes of trouble are sat out
LIMITS_IN_A_ROW = 20
VERSION = "2022-11-28"


class TooMuch(Exception):
    """GitHub would not, or could not, answer this in one piece; ask for less."""

    def __init__(self, *, is_refused: bool) -> None:
        super().__init__("refused" if is_refused else "unanswered")
        self.is_refused = is_refused  # said so, rather than failed again and again


class GitHubClient:
    """Asks GraphQL questions, and the few REST ones there is no other way for.

    Unavailable when GitHub does not answer for minutes, InputError when the token or the address is wrong.
    """

    def __init__(self, url: str, token: str, pace: Pace, *, timeout_seconds: float = 30.0) -> None:
        if not token:
            raise InputError(
                "GITHUB_TOKEN is not set; put a GitHub token (no scope needed) there or in .env.", field="GITHUB_TOKEN"
            )
        self.pace = pace
        self._addresses = list(addresses(url))
        self._http = httpx.Client(
            headers={
                "Authorization": f"Bearer {token}",
                "User-Agent": "vivier",
                "Accept": "application/vnd.github+json",
                "X-GitHub-Api-Version": VERSION,
            },
            timeout=httpx.Timeout(timeout_seconds, connect=10.0),
            trust_env=not is_loopback(httpx.URL(self._address.graphql).host),  # no proxy leads to this machine
        )

    def __enter__(self) -> GitHubClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    @property
    def host(self) -> str:
        """Who is asked, for sentences."""
        return httpx.URL(self._address.graphql).host

    def ask(self, question: str, variables: Mapping[str, Any] | None = None, *, tries: int | None = None) -> Answer:
        """The answer to a GraphQL question; TooMuch when it should be asked for less.

        `tries` says that there is something to leave out: so many failures are then taken for "too much", for a
        gateway's timeout is how GitHub often says it.
        """
        body = orjson.dumps({"query": question, "variables": dict(variables or {})})

        def send() -> httpx.Response:
            headers = {"Content-Type": "application/json"}
            response = self._http.post(self._address.graphql, content=body, headers=headers)
            while response.status_code in (404, 405) and len(self._addresses) > 1:
                self._addresses.pop(0)
                response = self._http.post(self._address.graphql, content=body, headers=headers)
            del self._addresses[1:]
            return response

        return self._until_answered("graphql", send, judge, tries)

    def rest(self, path: str, parameters: Mapping[str, str | int]) -> tuple[Any, bool]:
        """The content of a page of a REST route, None when there is no such thing, and whether a page follows."""
        if len(self._addresses) > 1:
            self.ask("query { rateLimit { cost limit remaining resetAt } }")

        def send() -> httpx.Response:
            return self._http.get(
                self._address.rest + path, params=dict(parameters), follow_redirects=True
            )  # a renamed repository is redirected to

        try:
            data = self._until_answered("core", send, judge_rest, None).data
        except _NotThere:
            return None, False
        return data["content"], data["has_next"]

    @property
    def _address(self) -> Address:
        return self._addresses[0]

    def _until_answered(
        self,
        resource: str,
        send: Callable[[], httpx.Response],
        read: Callable[[httpx.Response, float], Judged],
        tries: int | None,
    ) -> Answer:
        failures = limits = 0
        while True:
            self.pace.before(resource)
            judged = self._exchange(send, read)
            self.pace.charge(judged.cost)
            if judged.limit is not None:
                self.pace.told(resource, **judged.limit)
            match judged.verdict:
                case Answer() as answer:
                    return answer
                case TooLarge():
                    raise TooMuch(is_refused=True)
                case Mistaken() as mistake:
                    raise self._explained(resource, mistake)
                case Limited() as limited:
                    limits += 1
                    if limits > LIMITS_IN_A_ROW:
                        raise Unavailable(
                            f"{self.host} refused {limits} times in a row for its limits; what was collected is kept, "
                            "and the same command goes on from there later."
                        )
                    self.pace.wait(*self.pace.refused_until(resource, limited.retry_after, limits))
                case Failed() as failed:
                    failures += 1
                    self._after_failure(failed, failures, tries)

    def _exchange(self, send: Callable[[], httpx.Response], read: Callable[[httpx.Response, float], Judged]) -> Judged:
        try:
            response = send()
        except (httpx.UnsupportedProtocol, httpx.LocalProtocolError) as error:
            return Judged(Mistaken(0, type(error).__name__), cost=0)
        except httpx.RequestError as error:  # timeouts, resets, bodies that end early or do not unpack
            return Judged(Failed(_in_words(error)))
        return read(response, self.pace.clock.now())

    def _after_failure(self, failed: Failed, failures: int, tries: int | None) -> None:
        if tries is not None and failures >= tries:
            raise TooMuch(is_refused=False)
        if failures >= TRIES:
            raise Unavailable(
                f"{self.host} does not answer ({failed.why}, {failures} times); what was collected is kept, and the "
                "same command goes on from there."
            )
        seconds = self.pace.after_failure(failures)
        if failed.retry_after is not None:
            seconds = max(seconds, failed.retry_after)
        self.pace.wait(seconds, f"{failed.why} from {self.host}, try {failures + 1} of {tries or TRIES}")

    def _explained(self, resource: str, mistake: Mistaken) -> Exception:
        if mistake.status == 401:
            return InputError(f"{self.host} does not take GITHUB_TOKEN; make a new one.", field="GITHUB_TOKEN")
        if mistake.status in (404, 405, 0) and resource == "graphql":
            return InputError(
                f"There is no GitHub at {self._address.graphql}; check VIVIER_GITHUB_URL.", field="VIVIER_GITHUB_URL"
            )
        if mistake.status in (404, 451):
            return _NotThere()
        if mistake.status in (301, 302, 307, 308):
            return InputError(
                f"{self.host} sends elsewhere; write VIVIER_GITHUB_URL as it is written in the browser.",
                field="VIVIER_GITHUB_URL",
            )
        return InputError(f"{self.host} refuses ({mistake.status or 'no answer'}): {mistake.why[:300]}")


class _NotThere(Exception):
    """A REST route that does not exist."""


def _in_words(error: httpx.RequestError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    if isinstance(error, httpx.ConnectError):
        return "no connection"
    return f"a broken answer ({type(error).__name__})"
