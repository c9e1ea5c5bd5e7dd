"""Names of organisations: duplicates found, others left alone, impersonation named."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.core.text import fold
from campaign.organisations.acronyms import fits
from campaign.organisations.matching import compare, in_light_of
from campaign.organisations.naming import matched_form
from campaign.organisations.rules import Match, Resemblance
from campaign.organisations.screening import Names
from campaign.organisations.stemming import stem
from campaign.organisations.vocabulary import split

DATA = Path(__file__).parent / "data"
Pair = tuple[str, str, str]


def labelled(file: str) -> dict[str, list[Pair]]:
    """The pairs of a file by their label: kind and both names."""
    found: dict[str, list[Pair]] = defaultdict(list)
    for line in (DATA / file).read_text(encoding="utf-8").split("\n"):
        if line and not line.startswith("#"):
            kind, label, first, second = line.split("\t")
            found[label].append((kind, first, second))
    return found


def judged(pairs: list[Pair]) -> list[tuple[Pair, Match]]:
    """Each pair both ways round."""
    both = [*pairs, *((kind, second, first) for kind, first, second in pairs)]
    return [(pair, compare(pair[1], pair[2])) for pair in both]


@pytest.mark.parametrize(
    ("file", "most_missed", "most_false"),
    [
        ("name_pairs.tsv", 0.02, 0.05),
        ("name_pairs_held_out.tsv", 0.05, 0.15),
        ("name_pairs_fresh.tsv", 0.03, 0.08),
        ("name_pairs_blind.tsv", 0.05, 0.08),
    ],
)
def test_the_figures_on_labelled_pairs(file: str, most_missed: float, most_false: float) -> None:
    """Promise B6; more on the pairs that were tuned to."""
    pairs = labelled(file)
    duplicates, distinct = judged(pairs["duplicate"]), judged(pairs["distinct"])
    missed = [p for p, m in duplicates if m.verdict not in (Resemblance.SAME, Resemblance.SIMILAR)]
    false = [p for p, m in distinct if m.flagged]
    assert len(missed) <= most_missed * len(duplicates), missed
    assert len(false) <= most_false * len(distinct), false


@pytest.mark.parametrize(
    "file", ["name_pairs.tsv", "name_pairs_held_out.tsv", "name_pairs_fresh.tsv", "name_pairs_blind.tsv"]
)
def test_impersonation_is_named(file: str) -> None:
    found = judged(labelled(file)["lookalike"])
    assert len(found) > 30
    assert [pair for pair, match in found if match.verdict is not Resemblance.LOOKALIKE] == []


def test_the_set_is_large_and_of_many_kinds() -> None:
    pairs = labelled("name_pairs.tsv")
    assert sum(map(len, pairs.values())) >= 400
    assert len({kind for listed in pairs.values() for kind, _a, _b in listed}) > 25


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ("THRN", "Tarvel Harm Reduction Network", "can stand for"),
        ("Sauti ya Haki Kenya", "Sauti ya Haki Uganda", "different places"),
        ("Tarvel Harm Reduction Network", "Velmont Harm Reduction Network", "general words"),
        ("Оstrela Foundation", "Ostrela Foundation", "cyrillic capital letter o"),
        ("Rosevvick", "Rosewick", "its letters differ"),
        ("Тихая Гавань", "Tikhaya Gavan", "two scripts"),
        ("Tarvle Harm Reduction", "Tarvel Harm Reduction", "close spellings"),
        ("Ostrela Centre for Human Rights", "Centre Ostrela des droits humains", "another language"),
        ("District 6 Health", "District 9 Health", "different numbers"),
        ("Malunda Women", "Malunda Youth", "different people"),
        ("", "Tarvel", "no name"),
    ],
)
def test_the_reason_is_in_words(first: str, second: str, words: str) -> None:
    assert words in compare(first, second).reason


@pytest.mark.parametrize(
    ("acronym", "words", "can"),
    [
        ("inpud", "international network of people who use drugs", True),
        ("menpud", "meridian network of people who use drugs", True),
        ("cdhy", "comite de derechos humanos de yunguilla", True),
        ("thra", "tarvel harm reduction network", False),
        ("hr", "harm reduction", False),
        ("thrn", "tarvel harm reduction network of the northern coast", False),
    ],
)
def test_acronyms(acronym: str, words: str, can: bool) -> None:
    assert fits(acronym, tuple(words.split())) is can


def test_words_as_they_stand() -> None:
    assert split("L'Aide aux Femmes e.V., O'Connor's & S.A.F.E.") == [
        "Aide",
        "aux",
        "Femmes",
        "eV",
        "OConnors",
        "SAFE",
    ]
    assert stem("Organisations") == stem("organization")
    assert stem("للحقوق") == stem("الحقوق")


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_two_texts_are_judged(first: str, second: str) -> None:
    there, back = compare(first, second), compare(second, first)
    assert 0 <= there.score <= 100
    assert there.reason
    assert there.flagged is back.flagged
    assert compare(first, first).verdict in (Resemblance.SAME, Resemblance.DIFFERENT)


@pytest.mark.parametrize(
    ("places", "flagged"),
    [
        (("KE", "KE"), True),
        (("", "KE"), True),
        (("international", "KE"), False),
        (("UG", "KE"), False),
    ],
)
def test_a_country_more_makes_a_chapter_unless_both_stand_there(
    places: tuple[str, str], flagged: bool
) -> None:
    """A member in one country and its network are two signatories."""
    match = compare("Ostrela Circle", "Ostrela Circle Kenya")
    assert match.apart
    assert "chapter" in match.reason
    assert in_light_of(match, places, None).flagged is flagged


@pytest.mark.parametrize(
    ("first", "second", "flagged"),
    [
        ("LBH Ostrela", "Lembaga Bantuan Hukum Ostrela", True),  # an acronym in a name
        ("DNEW", "Deutsch-Namibische Entwicklungswerkstatt", True),  # letters from inside a compound
        ("Deutsches Forum Drogenreform", "German Forum for Drug Reform", True),  # a compound
        ("มูลนิธิรุ่งอรุณใหม่", "Rung Arun Mai Foundation", True),  # words another script writes in one
        ("Ligue des cordonniers du Mali", "League of Cobblers of Mali", True),  # a word no list has
        ("Ligue des Tarvelais du Mali", "League of Ostrela of Mali", False),  # two names of their own
        ("Observatorio Ciudadano", "Observatorio Cuidadano", True),  # mistyped into another word
        ("Ostrela Kenya National Forum", "Ostrela Kenya Forum", True),
        ("Ostrela Circle, Pacific Office", "Ostrela Circle", True),
        ("Marlow Circle", "Harlow Circle", False),  # people know how a name begins
    ],
)
def test_kinds_of_change(first: str, second: str, flagged: bool) -> None:
    assert compare(first, second).flagged is flagged


def test_a_name_in_its_own_script_is_no_disguise() -> None:
    """One short word of it may look like the other's."""
    assert compare("Қоғамдық қор «Ақ бота»", "Ak Bota Public Foundation").verdict is Resemblance.SAME


def test_what_is_alike_is_found_among_many() -> None:
    """Screening compares only what shares a key with the name: the keys must know the same changes."""
    pairs = [(a, b) for _kind, a, b in labelled("name_pairs_blind.tsv")["duplicate"] if compare(a, b).flagged]
    others = [b for _kind, _a, b in labelled("name_pairs_fresh.tsv")["distinct"]]
    names = Names()
    for at, name in enumerate([b for _a, b in pairs] + others):
        names.put(at, at, name, matched_form(name), fold(name))
    lost = [(a, b) for a, b in pairs if b not in {like.name for like in names.alike(a)}]
    assert len(lost) <= 0.03 * len(pairs), lost
