"""What a command said, when it did what was asked and when it refused."""

from __future__ import annotations

from click.testing import Result


def said(result: Result) -> str:
    """What a command that succeeded answered; logs and nothing else are on standard error."""
    assert result.exit_code == 0, result.output
    assert result.exception is None
    return result.stdout


def refusal(result: Result) -> str:
    """The one line of a command that refused; its words after `Error: `."""
    assert result.exit_code not in (0, None), result.output
    assert isinstance(result.exception, SystemExit), "it ended in a traceback"
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("Error: ")
    return lines[0].removeprefix("Error: ")
