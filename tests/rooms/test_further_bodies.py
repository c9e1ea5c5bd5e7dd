"""A further body on an open letter: who has not agreed to it is neither named nor counted to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from campaign.audit.rules import OPERATOR
from campaign.core.db import db
from campaign.core.errors import InvalidInput
from campaign.desk.findings import finding
from campaign.dispatch import operations, preview, queries
from campaign.dispatch.rules import Check
from campaign.dispatch.writing import Errand
from campaign.editions.compile import document
from campaign.editions.frozen import Frozen, FrozenAddressee, thaw
from campaign.editions.models import Edition
from campaign.editions.redacting import entries_of
from campaign.letters.drafts import AddresseeDraft
from campaign.letters.models import Letter
from campaign.letters.rules import Visibility
from campaign.signing import reconfirming
from campaign.signing.models import Signature
from campaign.signing.versions import bodies_asked
from tests.factories import ADDRESSEE, make_edition, make_letter, make_signature
from tests.rooms.dispatch_kit import addressees
from tests.rooms.text_kit import OTHER, agree, ask, correct, revise
from tests.servers import Sink

PORT = AddresseeDraft(
    "Basim Example", body="Port Office", email="port@example.org", salutation="Dear Mr Example,"
)
BOTH = (ADDRESSEE, PORT)


def with_further_body(**letter: Any) -> tuple[Letter, list[Signature]]:
    """A letter with three signatories that now goes to the Port Office too; the first of them agrees."""
    written = make_letter(**letter)
    signed = [
        make_signature(written, organisation="Agreeing Geese", country_code="BH"),
        make_signature(written, organisation="Silent Owls", country_code="FR"),
        make_signature(written, organisation="Quiet Mice", visibility=Visibility.UNNAMED),
    ]
    revise(written, "It also goes to the Port Office.", addressees=BOTH)
    ask()
    agree(signed[0])
    return written, signed


def freeze(letter: Letter) -> tuple[Edition, Frozen, FrozenAddressee, FrozenAddressee]:
    """The letter frozen: with its first addressee, and the further one."""
    edition = make_edition(letter, sent=queries.last_sent(letter.id))
    frozen = thaw(edition)
    known, further = frozen.addressees
    return edition, frozen, known, further


def printed(frozen: Frozen, addressee: FrozenAddressee | None) -> str:
    """All that the PDF would say."""
    return json.dumps(document(frozen, addressee, "en"), ensure_ascii=False).replace("\xa0", " ")


def names(frozen: Frozen, addressee: FrozenAddressee | None) -> list[str]:
    return [s.name for s in frozen.named_for(addressee)]


def test_only_who_agreed_is_named_and_counted_to_a_further_body(app: Flask) -> None:
    _edition, frozen, known, further = freeze(with_further_body()[0])
    assert names(frozen, further) == ["Agreeing Geese"]
    assert names(frozen, known) == names(frozen, None) == ["Agreeing Geese", "Silent Owls"]
    assert (frozen.figures_for(further).signatories, frozen.figures_for(further).countries) == (1, 1)
    assert frozen.figures_for(known).signatories == frozen.figures_for(None).signatories == 3
    letter = printed(frozen, further)
    assert "We, 1 group from 1 country, ask" in letter
    assert "more is counted" not in letter
    assert "Silent Owls" not in letter
    assert "We, 3 groups from 2 countries, ask" in printed(frozen, known)
    assert "1 more is counted" in printed(frozen, known)


def test_who_signs_afterwards_signs_to_the_further_body_too(app: Flask) -> None:
    letter, _signed = with_further_body()
    make_signature(letter, organisation="Later Larks", country_code="ZA")
    _edition, frozen, _known, further = freeze(letter)
    assert names(frozen, further) == ["Agreeing Geese", "Later Larks"]


def test_where_the_form_said_so_everybody_is_named_to_a_further_body(app: Flask) -> None:
    letter = make_letter(further_bodies=True)
    make_signature(letter, organisation="Silent Owls")
    correct(letter, texts=OTHER, addressees=BOTH)
    assert ask() == 0
    _edition, frozen, _known, further = freeze(letter)
    assert names(frozen, further) == ["Silent Owls"]


def test_a_new_office_holder_of_a_known_body_is_shown_all(app: Flask) -> None:
    known = AddresseeDraft("Chidi Example", title="Head", body="Quay Office", email="chidi@example.org")
    letter = make_letter(addressees=(known,))
    make_signature(letter, organisation="Silent Owls")
    successor = AddresseeDraft("Dana Example", title="Head", body="Quay Office", email="dana@example.org")
    correct(letter, texts=OTHER, addressees=(successor,))
    frozen = thaw(make_edition(letter))
    assert names(frozen, frozen.addressees[0]) == ["Silent Owls"]


def test_before_release_it_is_said_how_many_agreed(app: Flask) -> None:
    letter, _signed = with_further_body()
    edition, *_ = freeze(letter)
    (found,) = [f for f in preview.preview(Errand(edition)).findings if f.check is Check.NOT_AGREED]
    assert (found.count, found.of, found.about, found.stops) == (1, 3, "Basim Example", False)
    assert finding(found).startswith("1 of 3 signatories have agreed that the letter goes to Basim Example")
    plans = {plan.addressee.name: plan.names for plan in preview.preview(Errand(edition)).plans}
    assert plans == {"Amira Example": 2, "Basim Example": 1}


def test_more_who_agree_make_an_edition_outdated(app: Flask) -> None:
    letter, signed = with_further_body()
    edition, *_ = freeze(letter)
    assert Check.OUTDATED not in {f.check for f in preview.preview(Errand(edition)).findings}
    agree(signed[1])
    assert Check.OUTDATED in {f.check for f in preview.preview(Errand(edition)).findings}


def test_an_edition_from_before_never_leaves_for_a_row_that_became_another_body(app: Flask) -> None:
    here = AddresseeDraft(
        "Amira Example", body="Quay Office", email="a@example.org", salutation="Dear Ms Example,"
    )
    there = AddresseeDraft(
        "Amira Example", body="Port Office", email="b@example.org", salutation="Dear Ms Example,"
    )
    letter = make_letter(addressees=(here,))
    make_signature(letter)
    edition = make_edition(letter)
    revise(letter, addressees=(there,))
    shown = preview.preview(Errand(edition))
    assert Check.SEES_LESS in {f.check for f in shown.findings}
    assert shown.stopped


def test_the_mail_and_the_next_list_tell_a_further_body_of_its_own_part(
    app: Flask, sink: Sink, work: Callable[[], int]
) -> None:
    letter, signed = with_further_body()
    edition, *_ = freeze(letter)
    operations.release(edition, OPERATOR, at_once=True, reason="a test")
    work()
    (first,) = sink.to("port@example.org")
    assert "1 group from 1 country" in " ".join(first.text.split())
    assert "Silent Owls" not in first.text
    agree(signed[1])
    make_signature(letter, organisation="Later Larks", country_code="ZA")
    second, frozen, known, further = freeze(letter)
    assert [s.name for s in frozen.new_names(further)] == ["Silent Owls", "Later Larks"]
    assert [s.name for s in frozen.new_names(known)] == ["Later Larks"]
    assert (frozen.more(further), frozen.more(known)) == (2, 1)
    operations.release(second, OPERATOR, at_once=True, reason="more signed")
    work()
    text = " ".join(sink.to("port@example.org")[1].text.split())
    assert "2 more groups, now 3 groups from 3 countries" in text
    assert "Silent Owls" in text
    assert addressees(second)[1].name == "Basim Example"


def test_who_was_erased_from_a_further_bodys_list_leaves_a_gap_in_it(app: Flask) -> None:
    letter, signed = with_further_body()
    edition, *_ = freeze(letter)
    for signature, gaps in ((signed[1], 0), (signed[0], 1)):
        ((_edition, entry, _facts),) = entries_of(letter.id, signature.id)
        entry.payload = entry.salt = None
        db.session.commit()
        frozen = thaw(edition)
        assert frozen.withdrawn_for(frozen.addressees[1]) == gaps
    assert frozen.withdrawn_for(frozen.addressees[0]) == 2


def test_a_list_says_which_version_it_is_of_and_who_has_not_confirmed_it(app: Flask) -> None:
    letter = make_letter()
    signed = [make_signature(letter) for _ in range(3)]
    assert "This is version" not in printed(thaw(make_edition(letter)), None)
    revise(letter)
    ask()
    agree(signed[0])
    frozen = thaw(make_edition(letter))
    said = printed(frozen, frozen.addressees[0])
    assert "This is version 2 of the text, of " in said
    assert "2 of the signatories signed an earlier version and have not confirmed this one yet." in said
    assert frozen.figures.signatories == 3
    for signature in signed[1:]:
        agree(signature)
    assert "have not confirmed" not in printed(thaw(make_edition(letter)), None)


def test_a_yes_by_phone_names_nobody_to_a_body_that_was_not_named(app: Flask) -> None:
    letter, signed = with_further_body()
    silent, quiet = signed[1:]
    with pytest.raises(InvalidInput) as refused:
        reconfirming.note_agreement(silent, "they rang", OPERATOR)
    assert refused.value.field == "bodies"
    db.session.rollback()
    first = letter.text_version_id or 0
    reconfirming.note_agreement(silent, "they rang", OPERATOR, first)
    db.session.commit()
    _edition, frozen, _known, further = freeze(letter)
    assert names(frozen, further) == ["Agreeing Geese", "Silent Owls"]
    known = bodies_asked(letter, [silent, quiet])
    assert known == {quiet.id: ["Port Office"]}
    dock = AddresseeDraft("Chidi Example", body="Dock Office", email="dock@example.org")
    revise(letter, "And to the Dock Office.", addressees=(*BOTH, dock))
    with pytest.raises(InvalidInput):
        reconfirming.note_agreement(silent, "again", OPERATOR, first)  # a page that was shown before


def test_a_yes_by_phone_to_changed_words_goes_no_further_than_they_do(app: Flask) -> None:
    letter = make_letter()
    silent = make_signature(letter, organisation="Silent Owls")
    words_changed = revise(letter, texts=OTHER)
    asked = revise(letter, "It also goes to the Port Office.", texts=OTHER, addressees=BOTH)
    reconfirming.note_agreement(silent, "they rang", OPERATOR)
    db.session.commit()
    assert words_changed.id == silent.agreed_version_id < asked.id
    edition, frozen, known, further = freeze(letter)
    assert (names(frozen, known), names(frozen, further)) == (["Silent Owls"], [])
    assert edition.number == 1
