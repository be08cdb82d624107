"""What the server says to a gateway: what it has committed, what it refused, and its nonce."""

import re
from collections.abc import Callable
from typing import Final

import msgspec

from services.edge.backlog import Backlog
from services.edge.entries import Entries
from shared.contracts import acknowledgement, nonce, topics
from shared.contracts.acknowledgement import Acknowledged
from shared.contracts.topics import Leaf
from shared.runtime import logging

log = logging.get(__name__)

#: Numbers of the present are of interest until the next few tellings only.
MOST_EXPECTED: Final = 10_000
_NONCE = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Hearing:
    """Trims the backlog by what is heard, and hands the nonce to whoever signs."""

    def __init__(
        self,
        facility: str,
        code: str,
        entries: Entries,
        backlog: Backlog,
        now_s: Callable[[], float],
    ) -> None:
        self._name = topics.username(facility, code)
        self._ack = topics.of(facility, code, Leaf.ACK)
        self._entries = entries
        self._backlog = backlog
        self._now_s = now_s
        self._expected: dict[int, str] = {}
        self._complaints: dict[str, str] = {}
        self._silent_since_s: float | None = None

    @property
    def topics(self) -> tuple[str, ...]:
        return (self._ack, topics.NONCE) if self._entries.are_signed else (self._ack,)

    @property
    def silent_for_s(self) -> float:
        """Since when we told what nobody has acknowledged anything of."""
        return 0.0 if self._silent_since_s is None else self._now_s() - self._silent_since_s

    def expect(self, seq: int, device: str) -> None:
        """An acknowledgement of this number is about that device."""
        self._expected[seq] = device
        if len(self._expected) > MOST_EXPECTED:
            del self._expected[next(iter(self._expected))]
        if self._silent_since_s is None:
            self._silent_since_s = self._now_s()

    def hear(self, topic: str, payload: bytes) -> None:
        """Never raises on what a server can say."""
        try:
            if topic == topics.NONCE:
                self._learn(nonce.decode(payload).nonce)
            elif topic == self._ack:
                for acknowledged in acknowledgement.decode(payload):
                    self._heed(acknowledged)
        except (msgspec.MsgspecError, UnicodeDecodeError) as fault:
            log.warning("server_not_understood", gateway=self._name, reason=str(fault))

    def _learn(self, word: str) -> None:
        if _NONCE.fullmatch(word):
            self._entries.nonce = word

    def _heed(self, acknowledged: Acknowledged) -> None:
        if acknowledged.boot != self._entries.boot:
            return  # It names what we told before we started anew; we tell that again.
        self._silent_since_s = None
        refused = {refusal.seq: refusal.reason for refusal in acknowledged.refused}
        for seq, reason in refused.items():
            self._complain(self._backlog.device_of(seq) or self._expected.get(seq), reason)
        for first, last in acknowledged.seq:
            for seq in [seq for seq in self._expected if first <= seq <= last]:
                device = self._expected.pop(seq)
                if seq not in refused:
                    self._complaints.pop(device, None)
        self._backlog.acknowledge(acknowledged.seq, now_s=self._now_s())

    def _complain(self, device: str | None, reason: str) -> None:
        """Once, not with each heartbeat: a person has to do something about it."""
        if device is not None and self._complaints.get(device) != reason:
            self._complaints[device] = reason
            log.warning("heartbeat_refused", gateway=self._name, device=device, reason=reason)
