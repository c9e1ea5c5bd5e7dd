"""The demo's mail server: takes mail over real SMTP and keeps it as files; nothing is ever passed on.

Two kinds of address are not taken, so that what happens then can be played: see `answer`.

`python -m demo.sink --port 2525 --directory mailbox`
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import json
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

HOST = "127.0.0.1"


class Mailbox:
    """Keeps each accepted mail as `NNNNNN.eml`, as received, with its envelope in `NNNNNN.json` beside it.

    The JSON object has `mail_from` (text), `rcpt_tos` (list of text) and `received_at` (ISO 8601, UTC). It is
    there before the mail is, so whoever finds an `.eml` finds both, whole.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Note a recipient that is taken; the answer is `answer`'s."""
        said = answer(address)
        if said.startswith("250"):
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return said

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        """Keep one mail; the answer (RFC 5321 §4.2.3) is 250 when it is on disk, 451 when it could not be."""
        try:
            number = self.keep(envelope.original_content or b"", envelope.mail_from or "", envelope.rcpt_tos)
        except OSError as error:
            print(f"could not keep a mail: {error}", file=sys.stderr, flush=True)
            return "451 4.3.0 The mail could not be kept"
        return f"250 2.0.0 Kept as {number:06}"

    def keep(self, content: bytes, mail_from: str, rcpt_tos: list[str]) -> int:
        """Write one mail and return its number, which is one more than the highest there. Raises OSError."""
        self.directory.mkdir(parents=True, exist_ok=True)
        number = 1 + max((int(file.stem) for file in self.directory.glob("[0-9]*.eml")), default=0)
        envelope = {
            "mail_from": mail_from,
            "rcpt_tos": rcpt_tos,
            "received_at": datetime.now(UTC).isoformat(),
        }
        self._write(f"{number:06}.json", json.dumps(envelope, ensure_ascii=False, indent=2).encode())
        self._write(f"{number:06}.eml", content)
        return number

    def _write(self, name: str, content: bytes) -> None:
        part = self.directory / f".{name}.part"
        part.write_bytes(content)
        part.replace(self.directory / name)


def answer(address: str) -> str:
    """What this server says to an envelope recipient (codes: RFC 5321 section 4.2.3, RFC 3463).

    `later.anything@` and `anything+later@` are asked to wait, each time; `nobody.anything@` is refused.
    """
    local = address.rpartition("@")[0].lower()
    if local.startswith("later.") or "+later" in local:
        return "451 4.2.1 Mailbox busy, try again later"
    if local.startswith("nobody."):
        return "550 5.1.1 No such mailbox"
    return "250 2.1.5 OK"


async def serve(port: int, directory: Path) -> None:
    """Take mail on 127.0.0.1 until SIGTERM or SIGINT. Raises OSError when the port is taken."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    session = functools.partial(
        SMTP, Mailbox(directory), hostname="mailbox.example.org", enable_SMTPUTF8=True
    )
    server = await loop.create_server(session, HOST, port)
    print(f"taking mail on {HOST}:{port}", flush=True)
    await stopped.wait()
    server.close()


def main(arguments: list[str] | None = None) -> int:
    """Run the server; 1 when its port is taken, 0 when it was told to stop."""
    parser = argparse.ArgumentParser(prog="python -m demo.sink", description="Keeps every mail as a file.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--directory", type=Path, required=True)
    options = parser.parse_args(arguments)
    try:
        asyncio.run(serve(options.port, options.directory))
    except OSError as error:
        print(f"cannot listen on {HOST}:{options.port}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
