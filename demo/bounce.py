"""The addressee's mail server changing its mind: a delivery report, handed in as operators' servers do it."""

from __future__ import annotations

import json
import subprocess
from dataclasses import asdict, dataclass
from datetime import datetime
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

from flask import current_app

from demo.kept import Opened
from demo.launch import flask
from demo.place import ROOT, Place

SERVER = "mailbox.example.org"
PATIENCE = 30  # seconds the command may take
WHAT_PEOPLE_READ = """\
This is the mail system at {server}.

Your message could not be delivered to {recipient}:
there is no such mailbox here. The headers of the message are attached.
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a report: whether the command took it, and its last words."""

    taken: bool
    words: str

    @property
    def sentence(self) -> str:
        """What the command said, for people."""
        if not self.taken:
            return f"Undersigned could not take the mail server’s report: “{self.words}”."
        verb, _, about = self.words.partition("\t")
        if verb == "bounced":
            return f"Undersigned took the mail server’s report: mail {about} has bounced."
        if (verb, about) == ("ignored", "over"):
            return (
                "Undersigned got the mail server’s report and changed nothing: this mail has bounced before."
            )
        return f"Undersigned got the mail server’s report and answered: “{' '.join(self.words.split())}”."


def can_bounce(mail: Opened) -> bool:
    """Whether the mail's envelope sender is its own: BOUNCE_ADDRESS with a tag that names the mail."""
    local, _, domain = current_app.config["SETTINGS"].bounce_address.rpartition("@")
    return bool(local) and mail.mail_from.startswith(f"{local}+") and mail.mail_from.endswith(f"@{domain}")


def report(mail: Opened, headers: bytes, at: datetime) -> bytes:
    """A delivery report (RFC 3464) to the mail's envelope sender, saying 5.1.1 (RFC 3463: no such mailbox).

    `headers` are the mail's own; `at` is when the server gave up, aware.
    """
    (recipient, *_others), date = mail.recipients, format_datetime(at)
    whole = MIMEMultipart("report", policy=SMTP, report_type="delivery-status")
    whole["Return-Path"] = "<>"
    whole["From"] = f"Mail Delivery System <mailer-daemon@{SERVER}>"
    whole["To"] = mail.mail_from
    whole["Subject"] = "Undelivered mail returned to sender"
    whole["Date"] = date
    whole["Message-ID"] = make_msgid(domain=SERVER)
    whole["Auto-Submitted"] = "auto-replied"
    whole.attach(MIMEText(WHAT_PEOPLE_READ.format(server=SERVER, recipient=recipient), "plain", "us-ascii"))
    whole.attach(_status(recipient, date))
    whole.attach(MIMEText(headers.decode("ascii", "backslashreplace"), "rfc822-headers", "us-ascii"))
    return whole.as_bytes()


def hand_over(written: bytes, recipient: str) -> Outcome:
    """Give a report that came to `recipient` to the product's command, in this process's environment."""
    try:
        answer = subprocess.run(
            flask("outbox", "bounce", "--recipient", recipient),
            input=written,
            cwd=ROOT,
            capture_output=True,
            check=False,
            timeout=PATIENCE,
        )
    except subprocess.TimeoutExpired:
        return Outcome(taken=False, words=f"no answer within {PATIENCE} seconds")
    taken = answer.returncode == 0
    said = (answer.stdout if taken else answer.stderr).decode("utf-8", "replace").split("\n")
    return Outcome(taken, next((line.strip() for line in reversed(said) if line.strip()), ""))


def keep(place: Place, number: int, outcome: Outcome) -> None:
    """Take down what became of a mail's report, for its page."""
    place.seen.mkdir(exist_ok=True)
    (place.seen / f"bounce-{number}").write_text(json.dumps(asdict(outcome)), encoding="utf-8")


def outcome(place: Place, number: int) -> Outcome | None:
    """What became of a mail's last report; None when there was none."""
    file = place.seen / f"bounce-{number}"
    return Outcome(**json.loads(file.read_text(encoding="utf-8"))) if file.exists() else None


def _status(recipient: str, date: str) -> Message:
    """The part for machines: a block about the report, and one about the recipient."""
    server, person = Message(policy=SMTP), Message(policy=SMTP)
    server["Reporting-MTA"] = f"dns; {SERVER}"
    server["Arrival-Date"] = date
    person["Final-Recipient"] = f"rfc822; {recipient}"
    person["Action"] = "failed"
    person["Status"] = "5.1.1"
    person["Diagnostic-Code"] = "smtp; 550 5.1.1 No such mailbox"
    part = Message(policy=SMTP)
    part["Content-Type"] = "message/delivery-status"
    part.set_payload([server, person])
    return part
