"""Numbers of rows, as addresses and forms name them: no table has one that its key cannot hold."""

from flask import Flask
from werkzeug.routing import IntegerConverter, ValidationError

LARGEST = 2**31 - 1  # what a key of ours can be: an integer of PostgreSQL
_DIGITS = len(str(LARGEST))


class RowNumber(IntegerConverter):
    """`<int:…>` in an address. What no row can have is an address of nothing; no database is asked."""

    def to_python(self, value: str) -> int:
        """The number. Raises ValidationError, which is answered 404."""
        number = row_number(value)
        if number is None:
            raise ValidationError
        return int(super().to_python(value))


def init_app(app: Flask) -> None:
    """Before the doors come, which make their addresses with it."""
    app.url_map.converters["int"] = RowNumber


def row_number(typed: str) -> int | None:
    """The number somebody sent, or None for what no row can have."""
    if not (typed.isascii() and typed.isdecimal() and len(typed) <= _DIGITS):
        return None
    number = int(typed)
    return number if number <= LARGEST else None
