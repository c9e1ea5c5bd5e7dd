"""Erasing a signatory on both databases: nothing of them is left in any table, and everything else is."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from campaign.audit.models import AuditEntry
from campaign.audit.rules import OPERATOR, SIGNATORY
from campaign.care.access import data_of, data_of_mailbox
from campaign.care.erasure import erase, erase_mailbox
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict, NotFound
from campaign.core.secrets import blind_index
from campaign.letters.models import Letter
from campaign.organisations.models import Organisation
from campaign.outbox.models import Mail
from campaign.outbox.rules import MailState
from campaign.signing import contacts, moderation, queries
from campaign.signing.links import find_link, link_token, make_link
from campaign.signing.models import Consent, Merge, Representative, Sighting, Signature, SignatureLink
from campaign.signing.reconcile import differences
from campaign.signing.rules import ERASED, LinkPurpose, SignatureStatus
from campaign.tally.queries import letter_figures
from tests.factories import (
    COORDINATOR,
    make_command,
    make_letter,
    make_listing,
    make_person,
    make_signature,
    token_of,
)
from tests.rooms.care_kit import (
    ASKER_MAILBOX,
    CANARIES,
    MAILBOX,
    MARK,
    NAME,
    PERSON,
    found_in_tables,
    make_canary,
)
from tests.servers import Sink

S = SignatureStatus
ENDS = {S.UNVERIFIED: S.EXPIRED} | dict.fromkeys((S.PENDING, S.HELD, S.QUERIED, S.ACCEPTED), S.WITHDRAWN)


def erased(signature: Signature) -> Signature:
    """Erased by the signatory and committed."""
    erase(signature, SIGNATORY)
    db.session.commit()
    return signature


def figure(letter: Letter) -> int:
    """The public figure, which is what the list says."""
    assert differences(letter.id) == {}
    return letter_figures(letter.id).signatories


@pytest.mark.parametrize("status", list(S))
def test_nothing_is_left_whatever_the_status(app: Flask, status: SignatureStatus) -> None:
    letter = make_letter()
    make_signature(letter)
    signature = make_canary(letter, status)
    assert len(found_in_tables([*CANARIES, MARK])) >= 10
    erased(signature)
    assert found_in_tables([*CANARIES, MARK, blind_index(MAILBOX), blind_index(ASKER_MAILBOX)]) == []
    assert (signature.status, signature.name) == (ENDS.get(status, status), ERASED)
    assert signature.erased_at is not None
    assert figure(letter) == 1


def test_an_erased_signatory_no_longer_stands(app: Flask) -> None:
    letter = make_letter()
    signature = make_canary(letter)
    assert figure(letter) == 1
    erased(signature)
    assert figure(letter) == 0
    acts = db.session.scalars(
        select(AuditEntry.action).where(AuditEntry.subject_id == signature.id).order_by(AuditEntry.id)
    ).all()
    assert acts[-2:] == ["signature.withdrawn", "signature.erased"]


# What an erased row still says: that there was a signature of this letter, how it ended, and when.
KEPT = {
    "id",
    "letter_id",
    "text_version_id",
    "agreed_version_id",
    "status",
    "name",
    "typed_name",
    "scope",
    "visibility",
    "language",
    "source",
    "evidence",
    "shown_at",
    "signed_at",
    "confirmed_at",
    "decided_at",
    "accepted_at",
    "withdrawn_at",
    "reminded_at",
    "last_reminded_at",
    "erased_at",
}


def test_each_column_is_emptied_or_kept_on_purpose(app: Flask) -> None:
    """A new column of signatures belongs into KEPT, or `care.rows.empty` has to empty it."""
    signature = make_canary(make_letter())
    columns = Signature.__table__.columns.keys()
    for column in columns:
        if column not in KEPT and getattr(signature, column) in (None, []):
            setattr(signature, column, FILLED.get(column))
    db.session.commit()
    erased(signature)
    left = {column for column in columns if column not in KEPT and getattr(signature, column)}
    assert left == set()
    assert (signature.name, signature.typed_name) == (ERASED, ERASED)


FILLED = {
    "flags": ["duplicate"],
    "decision": "a" * 32,
    "import_line": 7,
    "wishes": {"name": NAME},
}


def test_each_column_is_told(app: Flask) -> None:
    """A new column about a signatory belongs into `care.access`, unless it is ours alone."""
    signature = make_canary(make_letter())
    told = data_of(signature)["signature"]
    assert isinstance(told, dict)
    ours = {
        "letter_id",  # told as the letter
        "organisation_id",  # what is known of it, others told us
        "text_version_id",
        "agreed_version_id",
        "host_id",  # these three by name or number
        "superseded_by_id",  # another's row
        "import_id",
        "previous",
        "row_key",
        "decision",
        "form_nonce",  # ours: no more than what is told already
    }
    assert set(Signature.__table__.columns.keys()) - set(told) == ours


def test_erasing_again_changes_nothing(app: Flask) -> None:
    signature = erased(make_canary(make_letter()))
    when, acts = signature.erased_at, db.session.scalar(select(func.count(AuditEntry.id)))
    erased(signature)
    assert (signature.erased_at, db.session.scalar(select(func.count(AuditEntry.id)))) == (when, acts)


@pytest.mark.parametrize("status", [S.REJECTED, S.INVALIDATED, S.SUPERSEDED])
def test_what_was_decided_before_cannot_be_undone(app: Flask, status: SignatureStatus) -> None:
    signature = erased(make_canary(make_letter(), status))
    with pytest.raises(Conflict):
        moderation.undo(signature, COORDINATOR)


def test_mailed_links_are_unknown(app: Flask) -> None:
    signature = make_canary(make_letter())
    confirmed, link = token_of(signature), make_link(signature, LinkPurpose.MANAGE)
    mailed = link_token(link)
    assert find_link(mailed, LinkPurpose.MANAGE) is link
    erased(signature)
    with pytest.raises(NotFound):
        find_link(mailed, LinkPurpose.MANAGE)
    with pytest.raises(NotFound):
        queries.confirmation(confirmed)
    assert all(row.revoked_at for row in db.session.scalars(select(SignatureLink)))


def test_that_there_was_a_yes_stays_without_its_words(app: Flask) -> None:
    signature = make_canary(make_letter())
    erased(signature)
    kept = db.session.scalars(select(Consent)).all()
    assert len(kept) == 2
    assert all((row.wording, row.readers) == ("", []) for row in kept)
    assert all(row.withdrawn_at and row.given_at and row.language == "en" for row in kept)


def test_mails_go_with_their_tries_and_none_leaves_any_more(app: Flask) -> None:
    letter = make_letter()
    signature = make_canary(letter, S.UNVERIFIED)
    other = make_signature(letter, S.UNVERIFIED)
    erased(signature)
    (left,) = db.session.scalars(select(Mail)).all()
    assert other.representative is not None
    assert (left.recipient, left.state) == (other.representative.email, MailState.QUEUED)


def test_a_mailbox_that_stands_behind_another_sign_on_keeps_its_mails(app: Flask) -> None:
    letter = make_letter()
    commands = (make_command(person=make_person(email=MAILBOX)) for _ in range(2))
    first, second = (make_signature(letter, command=command) for command in commands)
    before = db.session.scalar(select(func.count(Mail.id)))
    erased(first)
    assert db.session.scalar(select(func.count(Mail.id))) == before
    assert second.representative is not None and second.representative.email == MAILBOX
    erased(second)
    assert db.session.scalar(select(func.count(Mail.id))) == 0


def test_of_two_sign_ons_of_a_mailbox_the_other_is_still_asked_to_confirm(
    app: Flask, sink: Sink, work: Callable[[], int]
) -> None:
    letter = make_letter()
    person = make_person(email=MAILBOX)
    names = (NAME, "Lantern Keepers")
    first, second = (
        make_signature(letter, S.UNVERIFIED, make_command(make_listing(organisation=name), person))
        for name in names
    )
    erased(first)
    work()
    told = "".join(mail.text for mail in sink.to(MAILBOX))
    assert second.name in told and NAME not in told and ERASED not in told


def test_an_organisation_stays_for_its_other_sign_ons(app: Flask) -> None:
    signature = make_canary(make_letter())
    second = make_signature(make_letter(), organisation=NAME)
    known = signature.organisation_id
    assert second.organisation_id == known
    erased(signature)
    assert db.session.get(Organisation, known) is not None
    erased(second)
    assert db.session.get(Organisation, known) is None
    assert found_in_tables([NAME]) == []


def test_merged_organisations_go_together(app: Flask) -> None:
    letter = make_letter()
    kept, moved, stranger = make_canary(letter), make_signature(letter), make_signature(letter)
    assert kept.organisation is not None and moved.organisation is not None
    moved.organisation.merged_into_id = kept.organisation_id
    merge = Merge(
        letter_id=letter.id,
        kept_id=kept.organisation_id,
        gone_id=moved.organisation_id,
        moved=[[moved.id, "superseded"]],
        merged_at=clock.now(),
    )
    db.session.add(merge)
    moved.status, moved.superseded_by_id = S.SUPERSEDED, kept.id
    db.session.flush()
    erased(kept)
    # The other row was signed by somebody else: it stays, and so does what the merge knows.
    assert (moved.erased_at, moved.superseded_by_id) == (None, None)
    assert db.session.scalar(select(func.count(Organisation.id))) == 3
    erased(moved)
    assert db.session.scalars(select(Organisation)).all() == [stranger.organisation]
    assert db.session.scalar(select(func.count(Merge.id))) == 0


def test_what_the_same_mailbox_signed_once_more_goes_too(app: Flask) -> None:
    letter = make_letter()
    signature = make_canary(letter)
    command = make_command(make_listing(organisation=NAME), make_person(email=MAILBOX))
    again = make_signature(letter, S.UNVERIFIED, command)
    contacts.join(again, signature)
    db.session.flush()
    erased(signature)
    assert again.erased_at is not None
    assert found_in_tables([NAME]) == []
    assert db.session.scalar(select(func.count(Representative.id))) == 0


def test_a_colleague_is_erased_by_nobody_else_and_can_take_the_place(app: Flask) -> None:
    """Whoever signed in the organisation's name first must not take along who may sign for it."""
    letter = make_letter()
    first, colleague = (make_signature(letter, S.PENDING, organisation=NAME) for _ in range(2))
    assert contacts.further_contacts(letter.id, [first.id]) == {first.id: [colleague]}
    erased(first)
    assert (colleague.erased_at, contacts.told_status(colleague)) == (None, S.PENDING)
    assert colleague.representative is not None
    assert contacts.left_alone(letter.id) == [colleague]
    moderation.undo(colleague, COORDINATOR)
    moderation.accept(colleague, COORDINATOR)
    db.session.commit()
    assert (contacts.left_alone(letter.id), figure(letter)) == ([], 1)


