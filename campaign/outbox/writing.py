"""Writing a mail from its three template files, in the recipient's language."""

import re
import textwrap
from dataclasses import dataclass

from flask import current_app, render_template

from campaign.core import locales
from campaign.core.text import clean

_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Words:
    """Subject, plain text and HTML of a mail."""

    subject: str
    text: str
    html: str


def write(name: str, locale: str, around: str = "", **context: object) -> Words:
    """Render `templates/mail/<name>/` {subject.txt, body.txt, body.html}.

    Our sentences are in the locale or in English (`spoken`), and so is the mail, unless it is the letter
    itself, in `around`; what is in another language is marked by `tongue`. In the text each link stands alone
    on its line, unwrapped.
    """
    spoken = locales.spoken(locale)
    context |= {"locale": locale, "spoken": spoken, "around": around or spoken}
    subject, text, html = (
        render_template(f"mail/{name}/{part}", **context) for part in ("subject.txt", "body.txt", "body.html")
    )
    return Words(clean(subject), wrapped(text), html)


def wrapped(text: str) -> str:
    """Plain text as a mail carries it: long lines broken, links left whole, ended by one line end."""
    lines = [
        line if "://" in line or len(line) <= 76 else _filled(line) for line in text.strip("\n").split("\n")
    ]
    return _LINES.sub("\n\n", "\n".join(line.rstrip() for line in lines)).strip("\n") + "\n"


def _filled(line: str) -> str:
    """A long line in several, each as far in as the first."""
    return textwrap.fill(line, 72, subsequent_indent=" " * (len(line) - len(line.lstrip())))


def public_url(path: str = "") -> str:
    """An absolute address on this platform, for links in mails and files that are made outside of any
    request.
    """
    base: str = current_app.config["SETTINGS"].public_url
    return base + path


def platform_sender() -> str:
    """The address our mail comes from."""
    sender: str = current_app.config["SETTINGS"].mail_default_sender
    return sender
