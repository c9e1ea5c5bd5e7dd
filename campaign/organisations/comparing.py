"""What follows from what two readings of names share, and from what each has alone."""

from rapidfuzz import fuzz

from campaign.organisations import acronyms, reasons
from campaign.organisations.aligning import Alignment, align
from campaign.organisations.reading import CONTENT, WHERE, Reading
from campaign.organisations.rules import Match, Resemblance
from campaign.organisations.vocabulary import Kind

# Shares of what two names tell together, found on the pairs in tests/rules/data.
ENOUGH_WITHIN = 0.45
ENOUGH_WITH_MORE = 0.6
ENOUGH_WITH_PEOPLE = 0.65
ENOUGH_WITH_CLASH = 0.79
ENOUGH_IF_FOREIGN = 0.60
ENOUGH_WITH_PLACE = 0.78
ENOUGH_IN_ONE_PIECE = 90.0
OFFICES = frozenset({"form:chapter", "form:headquarters", "form:secretariat", "form:office"})
AS_GOOD_AS_LEGAL = OFFICES | {"form:foundation"}
A_BODY = frozenset({Kind.WEAK, Kind.FORM})


def judge(a: Reading, b: Reading, foreign: bool) -> Match:
    """What two readings are to each other; `foreign` when they seem to be of two languages."""
    found = align(a, b, foreign)
    if not found.here and not found.there:
        return _all_shared(a, b, found)
    score = round(100 * found.share)
    clash = _clash(found)
    if clash:
        return Match(Resemblance.DIFFERENT, min(score, 60), clash, apart=found.share > 0.5)
    if a.compact == b.compact and len(a.compact) > 5:
        return Match(Resemblance.SAME, 97, reasons.SPACED)
    place = _placed_once(found)
    if place and _within(found):
        return Match(
            Resemblance.SIMILAR,
            70,
            reasons.but_for_place(place),
            apart=True,
        )
    if place:
        reason = reasons.placed(place)
        return Match(Resemblance.DIFFERENT, min(score, 60), reason, apart=found.share > 0.5)
    if _enough(found) or _one_word(a, b, found):
        return Match(Resemblance.SIMILAR, min(max(score, 70), 95), _words_for(found))
    if _in_one_piece(a, b, found):
        return Match(Resemblance.SIMILAR, 75, reasons.NEARLY)
    common = reasons.ONLY_GENERAL if found.shared else reasons.NOTHING
    told = reasons.TOO_LITTLE if found.own else common
    return Match(Resemblance.DIFFERENT, min(score, 60), told)


def _all_shared(a: Reading, b: Reading, found: Alignment) -> Match:
    if a.part and b.part and not found.has(*CONTENT):
        return Match(Resemblance.DIFFERENT, 40, reasons.ONLY_GENERAL)
    written = {w.text for w in a.telling} != {w.text for w in b.telling}
    named = found.has(Kind.OWN, Kind.IMAGE) or (found.contents > 1 and not written)
    if (a.part or b.part) and not named and len(found.shared) < 3:
        return Match(Resemblance.DIFFERENT, 50, reasons.ONLY_GENERAL)
    if found.slips:
        return Match(Resemblance.SIMILAR, 94 - 2 * len(found.slips), _slips(found))
    if a.part or b.part:
        return Match(Resemblance.SAME, 95, reasons.STANDS_WITH)
    order = [w.concept for w in a.telling] != [w.concept for w in b.telling]
    if written:
        return Match(Resemblance.SAME, 92, reasons.OTHER_FORMS)
    if order:
        return Match(Resemblance.SAME, 96, reasons.OTHER_ORDER)
    return Match(Resemblance.SAME, 98, reasons.ALL_BUT_FORM if _one_script(a, b) else reasons.OTHER_FORMS)


def _one_script(a: Reading, b: Reading) -> bool:
    return {w.latin for w in a.telling} == {w.latin for w in b.telling}


def _clash(found: Alignment) -> str:
    """Why two names cannot be of one organisation, however much they share; empty when they can."""
    alone = (found.here, found.there)
    where = [[w for w in words if w.kind in WHERE] for words in alone]
    if all(where):
        return reasons.other_places(where[0][0].raw, where[1][0].raw)
    numbers = [[w for w in words if w.text.isdigit()] for words in alone]
    if all(numbers):
        return reasons.other_numbers(numbers[0][0].raw, numbers[1][0].raw)
    who = [[w for w in words if w.kind is Kind.WHO] for words in alone]
    if all(who):
        return reasons.other_people(who[0][0].raw, who[1][0].raw)
    reach = [w for w in where[0] + where[1] if w.kind is Kind.SCOPE and not w.soft]
    if reach and reach[0].concept == "scope:national" and found.has(Kind.PLACE):
        return ""  # "Kenya National", "Kenya"
    if reach and not _translated(found, 0 if where[0] else 1) and not _an_office(found):
        return reasons.placed(reach[0].raw)
    return ""


def _an_office(found: Alignment) -> bool:
    """Whether what only one has is the office of the other somewhere."""
    return any(w.concept in OFFICES for alone in found.hard for w in alone)


def _translated(found: Alignment, placed: int) -> bool:
    """Whether a place that one name has may stand in the other in a form we do not know."""
    return found.foreign and any(w.kind is Kind.OWN for w in found.hard[1 - placed])


def _placed_once(found: Alignment) -> str:
    """The place that only one of two names has; empty when there is none, or none that counts."""
    for side, words in enumerate(found.hard):
        places = [w.raw for w in words if w.kind in WHERE and w.concept != "scope:national"]
        if places and not _translated(found, side):
            return places[0]
    return ""


