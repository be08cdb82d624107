"""Judges one heartbeat of a known device: clock, signature, identity, limits of time; credits it.

The order matters: the device's instants are put right first, then it is decided who speaks, and
only then what may be credited. Nothing is remembered of a message that was refused.
"""

import base64
from collections.abc import Mapping
from typing import Final

import msgspec

from services.ingest.limits import SIGNATURE_OF_A_DEVICE, SIGNATURE_OF_A_FACILITY
from services.ingest.track import MOST_FRAGMENTS, NOTHING_READ, Latest, Track
from shared.contracts import heartbeat, signing
from shared.contracts.heartbeat import READINGS, Heartbeat
from shared.domain import evidence
from shared.domain import identity as identities
from shared.domain.device_clock import (
    TOLERATED_AHEAD_US,
    DeviceClock,
    is_behind_beyond_doubt,
)
from shared.domain.heartbeat import DEFAULT_LIMITS, attested
from shared.domain.identity import Finding
from shared.domain.states import Refusal, WatchState
from shared.runtime import ed25519

#: How long a device's latest word may be shown before a newer one is written, if nothing changed.
SHOWN_FOR_US: Final = 5_000_000
#: How often identity and clock are written while nothing about them changes.
NOTED_EVERY_US: Final = 60_000_000
#: A message without `sent` that is older says nothing of the clock: it is a backlog.
_SAYS_NOTHING_US: Final = DEFAULT_LIMITS.lateness_us
#: Canaries come every second. What comes longer after the last was sent has waited for us.
_HELD_UP_US: Final = 3_000_000


class Claim(msgspec.Struct, frozen=True, gc=False):
    """What a message attests, in our time; `issued_us` is its nonce's, if it is signed with one.

    `said_us` is the end of it as the device said it.
    """

    at_us: int
    since_us: int
    state: WatchState
    received_us: int
    readings: Mapping[str, float]
    issued_us: int | None = None
    said_us: int = 0