def test_a_mailbox_is_erased_from_all_letters(app: Flask) -> None:
    signatures = [make_canary(make_letter()), make_canary(make_letter(), organisation="Another Quokka Club")]
    stranger = make_signature(make_letter())
    assert erase_mailbox(f" {MAILBOX.upper()} ", OPERATOR) == 2
    db.session.commit()
    assert all(row.erased_at for row in signatures)
    assert stranger.erased_at is None
    assert found_in_tables([MARK]) == []
    assert db.session.scalar(select(func.count(Sighting.id))) == 0
    assert erase_mailbox(MAILBOX, OPERATOR) == 0


def test_who_asked_is_forgotten_and_the_sign_on_stays(app: Flask) -> None:
    signature = make_canary(make_letter())
    assert erase_mailbox(ASKER_MAILBOX, OPERATOR) == 1
    db.session.commit()
    assert (signature.erased_at, signature.status) == (None, S.ACCEPTED)
    assert found_in_tables([ASKER_MAILBOX, blind_index(ASKER_MAILBOX), "Ottoline"]) == []
    assert found_in_tables([PERSON]) != []


def test_the_record_of_an_erasure_names_nobody(app: Flask) -> None:
    erased(make_canary(make_letter()))
    erase_mailbox(MAILBOX, OPERATOR)
    told = json.dumps([row.details for row in db.session.scalars(select(AuditEntry))])
    assert MARK not in told.casefold() and blind_index(MAILBOX) not in told


