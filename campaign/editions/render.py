"""A document becomes a PDF in a child process with limits of time and memory, or fails with a reason."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from campaign.editions.document import Document, Group
from campaign.editions.glyphs import font_folders, uncovered

NAMES_PRINTED = 20_000
_TYPESET = Path(__file__).with_name("typeset.py")
_TEMPLATE = Path(__file__).parents[2] / "templates" / "edition" / "letter.typ"
_REASON = 500


class RenderFailed(Exception):
    """The document could not be typeset; `reason` is for the desk and the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class MissingGlyphs(RenderFailed):
    """No font has these characters, which would be printed as boxes."""

    def __init__(self, characters: str) -> None:
        points = ", ".join(f"U+{ord(character):04X}" for character in characters)
        super().__init__(f"No font covers {points}.")
        self.characters = characters


def pdf(document: Document, *, fonts: Sequence[Path] = (), seconds: int = 60, memory_mb: int = 1280) -> bytes:
    """Return the document as tagged PDF/UA-1 and PDF/A-2a. The same document and fonts give the same bytes.

    `fonts` are folders beside our own (FONT_PATHS). The child may take `seconds` and write to `memory_mb`
    MiB, enough for NAMES_PRINTED long names (1,000 take about 90 MiB, 10,000 about 500). Above that number of
    names only the figures of the groups are printed, with `list_link`.
    Raises MissingGlyphs before typesetting, RenderFailed for anything that goes wrong in it.
    """
    printed = _printed(document)
    if missing := uncovered("".join(_texts(printed)), fonts):
        raise MissingGlyphs(missing)
    folders = [str(folder) for folder in font_folders(fonts)]
    # -I: nothing from the folder it is started in or from the environment is imported.
    command = [sys.executable, "-I", str(_TYPESET), str(_TEMPLATE), str(memory_mb), str(seconds), *folders]
    return _run(command, json.dumps(printed, ensure_ascii=False).encode(), seconds)


def _run(command: list[str], given: bytes, seconds: int) -> bytes:
    """Run the child in a process group of its own, so that all of it can be ended at once."""
    # One arena and few threads: each reserves memory whether it is used or not.
    environment = {"MALLOC_ARENA_MAX": "1", "RAYON_NUM_THREADS": "2", "LC_ALL": "C.UTF-8"}
    pipe = subprocess.PIPE
    # Our own interpreter and file, by argument list.
    with subprocess.Popen(  # noqa: S603  # nosec B603
        command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment, start_new_session=True
    ) as child:
        try:
            page, complaint = child.communicate(given, timeout=seconds)
        except subprocess.TimeoutExpired as error:
            raise RenderFailed(f"Typesetting took longer than {seconds} seconds.") from error
        finally:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
    if child.returncode != 0 or not page.startswith(b"%PDF-"):
        raise RenderFailed(_reason(child.returncode, complaint))
    return page


def _reason(status: int, complaint: bytes) -> str:
    if status == -signal.SIGXCPU:
        return "Typesetting took too much processor time."
    if status < 0 or b"MemoryError" in complaint:
        return f"Typesetting ran out of memory or was stopped (signal {-status})."
    return complaint.decode(errors="replace")[:_REASON] or f"Typesetting ended with status {status}."


def _printed(document: Document) -> dict[str, Any]:
    """Return what the template is given: the document, its date in parts, names only where printed."""
    created = datetime.fromisoformat(document["created"]).astimezone(UTC)
    parts = {name: getattr(created, name) for name in ("year", "month", "day", "hour", "minute", "second")}
    groups = document["groups"]
    too_many = sum(len(group["names"]) for group in groups) > NAMES_PRINTED
    if document["flat"] and not too_many:
        groups = [_flat(groups)]
    elif too_many:
        groups = [{"heading": group["heading"], "count": group["count"], "names": []} for group in groups]
    link, note = (document["list_link"], None) if too_many else (None, document["new_note"])
    return {**document, "groups": groups, "list_link": link, "new_note": note, "created_parts": parts}


def _flat(groups: list[Group]) -> Group:
    """Return all names as one list without headings, in the order of their numbers."""
    names = sorted((name for group in groups for name in group["names"]), key=lambda name: name["number"])
    return {"heading": None, "count": None, "names": names}


def _texts(value: object) -> Iterator[str]:
    """Yield every string in the tree; keys are ours and need no glyphs."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
