"""Figures: totals and pending changes add up at any moment, and folding loses nothing."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from sqlalchemy import func, select

from campaign.core.db import db
from campaign.letters.rules import Visibility
from campaign.organisations.rules import Scope
from campaign.tally import tasks
from campaign.tally.models import Delta, Total
from campaign.tally.operations import move, repair, shift
from campaign.tally.queries import cells, figures_of, letter_figures
from campaign.tally.rules import Cell, cell
from campaign.tally.wording import headings, headline
from tests.factories import make_letter
from tests.threads import together

BAHRAIN = cell("BH", Scope.NATIONAL, Visibility.PUBLIC)
FRANCE = cell("FR", Scope.NATIONAL, Visibility.PUBLIC)
NETWORK = cell("FR", Scope.REGIONAL, Visibility.PUBLIC)


def pending() -> int:
    """Changes not folded yet."""
    return db.session.scalar(select(func.count()).select_from(Delta)) or 0


def test_folding_changes_no_figure(app: Flask) -> None:
    letter = make_letter()
    for where, change in ((BAHRAIN, 1), (BAHRAIN, 1), (FRANCE, 1), (NETWORK, 1), (FRANCE, -1)):
        shift(letter.id, where, change)
    db.session.commit()
    before = cells(letter.id)
    assert before == {BAHRAIN: 2, NETWORK: 1}
    assert tasks.fold() > 0
    assert (cells(letter.id), pending(), tasks.fold()) == (before, 0, 0)
    shift(letter.id, BAHRAIN, 1)
    db.session.commit()
    assert cells(letter.id)[BAHRAIN] == 3
    tasks.fold()
    folded = select(Total.signatures).where(Total.letter_id == letter.id, Total.country_code == "BH")
    assert db.session.scalar(folded) == 3


def test_moving_between_cells(app: Flask) -> None:
    letter = make_letter()
    move(letter.id, None, BAHRAIN)
    move(letter.id, BAHRAIN, BAHRAIN)
    assert pending() == 1
    move(letter.id, BAHRAIN, FRANCE)
    assert cells(letter.id) == {FRANCE: 1}
    move(letter.id, FRANCE, None)
    assert cells(letter.id) == {}


def test_letters_do_not_mix(app: Flask) -> None:
    first, second = make_letter(), make_letter()
    shift(first.id, BAHRAIN, 2)
    shift(second.id, FRANCE, 1)
    db.session.commit()
    tasks.fold()
    shown = figures_of([first.id, second.id, 0])
    assert [shown[i].signatories for i in (first.id, second.id, 0)] == [2, 1, 0]


def test_folding_while_others_count_loses_nothing(app: Flask) -> None:
    letter_id = make_letter().id

    def count(where: Cell) -> Callable[[], int]:
        def twenty_times() -> int:
            for _ in range(20):
                shift(letter_id, where, 1)
                db.session.commit()
            return 20

        return twenty_times

    def fold() -> int:
        folded = 0
        for _ in range(20):
            folded += tasks.fold()
            assert 0 <= letter_figures(letter_id).signatories <= 60
            db.session.commit()
        return folded

    outcomes = together(app, [count(BAHRAIN), count(FRANCE), count(BAHRAIN), fold, fold])
    assert all(isinstance(outcome, int) for outcome in outcomes), outcomes
    assert cells(letter_id) == {BAHRAIN: 40, FRANCE: 20}
    tasks.fold()
    assert (cells(letter_id), pending()) == ({BAHRAIN: 40, FRANCE: 20}, 0)


def test_a_figure_never_goes_backwards_while_it_is_folded(app: Flask) -> None:
    letter_id = make_letter().id

    def count() -> int:
        for _ in range(30):
            shift(letter_id, BAHRAIN, 1)
            db.session.commit()
            tasks.fold()
        return 0

    def watch() -> int:
        seen = 0
        for _ in range(60):
            figure = letter_figures(letter_id).signatories
            db.session.commit()
            assert figure >= seen
            seen = figure
        return 0

    outcomes = together(app, [count, watch])
    assert outcomes == [0, 0]


def test_repairing_says_what_differed(app: Flask) -> None:
    letter = make_letter()
    shift(letter.id, BAHRAIN, 3)
    shift(letter.id, FRANCE, 1)
    assert repair(letter.id, {BAHRAIN: 1, FRANCE: 1, NETWORK: 2}) == {BAHRAIN: (3, 1), NETWORK: (0, 2)}
    assert cells(letter.id) == {BAHRAIN: 1, FRANCE: 1, NETWORK: 2}


def test_the_headline_in_words(app: Flask) -> None:
    letter = make_letter()
    assert headline(letter_figures(letter.id), "groups") == "0 groups"
    shift(letter.id, BAHRAIN, 1)
    assert headline(letter_figures(letter.id), "NGOs") == "1 NGO from 1 country"
    shift(letter.id, FRANCE, 2)
    assert headline(letter_figures(letter.id), "organisations") == "3 organisations from 2 countries"
    assert headline(letter_figures(letter.id), "unions") == "3 unions from 2 countries"
    assert set(headings()) == {"regional", "international", ""}
