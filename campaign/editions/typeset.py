"""Typesets one document in a process of its own: JSON on stdin, the PDF on stdout, a reason on stderr.

Run as a file, not as a module of the package, so that it starts without loading the application.
Arguments: the template, the limit of memory in MiB and of processor time in seconds, the folders of fonts.
"""

import json
import resource
import sys
from datetime import datetime
from pathlib import Path

import typst

NEEDED = {"Noto Serif", "Noto Sans", "Noto Naskh Arabic"}


def limit(memory_mb: int, seconds: int) -> None:
    """Bound this process; memory is what it may write to (RLIMIT_DATA): mapped libraries cost nothing."""
    memory = memory_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_AS, (memory * 4, memory * 4))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def typeset(template: str, folders: list[str], document: bytes) -> bytes:
    """Return the PDF of the JSON document. The same document, fonts and Typst give the same bytes.

    Raises typst.TypstError when the document cannot be set as tagged PDF/UA-1 and PDF/A-2a, FileNotFoundError
    when a font the template counts on is missing.
    """
    faces = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)
    # Typst would leave the page empty without complaint.
    if missing := NEEDED - set(faces.families()):
        raise FileNotFoundError(f"Missing fonts: {', '.join(sorted(missing))}")
    return typst.compile(
        Path(template),
        root=Path(template).parent,
        font_paths=faces,
        format="pdf",
        sys_inputs={"document": document.decode()},
        pdf_standards=["ua-1", "a-2a"],
        timestamp=datetime.fromisoformat(json.loads(document)["created"]),
    )


def main() -> int:
    """Read, typeset, write; 1 and one line on stderr when Typst refuses."""
    template, memory_mb, seconds, *folders = sys.argv[1:]
    limit(int(memory_mb), int(seconds))
    try:
        page = typeset(template, folders, sys.stdin.buffer.read())
    except typst.TypstError as error:
        sys.stderr.write(error.diagnostic)
        return 1
    except OSError as error:
        sys.stderr.write(str(error))
        return 1
    sys.stdout.buffer.write(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
