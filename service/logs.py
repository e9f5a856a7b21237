"""Log lines as text or as JSON, each with the request it belongs to and none with personal text."""

from __future__ import annotations

import logging
import traceback
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Literal

import orjson

LogFormat = Literal["text", "json"]
TEXT = "%(asctime)s %(levelname)s %(name)s %(message)s"
_OF_REQUESTS = ("method", "route", "status", "ms")  # what the access line carries beside its sentence
_ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


@dataclass(frozen=True, slots=True)
class RequestNote:
    """The request that is being answered, as log lines name it."""

    request_id: str
    trace_id: str | None = None


CURRENT: ContextVar[RequestNote | None] = ContextVar("vivier_request", default=None)


def configure(log_format: LogFormat) -> None:
    """Write every log line of this process to standard error in one form, the server's own lines included."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if log_format == "json" else TextLines(TEXT))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.captureWarnings(log_format == "json")  # Python's warnings would be lines of another form
    for talkative in ("httpx", "httpx2", "mcp"):  # they log whole addresses, and every MCP request
        logging.getLogger(talkative).setLevel(logging.WARNING)


class TextLines(logging.Formatter):
    """Lines for people."""

    def formatException(self, ei: _ExceptionInfo) -> str:  # noqa: N802  # logging's name
        """Where it was raised."""
        return raised_at(ei[1])


class JsonLines(logging.Formatter):
    """One JSON object a line, for programs."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        note = CURRENT.get()
        if note is not None:
            line["request_id"] = note.request_id
            if note.trace_id is not None:
                line["trace_id"] = note.trace_id
        line |= {name: getattr(record, name) for name in _OF_REQUESTS if hasattr(record, name)}
        if record.exc_info:
            line["exception"] = raised_at(record.exc_info[1])
        # A lone surrogate in a message is not JSON; whoever reads logs would rather have a question mark.
        return orjson.dumps(line | {"message": line["message"].encode(errors="replace").decode()}).decode()


def raised_at(error: BaseException | None) -> str:
    """Kind and place of an error and of what caused it; no message, which may quote what somebody asked or wrote."""
    lines: list[str] = []
    while error is not None:
        frames = "".join(traceback.format_tb(error.__traceback__))
        lines.insert(0, f"{frames}{type(error).__module__}.{type(error).__qualname__}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n".join(lines)
