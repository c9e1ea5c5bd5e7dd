"""Screening a sign-on: which known organisations it may be, or be made to look like. A person decides."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select

from campaign.core.db import db
from campaign.core.parts import in_parts
from campaign.core.websites import is_for_examples, is_free_mail, registrable_domain
from campaign.letters.models import Host
from campaign.organisations.matching import compare, in_light_of, pretence
from campaign.organisations.models import Organisation
from campaign.organisations.queries import differences, known_as, owners
from campaign.organisations.rules import Match, Resemblance, place
from campaign.organisations.screening import Likeness, Names, opened
from campaign.signing.models import Signature
from campaign.signing.rules import LIVE, Flag, SignatureStatus

FOUND_HERE = frozenset({Flag.LOOK_ALIKE, Flag.DUPLICATE})


@dataclass(frozen=True, slots=True)
class Subject:
    """What is asked about: its names, where it stands, domains of its own, and whose it is if we know."""

    names: tuple[str, ...]
    place: str
    domains: frozenset[str] = frozenset()
    organisation_id: int | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A known organisation like the subject, the name it is like, and the signature by which it stands on the
    letter, if it does."""

    organisation_id: int
    name: str
    match: Match
    signature_id: int | None


def subject_of(signature: Signature) -> Subject:
    """What is asked about for a sign-on. Its mailbox counts once it is proven."""
    person = signature.representative
    proven = signature.confirmed_at is not None and person is not None and person.email
    texts = (signature.website, person.email if person is not None and proven else None)
    return Subject(
        tuple(name for name in (signature.name, signature.name_other) if name),
        place(signature.scope, signature.country_code),
        own_domains(texts),
        signature.organisation_id,
    )


def own_domains(texts: Iterable[str | None]) -> frozenset[str]:
    """The registrable domains of websites and mail addresses, but none that gives mailboxes to everybody."""
    domains = {registrable_domain(text) for text in texts if text}
    return frozenset(d for d in domains if d and not is_free_mail(d) and not is_for_examples(d))


def flags_of(signature: Signature) -> set[Flag]:
    """Why a person should look at a sign-on: it looks like a known organisation or a host but is written
    otherwise, or may be one that signed already.
    """
    return flags_of_many(signature.letter_id, [subject_of(signature)])[0]


def look_again(signature: Signature) -> None:
    """Note anew what screening finds, as after a merge, or when a person told two organisations apart."""
    others = set(signature.flags) - FOUND_HERE
    signature.flags = sorted({*others, *flags_of(signature)})


def flags_of_many(letter_id: int, subjects: Sequence[Subject]) -> list[set[Flag]]:
    """The same for many at once, as for the rows of a sheet; in their order."""
    hosts = db.session.scalars(select(Host.name).where(Host.letter_id == letter_id)).all()
    found = candidates_of_many(letter_id, subjects)
    return [flags_among(subject, alike, hosts) for subject, alike in zip(subjects, found, strict=True)]


def flags_among(subject: Subject, alike: Sequence[Candidate], hosts: Sequence[str]) -> set[Flag]:
    """Why a person should look, of what the subject is like and of the letter's hosts."""
    flags = set()
    verdicts = {candidate.match.verdict for candidate in alike}
    pretends = any(pretence(name, host) for name in subject.names for host in hosts)
    if pretends or Resemblance.LOOKALIKE in verdicts:
        flags.add(Flag.LOOK_ALIKE)
    if any(c.signature_id and c.match.verdict is not Resemblance.LOOKALIKE for c in alike):
        flags.add(Flag.DUPLICATE)
    return flags


def candidates(letter_id: int, subject: Subject) -> list[Candidate]:
    """Known organisations like the subject, the likest first; none that a person told apart from it."""
    return candidates_of_many(letter_id, [subject])[0]


def candidates_of_many(letter_id: int, subjects: Sequence[Subject]) -> list[list[Candidate]]:
    """The same for many, in their order, with a few questions to the database for all of them."""
    with opened() as names:
        alike = [_alike(names, subject) for subject in subjects]
    return weighed(letter_id, subjects, alike)


