"""The tables of letters: settings, text versions in each language, hosts, addressees, documents and private
links.
"""

from datetime import date as Date  # noqa: N812 -- the column is called `date`
from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campaign.core.db import Base, stored_enum
from campaign.core.secrets import EncryptedText
from campaign.letters.rules import (
    DEFAULT_RELEASE_DELAY,
    Acceptance,
    Change,
    Channel,
    Circulation,
    DocumentUse,
    LetterStatus,
    Order,
    Sees,
    Silence,
    TextRule,
    Visibility,
    acceptance_in_force,
)


class Letter(Base):
    """An open letter.

    `titles`, `nouns` and `notices` are keyed by language; `visibilities` lists what signatories may choose.
    `release_delay` is how many minutes a release can be taken back where no second person approves it.
    `text_rule`, `silence` and `further_bodies` (whether the hosts may send it to further bodies without
    asking) are what the form promises about later changes. `country_names` words countries this letter's own
    way, by code and language. `sealed_to` is the public key (age) that contacts are sealed to when confirmed.
    """

    __tablename__ = "letters"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    status: Mapped[LetterStatus] = mapped_column(
        stored_enum(LetterStatus, "letter_status"), default=LetterStatus.DRAFT
    )
    paused: Mapped[bool] = mapped_column(default=False)
    circulation: Mapped[Circulation] = mapped_column(stored_enum(Circulation, "circulation"))
    acceptance: Mapped[Acceptance] = mapped_column(stored_enum(Acceptance, "acceptance"))
    at_risk: Mapped[bool] = mapped_column(default=False)
    visibilities: Mapped[list[str]] = mapped_column(JSON)
    order: Mapped[Order] = mapped_column("list_order", stored_enum(Order, "list_order"))
    original_language: Mapped[str] = mapped_column(String(20))
    titles: Mapped[dict[str, str]] = mapped_column(JSON)
    nouns: Mapped[dict[str, str]] = mapped_column(JSON)
    notices: Mapped[dict[str, str]] = mapped_column(JSON)
    date: Mapped[Date | None]
    place: Mapped[str | None] = mapped_column(String(120))
    reference: Mapped[str | None] = mapped_column(String(120))
    time_zone: Mapped[str] = mapped_column(String(60))
    deadline: Mapped[datetime | None]
    release_delay: Mapped[int] = mapped_column(default=DEFAULT_RELEASE_DELAY)
    text_rule: Mapped[TextRule] = mapped_column(
        stored_enum(TextRule, "text_rule"), default=TextRule.REVISABLE
    )
    silence: Mapped[Silence] = mapped_column(stored_enum(Silence, "silence"), default=Silence.OFF)
    further_bodies: Mapped[bool] = mapped_column(default=False)
    country_names: Mapped[dict[str, dict[str, str]]] = mapped_column(JSON, default=dict)
    sealed_to: Mapped[str | None] = mapped_column(String(100))
    extended_from: Mapped[datetime | None]
    withdrawn_sentence: Mapped[str | None] = mapped_column(String(500))
    text_version_id: Mapped[int | None] = mapped_column(
        ForeignKey("text_versions.id", use_alter=True, name="fk_letters_text_version_id_text_versions")
    )
    created_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    archived_at: Mapped[datetime | None]

    hosts: Mapped[list["Host"]] = relationship(
        back_populates="letter",
        order_by="Host.position, Host.id",
        cascade="all, delete-orphan",
        lazy="selectin",
    )
    addressees: Mapped[list["Addressee"]] = relationship(
        back_populates="letter",
        order_by="Addressee.position, Addressee.id",  # one who was removed keeps a place
        cascade="all, delete-orphan",
        lazy="selectin",
    )
    kept_documents: Mapped[list["Document"]] = relationship(
        back_populates="letter", order_by="Document.position, Document.id", cascade="all, delete-orphan"
    )
    text_version: Mapped["TextVersion | None"] = relationship(
        foreign_keys=[text_version_id], lazy="selectin", post_update=True
    )

    @property
    def documents(self) -> list["Document"]:
        """The documents that go with the letter now; replaced ones stay for the mails that carried them."""
        return [document for document in self.kept_documents if document.removed_at is None]

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages the current text exists in, the original first."""
        known = self.text_version.languages if self.text_version else []
        return tuple(sorted(known, key=lambda tag: (tag != self.original_language, tag)))

    @property
    def offered(self) -> tuple[Visibility, ...]:
        """The visibilities signatories may choose, most visible first."""
        return tuple(v for v in Visibility if v.value in self.visibilities)

    @property
    def acceptance_in_force(self) -> Acceptance:
        """Who decides on confirmed sign-ons: a person in any case where signatories may be at risk."""
        return acceptance_in_force(self.acceptance, self.at_risk)

    def title(self, language: str) -> str:
        """The title in that language, else in the original's."""
        return self.titles[self.titled_in(language)]

    def titled_in(self, language: str) -> str:
        """The language that `title` is in."""
        return next(tag for tag in (language, self.original_language, *self.titles) if self.titles.get(tag))

    def notice(self, language: str) -> str | None:
        """A sentence that every page, file and mail of the letter carries, if it has one."""
        return self.notices.get(self.noticed_in(language))

    def noticed_in(self, language: str) -> str:
        """The language that `notice` is in."""
        return language if self.notices.get(language) else self.original_language

    def noun(self, language: str) -> str:
        """What signatories are called: one of the known nouns (`groups`, `organisations`, `NGOs`)."""
        return self.nouns.get(language) or self.nouns.get(self.original_language) or "groups"


