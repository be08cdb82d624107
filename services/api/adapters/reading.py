"""What becomes of one foreign message by a publisher's rules, as in ingest, but uncredited."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from services.api.adapters.guessing import Guess, guesses
from services.api.adapters.queries import Device
from services.api.adapters.schemas import Outcome
from shared.contracts.adapters.base import Attestation, Statement, UnreadableError
from shared.contracts.adapters.rules import Dialect, Meaning, Rule, interpret
from shared.contracts.heartbeat import to_us
from shared.contracts.topics import Leaf
from shared.domain.heartbeat import attested, default_length_us
from shared.domain.states import Refusal

#: Topics right below a publisher's own that are ours, whatever its rules say.
_OUR_OWN: Final = frozenset(Leaf)


@dataclass(frozen=True, slots=True)
class Message:
    """As it was published; `topic` is below the publisher's own."""

    publisher: str
    topic: str
    payload: bytes
    received_us: int
    is_retained: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What becomes of it: statements of our devices, names that are none, or why nothing."""

    outcome: Outcome
    dialect: Dialect | None = None
    prefix: str = ""
    statements: Sequence[tuple[str, Statement]] = ()
    unmapped: Sequence[str] = ()
    expected: str | None = None
    guesses: Sequence[Guess] = ()


@dataclass(frozen=True, slots=True)
class Credit:
    """What an attestation claims, and what of it would be counted, or why nothing."""

    start_us: int
    end_us: int
    counted: tuple[int, int] | Refusal


def read(rules: Sequence[Rule], message: Message) -> Reading:
    if message.topic in _OUR_OWN:
        return Reading(Outcome.OUR_OWN)
    try:
        meaning = interpret(
            rules,
            message.topic,
            message.payload,
            received_us=message.received_us,
            is_retained=message.is_retained,
        )
    except UnreadableError as refusal:
        return Reading(Outcome.UNREADABLE, expected=str(refusal))
    if not meaning.has_rule:
        possible = guesses(message.topic, message.payload, received_us=message.received_us)
        return Reading(Outcome.NO_RULE, guesses=possible)
    return Reading(
        _outcome(message, meaning),
        meaning.dialect,
        _prefix(message.topic, meaning.dialect, rules),
        meaning.statements,
        meaning.unmapped,
    )


def _outcome(message: Message, meaning: Meaning) -> Outcome:
    """What the broker had kept may be a hint, but attests nothing."""
    if message.is_retained and not meaning.statements:
        return Outcome.RETAINED
    says_something = meaning.statements or meaning.unmapped
    return Outcome.UNDERSTOOD if says_something else Outcome.NOTHING_STATED


def _prefix(topic: str, dialect: Dialect | None, rules: Iterable[Rule]) -> str:
    """Of the rule that the topic was read by: the longest that fits."""
    fitting = {
        rule.prefix
        for rule in rules
        if rule.dialect is dialect and (not rule.prefix or topic.startswith(f"{rule.prefix}/"))
    }
    return max(fitting, key=len, default="")


def credit(
    attestation: Attestation, device: Device, *, received_us: int, must_be_signed: bool
) -> Credit:
    """Of a device, as if it had been received just now."""
    end_us, start_us = attestation.at_us, attestation.since_us
    if start_us is None:
        start_us = end_us - default_length_us(device.interval_s, device.tolerance_s)
    if must_be_signed:
        return Credit(start_us, end_us, Refusal.UNSIGNED)
    counted = attested(
        end_us, start_us, received_us=received_us, registered_us=to_us(device.registered_at)
    )
    return Credit(start_us, end_us, counted)


def instant_of(us: int) -> datetime:
    return datetime.fromtimestamp(us / 1_000_000, UTC)