def test_everything_kept_is_told_to_the_signatory(app: Flask) -> None:
    signature = make_canary(make_letter())
    told = json.dumps(data_of(signature), ensure_ascii=False)
    assert all(word in told for word in CANARIES if word != ASKER_MAILBOX)
    facts = data_of(signature)
    assert [row["purpose"] for row in facts["consents"]] == ["attestation", "consent"]  # type: ignore[attr-defined]
    assert [row["kind"] for row in facts["mails"]] == ["confirmation", "confirmed"]  # type: ignore[attr-defined]
    assert [row["act"] for row in facts["acts"]] == [  # type: ignore[attr-defined]
        "signature.signed",
        "signature.pending",
        "signature.accepted",
    ]


def test_nothing_of_anybody_else_is_told(app: Flask) -> None:
    letter = make_letter()
    signature = make_canary(letter)
    neighbour = make_signature(letter, organisation=f"{NAME} of the Coast")
    colleague = make_signature(make_letter(), organisation=NAME)
    told = json.dumps(data_of(signature), ensure_ascii=False)
    for other in (neighbour, colleague):
        person = other.representative
        assert person is not None and person.email is not None
        assert person.email not in told
    assert neighbour.name not in told
    assert ASKER_MAILBOX not in told
    assert token_of(signature) not in told


def test_a_mailbox_is_told_all_that_is_its_own(app: Flask) -> None:
    signature = make_canary(make_letter())
    facts = data_of_mailbox(MAILBOX)
    assert facts["signatures"] == [data_of(signature)]
    assert facts["asked_for"] == []
    asked = data_of_mailbox(ASKER_MAILBOX)
    assert asked["signatures"] == []
    told = json.dumps(asked, ensure_ascii=False)
    assert ASKER_MAILBOX in told and PERSON not in told and MAILBOX not in told
    assert json.dumps(data_of_mailbox("nobody@example.org")).count("[]") == 4


def test_of_an_erased_signatory_little_is_told(app: Flask) -> None:
    signature = erased(make_canary(make_letter()))
    facts = data_of(signature)
    assert (facts["representative"], facts["mails"]) == (None, [])
