"""Our own heartbeat, as a device says it for itself."""

from typing import TypeAlias

from services.cli.simulate.dialects.base import Moment, Published
from services.cli.simulate.speech import Send
from shared.contracts import heartbeat, topics
from shared.contracts.heartbeat import Heartbeat
from shared.contracts.signing import Signed
from shared.contracts.topics import Leaf
from shared.domain.states import WatchState

#: at, since, state, seq, boot, sent, nonce, sig: the fields of a heartbeat, in their order.
Said: TypeAlias = tuple[
    int,
    int | None,
    WatchState,
    int | None,
    str | None,
    int | None,
    str | None,
    str | None,
]


def encode(send: Send, moment: Moment) -> Published:
    voice = send.voice
    payload = heartbeat.encode(Heartbeat(*said(send, 0, moment)))
    return [(topics.of(voice.facility, voice.speaker, Leaf.HEARTBEAT), payload)]


def said(send: Send, place: int, moment: Moment) -> Said:
    """One entry of a message; what has no `since` is as cheap devices say it."""
    claim = send.claims[place]
    at_ms = (moment.start_us + claim.at_us) // 1000
    if claim.since_us is None:
        return at_ms, None, claim.state, None, None, None, None, None
    since_ms = (moment.start_us + claim.since_us) // 1000
    seq, boot = send.seq + place, send.voice.boot(moment.start_us, send.boot)
    nonce = sig = None
    if claim.device.is_signing:
        device, nonce = claim.device, moment.nonce or None
        signed = Signed(
            device.facility, device.code, boot, seq, since_ms, at_ms, claim.state, moment.nonce
        )
        sig = moment.sign(device, signed)
    sent_ms = (moment.now_us + send.error_us) // 1000
    return at_ms, since_ms, claim.state, seq, boot, sent_ms, nonce, sig