class Judge:
    """What all messages of a worker are judged by."""

    def __init__(self) -> None:
        #: When each nonce of the last minutes was issued.
        self.nonces: Mapping[str, int] = {}
        #: The broker cannot have had the message at hand before then.
        self.arrived_after_us = 0
        #: When evidence counts as having come, if not on arrival: in a replay.
        self.credited_us: int | None = None
        self.waiting: list[Track] = []
        # In the order of their coming; a set that keeps order.
        self._held_back: dict[Track, None] = {}

    def credit(self, track: Track, beat: Heartbeat, received_us: int) -> Refusal | None:
        """Credit a heartbeat, or say why not. Raises ValueError, OverflowError on wild numbers."""
        at_us = said_us = heartbeat.to_us(beat.at)
        since_us = None if beat.since is None else heartbeat.to_us(beat.since)
        issued_us = None
        if track.keys or track.site.requires_signature:
            if beat.sig is not None and not _may_be_verified(track, received_us):
                return Refusal.THROTTLED
            signature = self._signature(track, beat, at_us, since_us)
            if isinstance(signature, Refusal):
                return signature
            issued_us = signature
        if at_us > received_us or beat.sent is not None or track.clock is not None:
            shift_us = self._shift(track, beat, at_us, received_us)
            if isinstance(shift_us, Refusal):
                return shift_us
            at_us += shift_us
            since_us = None if since_us is None else since_us + shift_us
        if since_us is None:
            # A clock a little ahead is clipped to the present, so its interval ends there too.
            since_us = min(at_us, received_us) - track.default_us
        claim = Claim(at_us, since_us, beat.state, received_us, _readings(beat), issued_us, said_us)
        if beat.boot is None or beat.seq is None:
            return self.credit_claim(track, claim)
        return self._credit_numbered(track, beat.boot, beat.seq, claim)

    def credit_claim(self, track: Track, claim: Claim) -> Refusal | None:
        """Credit what is attested in our time, whoever said it."""
        at_us, since_us, received_us = claim.at_us, claim.since_us, claim.received_us
        if track.fragments > MOST_FRAGMENTS and track.is_shattering(received_us):
            return Refusal.THROTTLED
        if track.retired_us is not None or track.approved_us is not None:
            allowed = _allowed(track, since_us, at_us)
            if isinstance(allowed, Refusal):
                return allowed
            since_us, at_us = allowed
        span = attested(at_us, since_us, received_us=received_us, registered_us=track.registered_us)
        if isinstance(span, Refusal):
            return span
        is_new = track.attest(*span, state=claim.state, received_us=self.credited_us or received_us)
        if track.conditions is not None:
            is_new |= _impair_by_conditions(track, *span)
        if claim.issued_us is not None:
            is_new |= self._prove(track, span, claim)
        is_told = self._show(track, claim, span[1])
        if is_new or is_told:
            self.wait(track)
        return None

    def wait(self, track: Track) -> None:
        """The next flush takes what this device has."""
        if not track.is_waiting:
            track.is_waiting = True
            self.waiting.append(track)

    def let_go(self, now_us: int) -> None:
        """Words held back for long enough are shown with the next flush: the last ones too."""
        for track in list(self._held_back):
            if now_us >= track.shown_us + SHOWN_FOR_US:
                track.shown_us = now_us
                track.must_show = True
                del self._held_back[track]
                self.wait(track)

    # -- the clock -------------------------------------------------------------------------

    def _shift(self, track: Track, beat: Heartbeat, at_us: int, received_us: int) -> int | Refusal:
        """What to add to the device's instants, or why they cannot be put right."""
        sent_us = at_us if beat.sent is None else heartbeat.to_us(beat.sent)
        says_sent = beat.sent is not None
        ahead_us = max(at_us, sent_us) - received_us
        if track.clock is None:
            if not says_sent and ahead_us <= TOLERATED_AHEAD_US:
                return 0
            track.clock = DeviceClock()
        elif not says_sent and -ahead_us > _SAYS_NOTHING_US:
            return track.clock.correction_us()
        is_held_up = received_us - self.arrived_after_us > _HELD_UP_US
        # Late by our own fault, it would make every right clock look slow.
        if (ahead_us > 0 or not is_held_up) and track.clock.observe(
            max(sent_us, at_us), received_us=received_us, is_sent=says_sent
        ):
            self._note(track, received_us)
        if ahead_us > DEFAULT_LIMITS.skew_us:
            return Refusal.FUTURE
        if says_sent and is_behind_beyond_doubt(sent_us, arrived_after_us=self.arrived_after_us):
            return Refusal.CLOCK_BEHIND
        return track.clock.correction_us()

    # -- who speaks ------------------------------------------------------------------------

    def _signature(
        self, track: Track, beat: Heartbeat, at_us: int, since_us: int | None
    ) -> int | Refusal | None:
        """When the nonce of a good signature was issued, if it is one of the last minutes."""
        if beat.sig is None or not track.keys:
            return Refusal.UNSIGNED if track.site.requires_signature else None
        if since_us is None or beat.boot is None or beat.seq is None:
            return Refusal.WRONG_SIGNATURE
        claim = signing.Signed(
            facility=track.site.code,
            device=track.code,
            boot=beat.boot,
            seq=beat.seq,
            since_ms=since_us // 1000,
            at_ms=at_us // 1000,
            state=beat.state.value,
            nonce=beat.nonce or "",
        )
        if not _is_signed(signing.canonical(claim), beat.sig, track.keys):
            return Refusal.WRONG_SIGNATURE
        return self.nonces.get(claim.nonce)

    def _credit_numbered(self, track: Track, boot: str, seq: int, claim: Claim) -> Refusal | None:
        """The same for a message that says which of which start it is."""
        received_us, said_us = claim.received_us, claim.said_us
        at_us = min(claim.at_us, received_us)
        known = track.identity
        finding = known.find(boot, seq, said_us=said_us, at_us=at_us) if known else Finding.GOOD
        if known and finding is Finding.CLONE:
            known.doubt(received_us)
            self._note(track, received_us)
            return Refusal.CLONE
        if finding is Finding.ROLLBACK:
            return Refusal.ROLLBACK
        refusal = self.credit_claim(track, claim)
        if refusal is None:
            if known is None:
                track.identity = identities.begun(
                    boot, seq, said_us=said_us, received_us=received_us
                )
            has_begun = known is None or known.learn(
                boot, seq, said_us=said_us, received_us=received_us
            )
            if has_begun or received_us >= track.noted_us + NOTED_EVERY_US:
                self._note(track, received_us)
        return refusal

    def _note(self, track: Track, received_us: int) -> None:
        """Identity and clock are written with the next flush."""
        track.noted_us = received_us
        track.has_news = True
        self.wait(track)

    def _prove(self, track: Track, span: tuple[int, int], claim: Claim) -> bool:
        if claim.issued_us is None or claim.state is not WatchState.OK or self.credited_us:
            return False
        if track.identity is not None and track.identity.is_doubted(claim.received_us):
            return False
        proven = evidence.proven(*span, issued_us=claim.issued_us, received_us=claim.received_us)
        return proven is not None and track.prove(*proven)

    # -- what is shown ---------------------------------------------------------------------

    def _show(self, track: Track, claim: Claim, at_us: int) -> bool:
        """Keep the newest word for display; False if it is not worth a write of its own yet."""
        latest = track.latest
        if latest is not None and at_us <= latest.at_us:
            return False
        received_us = claim.received_us
        track.latest = Latest(at_us, received_us, claim.state, claim.readings)
        is_news = latest is None or claim.state is not latest.state
        if is_news or received_us >= track.shown_us + SHOWN_FOR_US:
            track.shown_us = received_us
            track.must_show = True
            return True
        self._held_back[track] = None
        return False


