"""A service that runs, as a promotion sees it: which release it serves, how it does, and a request to switch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote

import httpx
from prometheus_client.parser import text_string_to_metric_families

from indexing.champions import Cause
from indexing.errors import Forbidden, InputError, ReleaseRefused, Unauthorised, Unavailable

ASK_SECONDS = 5.0
LOAD_SECONDS = 300.0  # a cold download and opening of a large release
COUNTED = ("/agent_search", "/predict", "/profiles", "/searches")  # routes of people, not of monitors
TIMED = "/agent_search"


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a service has answered since it started, or between two looks at it."""

    requests: float = 0.0
    failures: float = 0.0  # answers of status 5xx
    searches: tuple[tuple[float, float], ...] = ()  # seconds -> searches that took no longer; the last is infinity

    @property
    def failed_share(self) -> float:
        """Failures among the requests."""
        return self.failures / self.requests if self.requests else 0.0

    @property
    def timed(self) -> float:
        """Searches whose time is known."""
        return self.searches[-1][1] if self.searches else 0.0

    def since(self, earlier: Traffic) -> Traffic:
        """What came after an earlier look; everything, when the service was started anew in between."""
        if self.requests < earlier.requests or self.timed < earlier.timed:
            return self
        counted = dict(earlier.searches)
        return Traffic(
            self.requests - earlier.requests,
            self.failures - earlier.failures,
            tuple((seconds, count - counted.get(seconds, 0.0)) for seconds, count in self.searches),
        )

    def slow_end(self, share: float = 0.95) -> float | None:
        """Seconds that this share of the searches took at most, as a histogram can tell; None without searches."""
        wanted, below, start = share * self.timed, 0.0, 0.0
        if not self.timed:
            return None
        for seconds, count in self.searches:
            if count >= wanted:
                if math.isinf(seconds):
                    return start
                inside = count - below
                return start + (seconds - start) * ((wanted - below) / inside if inside else 1.0)
            below, start = count, seconds
        return start

    def to_dict(self) -> dict[str, Any]:
        """As JSON-able values."""
        written = asdict(self)
        written["searches"] = [["inf" if math.isinf(each) else each, count] for each, count in self.searches]
        return written

    @staticmethod
    def from_dict(written: Mapping[str, Any]) -> Traffic:
        """Read back."""
        searches = tuple((float(seconds), float(count)) for seconds, count in written["searches"])
        return Traffic(float(written["requests"]), float(written["failures"]), searches)


class RunningService:
    """A service by its address; Unavailable from any method when it does not answer."""

    def __init__(self, client: httpx.Client, *, patient: httpx.Client | None = None) -> None:
        """A client has the address, the administration key in its headers, and its patience; `patient` loads."""
        self._client = client
        self._patient = patient or client
        self.url = str(client.base_url).rstrip("/")

    def answers(self) -> bool:
        """Whether anything that looks like Vivier answers there."""
        try:
            return bool(self._ask("/").get("name") == "vivier")
        except Unavailable:
            return False

    def knows(self, release_id: str) -> bool:
        """Whether it lists a release, so that it has the same registry as we."""
        versions = self._ask("/models/info").get("versions", [])
        return any(release_id in version.get("releases", ()) for version in versions)

    def serves(self) -> str | None:
        """The release it serves now; None while it has none. Degraded or not does not matter here."""
        try:
            response = self._client.get("/health")
            release = response.json().get("release")
        except (httpx.HTTPError, ValueError) as error:
            raise _silent(self.url, error) from error
        return str(release["id"]) if release else None

    def traffic(self) -> Traffic:
        """What it has answered since it started."""
        try:
            response = self._client.get("/metrics")
            response.raise_for_status()
            return read_traffic(response.text)
        except (httpx.HTTPError, ValueError) as error:
            raise _silent(self.url, error) from error

    def load(self, release_id: str, *, cause: Cause) -> None:
        """Let it switch, in its own lane. ReleaseRefused with its reason; nothing has changed then."""
        try:
            response = self._patient.post(f"/models/load/{quote(release_id)}", params={"cause": cause})
        except httpx.HTTPError as error:
            raise _silent(self.url, error) from error
        if response.is_success:
            return
        try:
            detail = str(response.json().get("detail", response.status_code))
        except ValueError:
            detail = f"status {response.status_code}"
        kind = {401: Unauthorised, 403: Forbidden, 503: Unavailable}.get(response.status_code, ReleaseRefused)
        raise kind(f"The service at {self.url} did not switch: {detail}")

    def close(self) -> None:
        """Give up the connections."""
        self._client.close()
        self._patient.close()

    def _ask(self, path: str) -> dict[str, Any]:
        try:
            response = self._client.get(path)
            response.raise_for_status()
            found: dict[str, Any] = response.json()
            return found
        except (httpx.HTTPError, ValueError) as error:
            raise _silent(self.url, error) from error


def connect(url: str, admin_key: str) -> RunningService:
    """A service by its address. InputError when it is none."""
    if not url.startswith(("http://", "https://")):
        raise InputError("VIVIER_SERVICE_URL must be http(s)://host:port of a running service.", field="service")
    headers = {"Authorization": f"Bearer {admin_key}"} if admin_key else {}
    ask, load = (
        httpx.Client(base_url=url.rstrip("/"), headers=headers, timeout=seconds)
        for seconds in (ASK_SECONDS, LOAD_SECONDS)
    )
    return RunningService(ask, patient=load)


def read_traffic(text: str) -> Traffic:
    """The counts in a page of Prometheus metrics."""
    requests = failures = 0.0
    buckets: dict[float, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            route = sample.labels.get("route", "")
            if sample.name == "vivier_requests_total" and route.startswith(COUNTED):
                requests += sample.value
                failures += sample.value if sample.labels["status"].startswith("5") else 0.0
            if sample.name == "vivier_request_seconds_bucket" and route == TIMED:
                limit = float(sample.labels["le"])
                buckets[limit] = buckets.get(limit, 0.0) + sample.value
    return Traffic(requests, failures, tuple(sorted(buckets.items())))


def _silent(url: str, error: Exception) -> Unavailable:
    return Unavailable(f"The service at {url} does not answer ({type(error).__name__}).")
