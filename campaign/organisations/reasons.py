"""Why two names may be of one organisation, or of two: the sentences that a person is shown."""

from campaign.core.sentences import Sentence

NO_NAME = Sentence("there is no name to compare")
ALL_BUT_CASE = Sentence("the same name, but for case or punctuation")
ALL_BUT_FORM = Sentence("the same but for legal form, articles or a remark in brackets")
OTHER_ORDER = Sentence("the same words in another order")
OTHER_FORMS = Sentence("the same words, in other forms or another language")
SAME_WORDS = Sentence("the same words")
STANDS_WITH = Sentence("one of the names that stand together is the other")
SPACED = Sentence("the same letters, spaced in another way")
NEARLY = Sentence("nearly the same letters")
ONLY_GENERAL = Sentence("only general words in common")
NOTHING = Sentence("nothing in common")
TOO_LITTLE = Sentence("too little in common")
DISGUISED = Sentence("the whole name looks the same, but its letters differ")
OTHER_COUNTRY = Sentence("the same name in another country")
COUNTRIES = Sentence("names alike, in different countries")


def but_for(what: str) -> Sentence:
    """All is shared but these words."""
    return Sentence("the same but for “%(what)s”", what=what)


def but_for_place(what: str) -> Sentence:
    """All is shared but a place."""
    return Sentence("the same but for “%(what)s”, unless it is a chapter", what=what)


def placed(what: str) -> Sentence:
    """Only one of the names has a place."""
    return Sentence("only one is named for %(what)s: a member and its network, or a chapter", what=what)


def other_places(one: str, other: str) -> Sentence:
    """Each has a place or reach of its own."""
    return Sentence("of different places or reach: %(one)s, %(other)s", one=one, other=other)


def other_numbers(one: str, other: str) -> Sentence:
    """Each has a number of its own."""
    return Sentence("of different numbers: %(one)s, %(other)s", one=one, other=other)


def other_people(one: str, other: str) -> Sentence:
    """Each is of people of its own."""
    return Sentence("of different people: %(one)s, %(other)s", one=one, other=other)


def spelled(one: str, other: str) -> Sentence:
    """A slip of the pen apart."""
    return Sentence("close spellings: %(one)s, %(other)s", one=one, other=other)


def sounds(one: str, other: str) -> Sentence:
    """One word in two scripts."""
    return Sentence("the same sounds in two scripts: %(one)s, %(other)s", one=one, other=other)


def short_for(short: str, words: str) -> Sentence:
    """An acronym and the words it may be of."""
    return Sentence("%(short)s can stand for %(long)s", short=short, long=words)


def short_for_all(short: str) -> Sentence:
    """An acronym that may be of the whole other name."""
    return Sentence("%(short)s can stand for the other name", short=short)


def beside(short: str) -> Sentence:
    """An acronym that the other name gives itself."""
    return Sentence("%(short)s stands beside the other name", short=short)


def both_beside(short: str) -> Sentence:
    """An acronym that both names give themselves."""
    return Sentence("both go by %(short)s", short=short)


def looks_like(odd: str, plain: str, letter: str = "") -> Sentence:
    """A word that is made to look like another; `letter` is the first that is not what it seems."""
    if not letter:
        return Sentence("“%(odd)s” looks like “%(plain)s”, but its letters differ", odd=odd, plain=plain)
    return Sentence(
        "“%(odd)s” looks like “%(plain)s”, but not all of its letters are: %(letter)s",
        odd=odd,
        plain=plain,
        letter=letter,
    )


def same_domain(domain: str) -> Sentence:
    """Both have one website, or mailboxes in one place."""
    return Sentence("the same website or mail domain: %(domain)s", domain=domain)