def _allowed(track: Track, since_us: int, at_us: int) -> tuple[int, int] | Refusal:
    """What of a span lies before retirement and, of a camera, within the time it may record."""
    if track.retired_us is not None:
        at_us = min(at_us, track.retired_us)
        if since_us >= at_us:
            return Refusal.RETIRED_DEVICE
    if track.approved_us is None or since_us >= at_us:
        return since_us, at_us
    since_us, at_us = max(since_us, track.approved_us[0]), min(at_us, track.approved_us[1])
    return (since_us, at_us) if since_us < at_us else Refusal.UNAPPROVED_CAMERA


def _may_be_verified(track: Track, received_us: int) -> bool:
    """Verifying takes ten times what all the rest does: a flood of signatures must not."""
    device, facility = track.budget, track.site.budget
    return device.allows(SIGNATURE_OF_A_DEVICE, received_us) and facility.allows(
        SIGNATURE_OF_A_FACILITY, received_us
    )


def _is_signed(message: bytes, sig: str, keys: tuple[bytes, ...]) -> bool:
    try:
        signature = base64.b64decode(sig, validate=True)
    except ValueError:
        return False
    return any(ed25519.verify(key, signature, message) for key in keys)


def _readings(beat: Heartbeat) -> Mapping[str, float]:
    if beat.battery is None and beat.rssi is None and beat.fps is None:
        return NOTHING_READ
    return {name: value for name in READINGS if (value := getattr(beat, name)) is not None}


def _impair_by_conditions(track: Track, start: int, end: int) -> bool:
    """While a fault holds, what the device attests is impaired by it."""
    is_new = False
    for name, held in (track.conditions or {}).items():
        if held.holds and name in _FAULTS:
            is_new |= track.impair(max(start, held.since_us), end, _FAULTS[name])
    return is_new


_FAULTS: Final = {state.value: state for state in WatchState if state is not WatchState.OK}
