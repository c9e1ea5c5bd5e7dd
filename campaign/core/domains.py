"""Whether mail servers elsewhere have reason to take our mail: SPF, DKIM and DMARC of the sending domain."""

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from flask import current_app

from campaign.core import clock
from campaign.core.resolver import Lookup, NoAnswer

WHOLE_SECONDS, QUESTION_SECONDS = 3.0, 1.5
KEPT_FOR = timedelta(minutes=10)
MOST_LOOKUPS = 10  # RFC 7208 section 4.6.4
LONGEST_WALK = 7  # labels of the first name above a very long one (the tree walk of DMARC's revision)
# RFC 2606, RFC 6761, RFC 6762: nobody publishes records there, so nobody is asked.
RESERVED = re.compile(r"(.*\.)?(example(\.(org|com|net))?|test|invalid|localhost|local)")
_ASKING = re.compile(r"(include|exists|a|mx|ptr)([:/].*)?|redirect=.*")
_DMARC = re.compile(r"v\s*=\s*DMARC1\s*(;|$)")


class Kind(StrEnum):
    """What was looked at."""

    SPF = "spf"
    DKIM = "dkim"
    DMARC = "dmarc"


class Verdict(StrEnum):
    """What it means for our mail."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    NOT_CHECKED = "not checked"


class Reason(StrEnum):
    """What was found, as a code; the sentences are the doors'."""

    NO_ANSWER = "no answer"
    RESERVED = "reserved name"
    NO_SELECTOR = "no selector"
    SPF_FOUND = "spf found"
    SPF_MISSING = "spf missing"
    SPF_SEVERAL = "several spf records"
    SPF_ANYONE = "spf allows anyone"
    SPF_UNDECIDED = "spf forbids nobody"
    SPF_LOOKUPS = "too many spf lookups"
    DKIM_FOUND = "dkim key found"
    DKIM_MISSING = "dkim key missing"
    DKIM_REVOKED = "dkim key revoked"
    DKIM_TESTED = "dkim key in test mode"
    DMARC_REJECT = "dmarc rejects"
    DMARC_QUARANTINE = "dmarc quarantines"
    DMARC_WATCHES = "dmarc asks for nothing"
    DMARC_MISSING = "dmarc missing"
    DMARC_SEVERAL = "several dmarc records"
    DMARC_UNREADABLE = "dmarc policy unreadable"
    NOT_ALIGNED = "spf not aligned"


