"""Sealed letters on both databases: contacts locked in the transaction that lets a sign-on stand."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta

import pyrage
import pytest
from flask import Flask
from sqlalchemy import select, text

from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict, InvalidInput
from campaign.core.networks import Caller, read_address
from campaign.core.secrets import blind_index
from campaign.letters.drafting import write_down
from campaign.letters.drafts import AddresseeDraft
from campaign.letters.models import Letter
from campaign.letters.rules import Change, Circulation, TextRule
from campaign.outbox.models import Mail
from campaign.signing import (
    confirming,
    corrections,
    exporting,
    invalidating,
    looking_after,
    moderation,
    roll,
    sealing,
)
from campaign.signing.deciding import Decider, Decision
from campaign.signing.models import Representative, Sighting, Signature
from campaign.signing.moderation import AddCommand
from campaign.signing.rules import Audience, Evidence, Purpose, SignatureStatus, Source
from tests.factories import (
    ADDRESSEE,
    COORDINATOR,
    confirmation_of,
    make_command,
    make_draft,
    make_letter,
    make_listing,
    make_person,
    make_signature,
)
from tests.servers import Sink

S = SignatureStatus
PAIR = pyrage.x25519.Identity.generate()
KEY = str(PAIR.to_public())
OFFICE = Caller(read_address("192.0.2.7"))


def sealed_letter(**changes: object) -> Letter:
    return make_letter(sealed_to=KEY, **changes)


def signed(
    letter: Letter, status: SignatureStatus = S.PENDING, name: str = "Voice", mailed: bool = False
) -> Signature:
    command = make_command(
        make_listing(organisation=name, website="https://example.org"),
        make_person(name="Canary Person", role="Canary Role", email="canary@example.org"),
        caller=OFFICE,
    )
    return make_signature(letter, status, command, mailed=mailed)


def clear_columns(signature: Signature) -> list[object]:
    """What the row of whoever signed holds, as it is stored."""
    columns = "name, role, email, email_index, asked_by, asked_by_email, asked_by_index"
    row = db.session.execute(
        text(f"SELECT {columns} FROM representatives WHERE signature_id = :id"),  # noqa: S608 -- our own words
        {"id": signature.id},
    ).one()
    return [value for value in row if value is not None]


def opened(signature: Signature) -> dict[str, object]:
    """What whoever holds the private key reads."""
    assert signature.representative is not None
    assert signature.representative.sealed is not None
    facts: dict[str, object] = json.loads(pyrage.decrypt(signature.representative.sealed, [PAIR]))
    return facts


@pytest.mark.parametrize("status", sorted(set(S) - {S.UNVERIFIED, S.EXPIRED}))
def test_wherever_a_sign_on_stands_its_contact_is_locked(app: Flask, status: SignatureStatus) -> None:
    signature = signed(sealed_letter(), status)
    assert signature.status is status
    assert clear_columns(signature) == []
    facts = opened(signature)
    assert (facts["name"], facts["role"], facts["email"]) == (
        "Canary Person",
        "Canary Role",
        "canary@example.org",
    )
    assert (facts["signature"], facts["organisation"]) == (signature.id, "Voice")
    assert db.session.scalars(select(Sighting.mailbox)).all() == [None]


@pytest.mark.parametrize("status", [S.UNVERIFIED, S.EXPIRED])
def test_who_has_not_confirmed_is_not_sealed(app: Flask, status: SignatureStatus) -> None:
    signature = signed(sealed_letter(), status)
    assert signature.representative is not None
    assert signature.representative.sealed is None
    assert signature.representative.email == "canary@example.org"


def test_another_letter_seals_nothing(app: Flask) -> None:
    signature = signed(make_letter(), S.ACCEPTED)
    assert signature.representative is not None
    assert (signature.representative.email, signature.representative.sealed) == ("canary@example.org", None)


def test_what_the_mailbox_proved_is_known_before_it_is_locked(app: Flask) -> None:
    letter = sealed_letter()
    signature = signed(letter)
    assert signature.evidence is Evidence.DOMAIN
    moderation.accept(signature, COORDINATOR)
    moderation.correct(signature, "Voice of Peace", "KE", signature.scope, COORDINATOR)
    db.session.commit()
    assert signature.evidence is Evidence.DOMAIN
    assert signature.organisation is not None
    further = signed(letter)  # of the organisation by its first name
    assert clear_columns(further) == []
    assert further.evidence is Evidence.DOMAIN


def test_somebody_else_who_decides_and_whoever_asked_are_locked_with_it(app: Flask) -> None:
    letter = sealed_letter()
    command = make_command(
        make_listing(organisation="Voice"),
        make_person(name="Asker", role="Clerk", email="asker@example.org"),
        decider=Decider("Head", "head@example.org"),
    )
    signature = make_signature(letter, S.UNVERIFIED, command)
    said = {Purpose.ATTESTATION: "I may.", Purpose.CONSENT: "I agree."}
    confirming.verify(confirmation_of(signature), decision=Decision("Head", "Chair", said, "en"))
    db.session.commit()
    assert clear_columns(signature) == []
    facts = opened(signature)
    assert (facts["name"], facts["role"], facts["email"]) == ("Head", "Chair", "head@example.org")
    assert (facts["asked_by"], facts["asked_by_email"]) == ("Asker (Clerk)", "asker@example.org")


def test_what_a_coordinator_enters_or_vouches_for_is_locked_too(app: Flask) -> None:
    letter = sealed_letter()
    vouched = signed(letter, S.UNVERIFIED)
    moderation.accept_on_evidence(vouched, "They called.", COORDINATOR)
    entered = moderation.add(
        letter,
        AddCommand(make_listing(organisation="By phone"), make_person(), Source.PHONE, "", True),
        COORDINATOR,
    )
    db.session.commit()
    assert clear_columns(vouched) == clear_columns(entered) == []
    assert opened(entered)["name"] == "Sami Example"


def test_one_mail_carries_the_link_and_nothing_finds_the_mailbox_afterwards(app: Flask) -> None:
    signature = signed(sealed_letter(), S.ACCEPTED)
    builders = db.session.scalars(select(Mail.builder).order_by(Mail.id)).all()
    assert [builder.rpartition(".")[2] for builder in builders] == ["confirmation", "confirmed"]
    looking_after.ask_for_links("canary@example.org")
    with pytest.raises(InvalidInput):
        looking_after.send_link(signature, COORDINATOR)
    db.session.commit()
    assert len(db.session.scalars(select(Mail)).all()) == 2
    assert (
        db.session.scalars(
            select(Representative).where(Representative.email_index == blind_index("canary@example.org"))
        ).all()
        == []
    )


def test_the_mail_with_the_link_says_that_it_is_the_last(
    app: Flask, sink: Sink, work: Callable[[], int]
) -> None:
    signed(sealed_letter(), S.ACCEPTED, mailed=True)
    work()
    last = next(
        m for m in sink.to("canary@example.org") if "Please keep this mail" in " ".join(m.text.split())
    )
    assert "Please keep this mail." in " ".join(last.text.split())
    assert "A new one can be had here" not in last.text
    assert last.text.rstrip("\r\n").endswith(last.links[-1])


def test_mails_go_when_nobody_has_to_be_written_to_any_more(app: Flask) -> None:
    letter, plain = sealed_letter(), make_letter()
    signed(letter, S.ACCEPTED)
    make_signature(plain, command=make_command(make_listing(), make_person(email="p@example.org")))
    waiting = make_signature(
        letter, S.UNVERIFIED, make_command(make_listing(organisation="W"), make_person(email="w@example.org"))
    )
    db.session.execute(text("UPDATE mails SET state = 'accepted', finished_at = due_at"))
    db.session.commit()
    assert sealing.forget_mails(clock.now()) == 0
    later = clock.now() + timedelta(hours=7)
    assert sealing.forget_mails(later) == 2
    db.session.commit()
    left = sorted((mail.letter_id, mail.recipient) for mail in db.session.scalars(select(Mail)))
    expected = [(letter.id, "w@example.org"), *[(plain.id, "p@example.org")] * 2]
    assert left == sorted(expected)
    assert waiting.status is S.UNVERIFIED


def test_the_key_is_set_before_opening_only(app: Flask) -> None:
    other = str(pyrage.x25519.Identity.generate().to_public())
    for letter, wanted in ((sealed_letter(), ""), (sealed_letter(), other), (make_letter(), KEY)):
        with pytest.raises(InvalidInput) as refused:
            write(letter, sealed_to=wanted)
        assert refused.value.field == "sealed_to"
        db.session.rollback()
    drafted = make_letter(opened=False, sealed_to=KEY)
    assert write(drafted, sealed_to=other) == ["sealed_to"]
    assert write(drafted) == []
    assert write(drafted, sealed_to="") == ["sealed_to"]
    assert drafted.sealed_to is None
    with pytest.raises(InvalidInput):
        make_letter(sealed_to="age1nonsense")
    db.session.rollback()


def write(letter: Letter, change: Change | None = None, **changes: object) -> list[str]:
    _, changed = write_down(make_draft(slug=letter.slug, **changes), change, COORDINATOR, Circulation.PUBLIC)
    db.session.commit()
    return changed


def test_its_text_is_final_for_nobody_can_be_asked(app: Flask) -> None:
    letter = sealed_letter()
    assert letter.text_rule is TextRule.FINAL
    with pytest.raises(InvalidInput) as refused:
        make_letter(sealed_to=KEY, text_rule=TextRule.REVISABLE)
    assert refused.value.field == "text_rule"
    db.session.rollback()
    further = (ADDRESSEE, AddresseeDraft("B", title="Chair", body="Another body", email="b@example.org"))
    for change in ({"texts": {"en": "Something else."}}, {"addressees": further}):
        with pytest.raises(InvalidInput) as refused:
            write(letter, Change.SUBSTANTIVE, **change)
        assert refused.value.field == "change"
        db.session.rollback()
    assert write(letter, Change.MINOR, texts={"en": "A slip."}) == ["text (version 2)"]


def test_who_corrects_their_own_entry_puts_nothing_in_clear_again(app: Flask) -> None:
    signature = signed(sealed_letter(), S.ACCEPTED)
    corrections.correct_own(
        signature, corrections.OwnCorrection("VOICE", None, "https://example.org", "Somebody", "Clerk")
    )
    db.session.commit()
    assert signature.name == "VOICE"
    assert clear_columns(signature) == []


def test_a_rule_cannot_ask_for_mailboxes_that_nobody_knows(app: Flask) -> None:
    with pytest.raises(InvalidInput) as refused:
        invalidating.propose(sealed_letter(), {"mail_domain": "example.org"}, COORDINATOR)
    assert refused.value.field == "mail_domain"


def test_sheets_have_no_contacts_and_the_archive_has_all_of_them(app: Flask) -> None:
    letter = sealed_letter()
    for status, name in ((S.ACCEPTED, "Voice"), (S.PENDING, "Second"), (S.UNVERIFIED, "Third")):
        signed(letter, status, name)
    rows = [
        dict(zip(exporting.COLUMNS, row, strict=True))
        for row in exporting.rows(letter, Audience.COORDINATORS, "en")
    ]
    assert [row["email"] for row in rows] == ["", "", "canary@example.org"]
    assert len(list(roll.export(letter.id, Audience.COORDINATORS))) == 3
    file = io.BytesIO()
    assert sealing.write_contacts(letter, file, COORDINATOR) == 2
    with zipfile.ZipFile(file) as archive:
        lines = [json.loads(pyrage.decrypt(archive.read(name), [PAIR])) for name in archive.namelist()]
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert [line["organisation"] for line in lines] == ["Voice", "Second"]
    with pytest.raises(Conflict):
        sealing.write_contacts(make_letter(), io.BytesIO(), COORDINATOR)


def test_an_undone_decision_keeps_the_lock(app: Flask) -> None:
    signature = signed(sealed_letter(), S.ACCEPTED)
    moderation.undo(signature, COORDINATOR)
    moderation.reject(signature, "why", COORDINATOR)
    db.session.commit()
    assert clear_columns(signature) == []
    assert opened(signature)["email"] == "canary@example.org"