def _within(found: Alignment) -> bool:
    """Whether one name is the other and a place, and more than everyday words."""
    rest = {w.kind for alone in found.hard for w in alone if w.kind not in WHERE}
    pictured = found.has(Kind.IMAGE) and len(found.shared) > 1
    return rest <= A_BODY and (found.own or pictured or (found.has(*CONTENT) and found.told > 2))


def _enough(found: Alignment) -> bool:
    """Whether what is shared outweighs what is not."""
    kinds = [{w.kind for w in alone if w.weight >= 0.5} for alone in found.hard]
    if found.foreign and _enough_in_translation(found, kinds):
        return True
    if found.own:
        surely = any(w.kind is Kind.OWN for w in found.shared) or not found.slips or found.foreign
        return found.share >= _needed(kinds, found.foreign) + (0 if surely else 0.15)
    adds = kinds[0] | kinds[1]
    pictured = found.has(Kind.IMAGE) and len(found.shared) > 1
    if not adds:
        return found.told > 1 or pictured
    if all(kinds):
        return False
    if pictured and adds <= {Kind.FORM, Kind.TOPIC}:
        return found.share >= ENOUGH_WITHIN
    if all(w.concept in AS_GOOD_AS_LEGAL for alone in found.hard for w in alone if w.weight >= 0.5):
        return found.told > 1
    return found.has(Kind.PLACE) and found.told > 2 and found.share >= ENOUGH_WITH_PLACE


def _enough_in_translation(found: Alignment, kinds: list[set[Kind]]) -> bool:
    """Two languages exchange words for what kind of body it is; but what one is about, the other is about."""
    forms = all(kinds) and all(of <= {Kind.FORM} for of in kinds)
    if forms and (found.own or (found.has(Kind.PLACE) and found.has(*CONTENT))):
        return True
    known = [{kind for kind in of if kind in CONTENT and kind is not Kind.OWN} for of in kinds]
    if all(known):
        return False
    if found.told > 2 and found.has(*CONTENT) and found.share >= ENOUGH_WITH_PLACE:
        return True
    told = found.contents > 1 or (found.has(Kind.PLACE) and found.told > 1)
    return told and found.told > 1 and found.share >= ENOUGH_IF_FOREIGN


def _needed(kinds: list[set[Kind]], foreign: bool) -> float:
    """How much must be shared beside a name of their own.

    Little where all of one name is in the other, which adds only what it does; more where it adds a name or
    people; most where both have something else to tell, unless it may be the same in another language.
    """
    if all(kinds):
        return ENOUGH_IF_FOREIGN if foreign else ENOUGH_WITH_CLASH
    adds = kinds[0] | kinds[1]
    if Kind.WHO in adds:
        return ENOUGH_WITH_PEOPLE
    return ENOUGH_WITH_MORE if Kind.OWN in adds else ENOUGH_WITHIN


def _one_word(a: Reading, b: Reading, found: Alignment) -> bool:
    """Whether one name is a single word, though an everyday one, with which the other begins or all but ends
    for a word of what kind of body it is: "Transform", "Transform Drug Policy Foundation".
    """
    short, long = (a, b) if len(a.telling) == 1 else (b, a)
    if len(short.telling) != 1 or not found.shared or found.shared[0].kind not in CONTENT:
        return False
    more = [w for w in long.telling if w.concept != short.telling[0].concept]
    return all(w.kind in A_BODY for w in more) or (
        long.telling[0].text == short.telling[0].text
        and not long.part
        and Kind.WHO not in {w.kind for w in more}
    )


def _in_one_piece(a: Reading, b: Reading, found: Alignment) -> bool:
    known = [w for w in found.here + found.there if w.kind is not Kind.OWN and w.weight >= 0.5]
    respaced = len(found.here) != len(found.there) and min(len(a.compact), len(b.compact)) > 7
    return respaced and not known and fuzz.ratio(a.compact, b.compact) >= ENOUGH_IN_ONE_PIECE


def _words_for(found: Alignment) -> str:
    if found.slips:
        return _slips(found)
    alone = [w.raw for w in found.here + found.there if w.weight >= 0.2]
    return reasons.but_for(" ".join(alone)) if alone else reasons.SAME_WORDS


def _slips(found: Alignment) -> str:
    one, other = found.slips[0]
    short, long = sorted((one.raw, other.raw), key=len)
    if " " in long and acronyms.looks_like_one(short):
        return reasons.short_for(short, long)
    if one.latin == other.latin:
        return reasons.spelled(one.raw, other.raw)
    return reasons.sounds(one.raw, other.raw)


def by_acronym(a: Reading, b: Reading) -> Match | None:
    """When one reading is an acronym, with a place or without: whether it can be made of the other."""
    for short, long in ((a, b), (b, a)):
        core = [w for w in short.telling if w.kind not in WHERE]
        if len(core) != 1 or not _may_be_acronym(core[0].raw):
            continue
        spelled = acronyms.ascii_key(core[0].raw)
        places = {w.concept for w in short.telling if w.kind in WHERE}
        if places and places != {w.concept for w in long.telling if w.kind in WHERE}:
            continue
        words = Reading(tuple(w for w in long.words if w.concept not in places)).plain
        if acronyms.fits(spelled, words):
            return Match(Resemblance.SIMILAR, 86, reasons.short_for_all(core[0].raw))
    return None


def _may_be_acronym(raw: str) -> bool:
    return acronyms.looks_like_one(raw) or (3 <= len(raw) <= 6 and raw.isalpha())