_POLICIES = {
    "reject": (Verdict.GOOD, Reason.DMARC_REJECT),
    "quarantine": (Verdict.GOOD, Reason.DMARC_QUARANTINE),
    "none": (Verdict.WARN, Reason.DMARC_WATCHES),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found; `detail` is the name in the domain name system that it is about."""

    kind: Kind
    verdict: Verdict
    reason: Reason
    detail: str


_kept: dict[tuple[object, ...], tuple[datetime, list[Finding]]] = {}


def check(
    sender: str, envelope_sender: str, selectors: Sequence[str], lookup: Lookup | None = None
) -> list[Finding]:
    """What is published for mail from address `sender`, sent under address `envelope_sender`.

    SPF first, then DKIM (one finding per selector), then DMARC. `lookup` answers instead of the app's
    resolver. Takes at most three seconds, and what was found is kept for ten minutes; what nobody answers is
    "not checked". Never raises for anything that is published or missing.
    """
    domain, envelope = _domain(sender), _domain(envelope_sender)
    lookup = lookup or current_app.extensions["resolver"]
    key = (lookup, domain, envelope, *selectors)
    made, findings = _kept.get(key, (None, []))
    if made is None or clock.now() - made >= KEPT_FOR:
        findings = _findings(_Questions(lookup), domain, envelope, selectors)
        _kept[key] = (clock.now(), findings)
    return list(findings)


class _Questions:
    """What one check asks: within its time, and nothing more once an answer has failed to come."""

    def __init__(self, lookup: Lookup | None) -> None:
        self.lookup = lookup
        self.until = time.monotonic() + WHOLE_SECONDS

    def texts(self, name: str) -> list[str]:
        """The texts at a name. Raises NoAnswer."""
        left = self.until - time.monotonic()
        if self.lookup is None or left <= 0:
            raise NoAnswer(name)
        try:
            return [text.strip() for text in self.lookup(name, min(left, QUESTION_SECONDS))]
        except NoAnswer:
            self.lookup = None
            raise


@dataclass(frozen=True, slots=True)
class _Policy:
    """A DMARC record: the domain it stands at, and its tags."""

    domain: str
    tags: dict[str, str]


def _findings(questions: _Questions, domain: str, envelope: str, selectors: Sequence[str]) -> list[Finding]:
    spf = _spf(questions, envelope)
    dkim = [_dkim(questions, f"{selector}._domainkey.{domain}", domain) for selector in selectors]
    dkim = dkim or [Finding(Kind.DKIM, Verdict.NOT_CHECKED, Reason.NO_SELECTOR, domain)]
    return [spf, *dkim, *_dmarc(questions, domain, envelope, {key.verdict for key in dkim})]


def _spf(questions: _Questions, domain: str) -> Finding:
    """RFC 7208, as far as it can be seen in the domain's own record."""

    def found(verdict: Verdict, reason: Reason) -> Finding:
        return Finding(Kind.SPF, verdict, reason, domain)

    if _reserved(domain):
        return found(Verdict.NOT_CHECKED, Reason.RESERVED)
    try:
        texts = questions.texts(domain)
    except NoAnswer:
        return found(Verdict.NOT_CHECKED, Reason.NO_ANSWER)
    records = [words for text in texts if (words := text.lower().split())[:1] == ["v=spf1"]]
    if not records:
        return found(Verdict.BAD, Reason.SPF_MISSING)
    if len(records) > 1:
        return found(Verdict.BAD, Reason.SPF_SEVERAL)
    return found(*_spf_judged(records[0][1:]))


def _spf_judged(terms: Sequence[str]) -> tuple[Verdict, Reason]:
    end = next((term[:-3] or "+" for term in terms if re.fullmatch("[-+~?]?all", term)), "")
    if end == "+":
        return Verdict.BAD, Reason.SPF_ANYONE
    if sum(bool(_ASKING.fullmatch(term.lstrip("-+~?"))) for term in terms) > MOST_LOOKUPS:
        return Verdict.WARN, Reason.SPF_LOOKUPS
    if end == "?" or not (end or any(term.startswith("redirect=") for term in terms)):
        return Verdict.WARN, Reason.SPF_UNDECIDED
    return Verdict.GOOD, Reason.SPF_FOUND


def _dkim(questions: _Questions, name: str, domain: str) -> Finding:
    """RFC 6376 section 3.6.1: one selector's key."""

    def found(verdict: Verdict, reason: Reason) -> Finding:
        return Finding(Kind.DKIM, verdict, reason, name)

    if _reserved(domain):
        return found(Verdict.NOT_CHECKED, Reason.RESERVED)
    try:
        records = [_tags(text) for text in questions.texts(name)]
    except NoAnswer:
        return found(Verdict.NOT_CHECKED, Reason.NO_ANSWER)
    keys = [tags for tags in records if "p" in tags and tags.get("v", "DKIM1") == "DKIM1"]
    if not keys:
        return found(Verdict.BAD, Reason.DKIM_MISSING)
    if not keys[0]["p"]:
        return found(Verdict.BAD, Reason.DKIM_REVOKED)
    if "y" in keys[0].get("t", "").split(":"):
        return found(Verdict.WARN, Reason.DKIM_TESTED)
    return found(Verdict.GOOD, Reason.DKIM_FOUND)


def _dmarc(questions: _Questions, domain: str, envelope: str, dkim: set[Verdict]) -> Iterator[Finding]:
    """The policy and, where SPF cannot speak for the domain people see, what that leaves to DKIM."""

    def found(verdict: Verdict, reason: Reason, name: str) -> Finding:
        return Finding(Kind.DMARC, verdict, reason, name)

    if _reserved(domain):
        yield found(Verdict.NOT_CHECKED, Reason.RESERVED, domain)
        return
    try:
        policies = _policies(questions, domain)
    except NoAnswer:
        yield found(Verdict.NOT_CHECKED, Reason.NO_ANSWER, f"_dmarc.{domain}")
        return
    policy = policies[0] if len(policies) == 1 else None
    if policy is not None:
        yield found(*_policy_judged(policy, domain), f"_dmarc.{policy.domain}")
    else:
        reason = Reason.DMARC_SEVERAL if policies else Reason.DMARC_MISSING
        yield found(Verdict.WARN, reason, f"_dmarc.{policies[0].domain if policies else domain}")
    if not _aligned(domain, envelope, policy):
        yield found(_left_to_dkim(dkim), Reason.NOT_ALIGNED, envelope)


def _policies(questions: _Questions, domain: str) -> list[_Policy]:
    """The records of the first name that has any: the domain itself, else the nearest above it."""
    labels = domain.split(".")
    above = (".".join(labels[-kept:]) for kept in range(min(len(labels) - 1, LONGEST_WALK), 1, -1))
    for name in (domain, *above):
        found = [_Policy(name, _tags(t)) for t in questions.texts(f"_dmarc.{name}") if _DMARC.match(t)]
        if found:
            return found
    return []


def _policy_judged(policy: _Policy, domain: str) -> tuple[Verdict, Reason]:
    """RFC 7489 section 6.3: `sp` goes before `p` where the record stands above the domain."""
    asked = policy.tags.get("p", "")
    if policy.domain != domain:
        asked = policy.tags.get("sp", asked)
    return _POLICIES.get(asked.lower(), (Verdict.WARN, Reason.DMARC_UNREADABLE))


def _aligned(domain: str, envelope: str, policy: _Policy | None) -> bool:
    """RFC 7489 section 3.1.2, but without a list of public suffixes: the record shows whose domain it is."""
    if policy is not None and policy.tags.get("aspf", "r").lower() == "s":
        return envelope == domain
    pairs = [(domain, envelope), (envelope, domain)]
    if policy is not None:
        pairs.append((envelope, policy.domain))
    return any(name == upper or name.endswith(f".{upper}") for name, upper in pairs)


def _left_to_dkim(dkim: set[Verdict]) -> Verdict:
    """How it stands when DKIM alone can align: as well as our keys do."""
    if Verdict.GOOD in dkim:
        return Verdict.GOOD
    return Verdict.BAD if dkim == {Verdict.BAD} else Verdict.WARN


def _tags(text: str) -> dict[str, str]:
    """A list of `name=value; …` (RFC 6376 section 3.2)."""
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip(): value.strip() for name, _sign, value in pairs if name.strip()}


def _domain(address: str) -> str:
    return address.rpartition("@")[2].strip("> ").rstrip(".").lower()


def _reserved(domain: str) -> bool:
    return "." not in domain or RESERVED.fullmatch(domain) is not None