def weighed(
    letter_id: int, subjects: Sequence[Subject], alike: Sequence[Sequence[Likeness]]
) -> list[list[Candidate]]:
    """What is left of known names that are like each subject's, in the light of what the database says."""
    owned = owners({domain for subject in subjects for domain in subject.domains})
    by_domain = [_sharing(subject, owned) for subject in subjects]
    met = {like.organisation_id for found in alike for like in found}.union(*map(set, by_domain))
    own = {s.organisation_id for s in subjects if s.organisation_id is not None}
    world = _World(letter_id, met | own)
    return [world.candidates(*one) for one in zip(subjects, alike, by_domain, strict=True)]


def _alike(names: Names, subject: Subject) -> list[Likeness]:
    return [like for name in subject.names for like in names.alike(name)]


def _sharing(subject: Subject, owned: Mapping[str, set[int]]) -> dict[int, str]:
    """Organisations that one of the subject's domains is of, with the domain."""
    return {id_: domain for domain in sorted(subject.domains) for id_ in owned.get(domain, ())}


class _World:
    """What the database says of the organisations met: who they are now, who stands, who was told apart."""

    def __init__(self, letter_id: int, met: set[int]) -> None:
        self.now = known_as(met)
        roots = set(self.now.values())
        self.organisations = {
            row.id: row
            for some in in_parts(roots)
            for row in db.session.scalars(select(Organisation).where(Organisation.id.in_(some)))
        }
        self.apart = differences(roots)
        self.standing, self.known = _standing(letter_id, roots)

    def candidates(
        self, subject: Subject, alike: Sequence[Likeness], sharing: dict[int, str]
    ) -> list[Candidate]:
        """What is left of those met: no organisation twice, nor itself, nor one that nobody ever accepted."""
        best: dict[int, Candidate] = {}
        shared = {self.now[id_]: domain for id_, domain in sharing.items()}
        likes = [(self.now[like.organisation_id], like.name, like.match) for like in alike]
        for id_ in sorted(shared.keys() - {id_ for id_, _name, _match in likes}):
            known = self.organisations[id_]
            likes += [(id_, known.name, compare(name, known.name)) for name in subject.names[:1]]
        itself = self.now.get(subject.organisation_id) if subject.organisation_id is not None else None
        for id_, name, match in likes:
            if id_ == itself or id_ not in self.known or _pair(id_, itself) in self.apart:
                continue
            organisation = self.organisations[id_]
            places = (subject.place, place(organisation.scope, organisation.country_code))
            seen = in_light_of(match, places, shared.get(id_))
            if seen.flagged and (id_ not in best or seen.order > best[id_].match.order):
                best[id_] = Candidate(id_, name, seen, self.standing.get(id_))
        return sorted(best.values(), key=lambda one: one.match.order, reverse=True)


def _pair(a: int, b: int | None) -> tuple[int, int] | None:
    return None if b is None else (min(a, b), max(a, b))


def _standing(letter_id: int, ids: set[int]) -> tuple[dict[int, int], set[int]]:
    """By which signature each stands on this letter, and which of them matter on any: they stand somewhere,
    or were accepted once. One that was only ever turned down, or is held as a look-alike, is nobody to be
    taken for: it must not hold up the one it pretends to be.
    """
    standing: dict[int, int] = {}
    known: set[int] = set()
    rows = select(
        Signature.organisation_id,
        Signature.letter_id,
        Signature.id,
        Signature.status,
        Signature.accepted_at,
    )
    matter = or_(Signature.status.in_(LIVE), Signature.accepted_at.is_not(None))
    for some in in_parts(ids):
        for organisation_id, on, id_, status, accepted_at in db.session.execute(
            rows.where(Signature.organisation_id.in_(some), matter)
        ):
            if organisation_id is not None:
                if status is not SignatureStatus.HELD or accepted_at is not None:
                    known.add(organisation_id)
                if on == letter_id and status in LIVE:
                    standing[organisation_id] = id_
    return standing, known