class TextVersion(Base):
    """One version of the text in all its languages. A signature belongs to the version it was given to.

    `summary` says in public what changed; `reconfirm_by` is until when signatories of earlier versions are
    asked to confirm again, `settled_at` when that time was over and the worker had acted on silence;
    `new_bodies` names those the letter goes to from this version on.
    """

    __tablename__ = "text_versions"

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id", ondelete="CASCADE"))
    number: Mapped[int]
    change: Mapped[Change] = mapped_column(stored_enum(Change, "text_change"))
    summary: Mapped[str | None] = mapped_column(String(500))
    reconfirm_by: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    new_bodies: Mapped[list[str]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime]
    translations: Mapped[list["Translation"]] = relationship(
        order_by="Translation.id", cascade="all, delete-orphan", lazy="selectin"
    )

    __table_args__ = (Index("uq_text_versions_letter_id_number", "letter_id", "number", unique=True),)

    @property
    def languages(self) -> list[str]:
        return [translation.language for translation in self.translations]

    def markdown(self, language: str) -> str | None:
        """The text in that language, or None."""
        return next((t.markdown for t in self.translations if t.language == language), None)

    def words(self) -> dict[str, tuple[str | None, str]]:
        """Title and text in each language: what somebody who signs this version stands under."""
        return {t.language: (t.title, t.markdown) for t in self.translations}


class Translation(Base):
    """The text of a version in one language; `reviewed` is False for a translation nobody has checked.

    `title` is the letter's title of that time; versions from before it was kept have none.
    """

    __tablename__ = "translations"

    id: Mapped[int] = mapped_column(primary_key=True)
    text_version_id: Mapped[int] = mapped_column(ForeignKey("text_versions.id", ondelete="CASCADE"))
    language: Mapped[str] = mapped_column(String(20))
    title: Mapped[str | None] = mapped_column(String(300))
    markdown: Mapped[str] = mapped_column(Text)
    reviewed: Mapped[bool]

    __table_args__ = (
        Index("uq_translations_text_version_id_language", "text_version_id", "language", unique=True),
    )


