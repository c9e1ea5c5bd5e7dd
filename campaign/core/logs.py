"""Log lines as JSON on standard error, with no personal data: no query strings, no addresses of visitors.

What looks like one of our tokens is left out of every line, whoever wrote it: a server that logs requests
writes whole paths, and the path of a mailed link is the key to a signature.
"""

import json
import logging
import re
import sys

from flask import Flask

from campaign.core import clock

_TOKEN = re.compile(r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])")


class JsonLines(logging.Formatter):
    """One JSON object a line: when, how serious, where, what; a traceback only by its kind and places."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, object] = {
            "at": clock.iso(clock.now()),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": without_tokens(record.getMessage()),
        }
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            line["places"] = _places(record)
        return json.dumps(line, ensure_ascii=False)


def without_tokens(message: str) -> str:
    """The message with every token of ours (43 URL-safe characters) as an ellipsis."""
    return _TOKEN.sub("…", message)


def _places(record: logging.LogRecord) -> list[str]:
    """Where it happened, innermost last: file and line, never values."""
    places, trace = [], record.exc_info[2] if record.exc_info else None
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return places[-8:]


def init_app(app: Flask) -> None:
    """Send everything through one handler.

    Only warnings of libraries, everything from information up of ours.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers = [h for h in root.handlers if not isinstance(h.formatter, JsonLines)] + [handler]
    logging.getLogger("campaign").setLevel(logging.INFO)
    logging.getLogger("alembic.runtime.migration").setLevel(logging.WARNING)
