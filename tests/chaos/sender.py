"""A device or gateway that keeps every claim until it is told that it is committed."""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from shared.runtime import clock
from tests.chaos import noise
from tests.chaos.claims import Tape
from tests.chaos.connection import NONCE, Connection
from tests.chaos.ledger import Claim, Key, Ledger, Told
from tests.chaos.signer import Signer, SigningKey

#: The contract asks for three seconds; once, these devices are less patient.
RESEND_SOON_S: Final = 1.0
RESEND_AFTER_S: Final = 3.0
#: Not delivered: nobody listened, or the broker refused.
_NOBODY: Final = 0x10
_FAILURE: Final = 0x80
_ENTRIES: Final = 16
_VIETNAM: Final = timezone(timedelta(hours=7))
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Kept:
    """A claim that is not acknowledged yet, and when to send it next."""

    claim: Claim
    due_s: float
    sendings: int = 0


@dataclass(frozen=True, slots=True)
class Account:
    """Who the sender is at the broker."""

    facility: str
    code: str
    password: str

    @property
    def topic(self) -> str:
        return f"giamsat/v1/{self.facility}/{self.code}"


class Sender:
    """Makes claims from its tapes, and sends them until they are acknowledged."""

    def __init__(
        self,
        account: Account,
        tapes: Sequence[Tape],
        ledger: Ledger,
        rng: random.Random,
        *,
        keys: Mapping[str, SigningKey],
        trusts_broker: bool = False,
    ) -> None:
        self.account = account
        self._tapes = tapes
        self._ledger = ledger
        self._rng = rng
        self._trusts_broker = trusts_broker
        self._signer = Signer(keys)
        #: Where all must sign, noise would be an attack.
        self.is_noisy = not keys
        self._connection: Connection | None = None
        self._in_flight: dict[int, list[Key]] = {}
        self.kept: dict[Key, Kept] = {}
        self.taken: dict[Key, int] = {}
        self.counts: Counter[str] = Counter()
        #: Our clock when the youngest acknowledged claim was made.
        self.told_until_us = 0

    # -- what the crowd calls --------------------------------------------------------------

    def make(self, now_us: int) -> list[Claim]:
        """New claims, one of each tape at most."""
        return [claim for tape in self._tapes if (claim := tape.next(now_us)) is not None]

    def keep(self, claims: Sequence[Claim]) -> None:
        """These are on disk now. Some are held back, so that later ones overtake them."""
        now_s = time.monotonic()
        for claim in claims:
            late_s = self._rng.uniform(0, 1.5) if self._rng.random() < 0.1 else 0.0
            self.kept[claim.key] = Kept(claim, now_s + late_s)

    def lose_power(self, untold: Sequence[Claim]) -> None:
        """A new life, which knows only what the former one had on disk."""
        if self._connection is not None:
            self._connection.abort()
        for tape in self._tapes:
            tape.voice.restart()
        self.kept = {}
        self.keep([claim for claim in untold if claim.sender == self.account.code])

    def send(self) -> None:
        """Everything that is due, in no particular order, some of it twice."""
        if self._connection is None:
            return
        now_s = time.monotonic()
        due = [kept for kept in self.kept.values() if kept.due_s <= now_s]
        for kept in due:
            kept.due_s = now_s + (RESEND_SOON_S if kept.sendings == 0 else RESEND_AFTER_S)
            self.counts["repeats"] += kept.sendings > 0
            kept.sendings += 1
            if kept.claim.is_retained:
                del self.kept[kept.claim.key]  # Not a heartbeat: nobody will acknowledge it.
        claims = [kept.claim for kept in due]
        twice = [claim for claim in claims if self._rng.random() < 0.1]
        self.counts["duplicates"] += len(twice)
        claims += twice
        self._rng.shuffle(claims)
        self._publish(claims, self._connection)
        if self.is_noisy and (junk := noise.message(self._rng)) is not None:
            leaf, payload = junk
            self._publish_one(leaf, payload, [], self._connection)

    async def stay_connected(self, port: int) -> None:
        """Until cancelled: a new connection whenever the old one is lost or silent."""
        while True:
            connection = Connection(self._on_message, self._on_taken)
            try:
                await connection.open(
                    port,
                    username=f"{self.account.facility}/{self.account.code}",
                    password=self.account.password,
                    own_topic=self.account.topic,
                )
                self._begin(connection)
                await self._watch(connection)
            except (OSError, TimeoutError):
                self.counts["refused_connections"] += 1
            finally:
                self._connection = None
                connection.abort()
            await asyncio.sleep(self._rng.uniform(0.02, 0.2))

    # -- within ----------------------------------------------------------------------------

    def _begin(self, connection: Connection) -> None:
        """What was under way may be lost: all of it is due again."""
        self.counts["connections"] += 1
        self._in_flight = {}
        now_s = time.monotonic()
        for kept in self.kept.values():
            if kept.sendings:
                kept.due_s = now_s
        self._connection = connection

    async def _watch(self, connection: Connection) -> None:
        """Returns when the connection is lost, or the broker has said nothing for too long."""
        heard = -1
        while connection.heard != heard:
            heard = connection.heard
            connection.ping()
            with suppress(TimeoutError):
                await asyncio.wait_for(connection.lost.wait(), 2.0)
            if connection.lost.is_set():
                return

    def _publish(self, claims: Sequence[Claim], connection: Connection) -> None:
        by_topic: dict[str, list[Claim]] = {}
        for claim in claims:
            is_own = claim.device == self.account.code
            by_topic.setdefault("heartbeat" if is_own else "heartbeats", []).append(claim)
        for claim in by_topic.get("heartbeat", ()):
            payload = json.dumps(self._entry(claim)).encode()
            self._publish_one("heartbeat", payload, [claim], connection)
        others = by_topic.get("heartbeats", [])
        for first in range(0, len(others), _ENTRIES):
            some = others[first : first + _ENTRIES]
            entries = [self._entry(claim) | {"device": claim.device} for claim in some]
            entries += noise.entry(self._rng)
            self._rng.shuffle(entries)
            self._publish_one("heartbeats", json.dumps(entries).encode(), some, connection)

    def _publish_one(
        self, leaf: str, payload: bytes, claims: Sequence[Claim], connection: Connection
    ) -> None:
        is_retained = any(claim.is_retained for claim in claims)
        topic = f"{self.account.topic}/{leaf}"
        packet_id = connection.publish(topic, payload, is_retained=is_retained)
        self._in_flight[packet_id] = [claim.key for claim in claims]
        self.counts["messages"] += 1

    def _entry(self, claim: Claim) -> dict[str, object]:
        sent_us = clock.now_us() + claim.ahead_us
        entry: dict[str, object] = {
            "boot": claim.boot,
            "seq": claim.seq,
            "at": self._instant(claim.at_us),
            "sent": sent_us // 1000,
        }
        if claim.since_us is not None:
            entry["since"] = self._instant(claim.since_us)
        if claim.state != "ok" or self._rng.random() < 0.5:
            entry["state"] = claim.state
        return entry | self._signer.signature(claim, self.account.facility)

    def _instant(self, us: int) -> str | int | float:
        """In one of the forms that the contract allows."""
        form = self._rng.randrange(4)
        if form == 0 and us % 1000 == 0:
            return us // 1000
        if form == 1:
            return us / 1000
        return (
            (_EPOCH + timedelta(microseconds=us))
            .astimezone(_VIETNAM if form == 2 else UTC)
            .isoformat()
        )

    def _on_taken(self, packet_id: int, code: int) -> None:
        keys = self._in_flight.pop(packet_id, [])
        if code == _NOBODY or code >= _FAILURE:
            self.counts["undelivered"] += len(keys)
            for key in keys:
                if key in self.kept:
                    self.kept[key].due_s = time.monotonic() + 0.2
            return
        now_us = clock.now_us()
        for key in keys:
            self.taken.setdefault(key, now_us)
        if self._trusts_broker:
            self._note([Told(*key, told_us=now_us) for key in keys])

    def _on_message(self, topic: str, payload: bytes) -> None:
        if topic == NONCE:
            self._signer.nonce = json.loads(payload)["nonce"]
        else:
            self._on_ack(payload)

    def _on_ack(self, payload: bytes) -> None:
        """Only what we know of: another life may have sent the rest."""
        now_us = clock.now_us()
        for entry in json.loads(payload):
            boot = entry["boot"]
            refused = {one["seq"]: one["reason"] for one in entry.get("refused", ())}
            self._note(
                [
                    Told(boot, seq, now_us, refused.get(seq))
                    for first, last in entry["seq"]
                    for seq in range(first, last + 1)
                ]
            )

    def _note(self, told: Sequence[Told]) -> None:
        news: list[Told] = []
        for one in told:
            kept = self.kept.pop((one.boot, one.seq), None)
            if kept is not None:
                news.append(one)
                self.told_until_us = max(self.told_until_us, kept.claim.said_us)
        self.counts["told"] += len(news)
        self.counts["told_again"] += len(told) - len(news)
        self._ledger.add(news)