class Host(Base):
    """An organisation that publishes the letter. `code` marks the sign-ons that came through its own link."""

    __tablename__ = "hosts"

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    name: Mapped[str] = mapped_column(String(200))
    website: Mapped[str | None] = mapped_column(String(300))
    country_code: Mapped[str | None] = mapped_column(String(2))
    contact: Mapped[str | None] = mapped_column(EncryptedText)
    signed_by: Mapped[str | None] = mapped_column(String(120))
    signed_title: Mapped[str | None] = mapped_column(String(120))
    logo: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    code: Mapped[str] = mapped_column(String(40))
    letter: Mapped[Letter] = relationship(back_populates="hosts")
    links: Mapped[list["PrivateLink"]] = relationship(
        back_populates="host", order_by="PrivateLink.id", cascade="all, delete-orphan"
    )

    __table_args__ = (Index("uq_hosts_letter_id_code", "letter_id", "code", unique=True),)


class PrivateLink(Base):
    """A host's revocable link to a private letter.

    The key is made from id and nonce, only its digest is kept.
    """

    __tablename__ = "private_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    host_id: Mapped[int] = mapped_column(ForeignKey("hosts.id", ondelete="CASCADE"), index=True)
    nonce: Mapped[str] = mapped_column(String(32))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    host: Mapped[Host] = relationship(back_populates="links")


class Addressee(Base):
    """Somebody the letter goes to. One who was removed stays for the editions already released to them.

    `sees_since` is when they were first set to see withheld names: names given before stay hidden from them.
    `since_version_id` is the version that brought them in, where signatories were asked about it.
    """

    __tablename__ = "addressees"

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    name: Mapped[str] = mapped_column(String(200))
    title: Mapped[str | None] = mapped_column(String(200))
    body: Mapped[str | None] = mapped_column(String(200))
    email: Mapped[str | None] = mapped_column(EncryptedText)
    language: Mapped[str] = mapped_column(String(20))
    honorific: Mapped[str | None] = mapped_column(String(120))
    salutation: Mapped[str | None] = mapped_column(String(200))
    closing: Mapped[str | None] = mapped_column(String(300))
    subject: Mapped[str | None] = mapped_column(String(200))
    opening: Mapped[str | None] = mapped_column(Text)
    sees: Mapped[Sees] = mapped_column(stored_enum(Sees, "addressee_sees"))
    sees_since: Mapped[datetime | None]
    channel: Mapped[Channel] = mapped_column(stored_enum(Channel, "channel"))
    since_version_id: Mapped[int | None] = mapped_column(ForeignKey("text_versions.id"))
    created_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    letter: Mapped[Letter] = relationship(back_populates="addressees")
    copies: Mapped[list["Copy"]] = relationship(
        order_by="Copy.position, Copy.id", cascade="all, delete-orphan", lazy="selectin"
    )


class Copy(Base):
    """A Cc of an addressee's mail; `printed` ones stand in the letter too. They may see other names."""

    __tablename__ = "copies"

    id: Mapped[int] = mapped_column(primary_key=True)
    addressee_id: Mapped[int] = mapped_column(ForeignKey("addressees.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    name: Mapped[str | None] = mapped_column(String(200))
    title: Mapped[str | None] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(EncryptedText)
    printed: Mapped[bool]
    sees: Mapped[Sees] = mapped_column(stored_enum(Sees, "copy_sees"))
    sees_since: Mapped[datetime | None]


class Document(Base):
    """A file that goes with the letter, or went with an edition of it."""

    __tablename__ = "documents"

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    filename: Mapped[str] = mapped_column(String(120))
    title: Mapped[str] = mapped_column(String(200))
    language: Mapped[str | None] = mapped_column(String(20))
    use: Mapped[DocumentUse] = mapped_column(stored_enum(DocumentUse, "document_use"))
    media_type: Mapped[str] = mapped_column(String(100))
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    removed_at: Mapped[datetime | None]
    letter: Mapped[Letter] = relationship(back_populates="kept_documents")
