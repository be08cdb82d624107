"""Messages of what facilities already own: their meaning, credited to the devices they are of."""

from collections.abc import Iterator

from services.ingest.judge import Claim, Judge
from services.ingest.track import Held, Track
from shared.contracts.adapters.base import (
    Attestation,
    Condition,
    Heard,
    Statement,
    UnreadableError,
)
from shared.contracts.adapters.rules import Meaning
from shared.domain.states import Hint, Refusal, WatchState

_FAULTS = {state.value: state for state in WatchState if state is not WatchState.OK}


class Foreign:
    """Understands by the rules of whoever published, and has the judge credit what is attested."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        #: With several workers each hears a part, so what one remembers of a sender has holes.
        self.remembers = True

    def take(self, sender: Track, rest: str, payload: bytes, received_us: int) -> list[Refusal]:
        """Credit what the message means; why some of it, or all, is refused."""
        return self._understand(sender, Heard(rest, payload, received_us))

    def take_retained(
        self, sender: Track, rest: str, payload: bytes, received_us: int
    ) -> list[Refusal]:
        """The same for what was published to be kept: it may be a hint, but is no watch."""
        return self._understand(sender, Heard(rest, payload, received_us, is_retained=True))

    def _understand(self, sender: Track, heard: Heard) -> list[Refusal]:
        if sender.rules is None:
            return [Refusal.WRONG_TOPIC]
        if sender.memory is None:
            sender.memory = {}
        try:
            meaning = sender.rules.interpret(
                heard.topic,
                heard.payload,
                received_us=heard.received_us,
                is_retained=heard.is_retained,
                memory=sender.memory if self.remembers else None,
            )
        except UnreadableError:
            return [Refusal.UNREADABLE]
        if not meaning.has_rule:
            return [Refusal.WRONG_TOPIC]
        if heard.is_retained and not meaning.statements:
            return [Refusal.RETAINED]
        refusals = [Refusal.UNMAPPED] if meaning.unmapped else []
        return refusals + list(self._credit_all(sender, meaning, heard.received_us))

    def _credit_all(self, sender: Track, meaning: Meaning, received_us: int) -> Iterator[Refusal]:
        for code, statement in meaning.statements:
            device = sender.site.devices.get(code)
            refusal = device and self._credit(device, statement, received_us)
            if refusal:
                yield refusal

    def status(self, sender: Track, payload: bytes, received_us: int) -> None:
        """A birth or will message: a hint about the cause, never evidence."""
        is_offline = b"offline" in payload[:256].lower()
        self._hold(sender, Condition("", Hint.OFFLINE, is_offline, received_us), received_us)

    def _credit(self, device: Track, statement: Statement, received_us: int) -> Refusal | None:
        if isinstance(statement, Condition):
            if statement.condition in _FAULTS and not device.may_record(received_us):
                return Refusal.UNAPPROVED_CAMERA
            self._hold(device, statement, received_us)
            return None
        return self._attest(device, statement, received_us)

    def _attest(self, device: Track, statement: Attestation, received_us: int) -> Refusal | None:
        if device.site.requires_signature:
            return Refusal.UNSIGNED
        since_us = statement.since_us
        claim = Claim(
            at_us=statement.at_us,
            since_us=statement.at_us - device.default_us if since_us is None else since_us,
            state=statement.state,
            received_us=received_us,
            readings=statement.readings or {},
        )
        return self._judge.credit_claim(device, claim)

    def _hold(self, device: Track, told: Condition, received_us: int) -> None:
        """A condition begins or ceases; the time in which a fault held is impaired."""
        if device.conditions is None:
            device.conditions = {}
        name = told.condition.value
        at_us = min(told.at_us, received_us)
        held = device.conditions.get(name)
        was_holding = held is not None and held.holds
        if held is not None and at_us < held.since_us:
            return  # What is known already happened later.
        fault = _FAULTS.get(name)
        if fault is not None and (told.holds or was_holding):
            since_us = at_us if held is None or not was_holding else held.since_us
            end_us = received_us if told.holds else at_us
            self._impair(device, since_us, end_us, fault, received_us)
        if was_holding is not told.holds:
            device.conditions[name] = Held(at_us, told.holds, must_tell=True)
            device.has_news = True
            self._judge.wait(device)

    def _impair(
        self, device: Track, since_us: int, end_us: int, fault: WatchState, received_us: int
    ) -> None:
        claim = Claim(end_us, since_us, fault, received_us, {})
        self._judge.credit_claim(device, claim)
