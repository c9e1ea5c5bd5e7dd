"""Mails as the demo's mail server would have kept them."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP

from demo.place import Place
from demo.sink import Mailbox

OFFICES = ("first@example.org", "second@example.org", "third@example.org")
OWN = "bounces+12-abcdefghijklmnop@example.org"  # an envelope sender as each mail has its own


def keep(
    place: Place, to: str, text: str = "Good day.", html: str = "", pdf: bytes = b"", **headers: str
) -> int:
    """A mail in the mailbox, with further `headers` (`_` for `-`); its number."""
    message = EmailMessage(policy=SMTP)
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message["From"], message["To"], message["Subject"] = "letters@example.org", to, f"To {to} – bonjour"
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    if pdf:
        message.add_attachment(pdf, maintype="application", subtype="pdf", filename="a letter.pdf")
        message.add_attachment(b"<b>", maintype="text", subtype="html", filename="page.html")
    return Mailbox(place.mailbox).keep(message.as_bytes(), OWN, [to])
