"""Logs: one JSON object a line for machines, plain lines for a person at a terminal."""

from contextvars import ContextVar
from datetime import UTC, datetime
import logging
from logging.handlers import QueueHandler, QueueListener
from queue import SimpleQueue
import re
import sys
from typing import override

import msgspec

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)

# Tokens of access keys, and the base64 of 32 bytes, which is what a Noise key looks like.
_SECRETS = re.compile(r"(hw_[0-9a-f]{12}_)[\w-]+|(?<![\w+/=])[A-Za-z0-9+/]{43}=")

_PLAIN = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


def redact(text: str) -> str:
    """Return the text without the secrets that it may hold."""
    return _SECRETS.sub(lambda found: f"{found[1] or ''}[redacted]", text)


class PlainFormatter(logging.Formatter):
    """Lines for a person."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without secrets."""
        return redact(super().format(record))


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, request_id, exception, facts."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without secrets."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request := getattr(record, "request_id", None):
            line["request_id"] = request
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        line |= getattr(record, "facts", {})
        return redact(msgspec.json.encode(line, enc_hook=str).decode())


class _ContextHandler(QueueHandler):
    """Hand records to the listener's thread, so that a slow terminal blocks nobody."""

    @override
    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        record.request_id = request_id.get()
        return record


def start(level: str, form: str) -> QueueListener:
    """Send all logs to standard error; stop the returned listener to flush them.

    `form` is `json`, `text`, or `auto`, which is text at a terminal.
    """
    plain = form == "text" or (form == "auto" and sys.stderr.isatty())
    output = logging.StreamHandler()
    output.setFormatter(PlainFormatter(_PLAIN) if plain else JsonFormatter())
    queue: SimpleQueue[logging.LogRecord] = SimpleQueue()
    logging.basicConfig(
        level=level.upper(), handlers=[_ContextHandler(queue)], force=True
    )
    # What it does step by step interests nobody who is not writing a migration.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    listener = QueueListener(queue, output)
    listener.start()
    return listener
