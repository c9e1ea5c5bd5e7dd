"""The shapes of what is printed: all that an edition's PDF says, JSON-ready, in the reader's language."""

from typing import Literal, TypedDict

from campaign.core.markdown import Block


class Labels(TypedDict):
    """The fixed words of the page, translated; `page` holds {page} and {pages}, `continued` {heading}."""

    kind: str
    reference: str
    subject: str
    cc: str
    enclosures: str
    signatories: str
    hosts_heading: str
    continued: str
    page: str
    hash: str
    verify: str
    new: str


class Host(TypedDict):
    """A co-publisher in the letterhead; the website is an http or https address."""

    name: str
    website: str | None


class Addressee(TypedDict):
    """The address block; empty or missing parts leave no line."""

    name: str
    title: str | None
    body: str | None
    lines: list[str]


class Signer(TypedDict):
    """A host's signature block."""

    host: str
    signed_by: str | None
    signed_title: str | None


class Annex(TypedDict):
    """A text printed after the letter, on pages of its own."""

    title: str
    blocks: list[Block]


class Name(TypedDict):
    """A signatory: its number in the whole list, its name, its name in another script.

    `new` sets the label of that name beside it.
    """

    number: int
    name: str
    other: str | None
    new: bool


class Group(TypedDict):
    """Signatories under one heading (a country), which is left out when it is None.

    `count` is printed beside the heading and can be higher than the number of names when some are not named.
    """

    heading: str | None
    count: int | None
    names: list[Name]


class ListLink(TypedDict):
    """Where the list is to be read when it is too long to print."""

    text: str
    url: str


class Document(TypedDict):
    """One edition for one addressee, or with no addressee the public list. Its words are ready to print.

    `language` is a BCP 47 tag; `created` is ISO 8601 with offset and becomes the file's date; `short` is the
    edition's hash, shortened for the foot of each page (a signatory's own copy has no hash: it is
    empty). `new_note` says what the mark of new names means. `flat` prints one list by number without the
    groups' headings. `render.NAMES_PRINTED` says when figures and `list_link` replace the names.
    """

    language: str
    direction: Literal["ltr", "rtl"]
    created: str
    document_title: str
    labels: Labels
    hosts: list[Host]
    reference: str | None
    place_and_date: str
    addressee: Addressee | None
    subject: str
    salutation: str | None
    opening: list[Block]
    body: list[Block]
    closing: str | None
    signers: list[Signer]
    cc: list[str]
    enclosures: list[str]
    annexes: list[Annex]
    headline: str | None
    list_note: str | None
    new_note: str | None
    groups: list[Group]
    flat: bool
    list_link: ListLink | None
    unnamed_note: str | None
    notice: str | None
    edition: str
    sha256: str
    short: str
