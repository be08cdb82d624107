"""Who takes part in a run: the devices of two facilities, on record and as senders."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import asyncpg
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.chaos.claims import MINUTE, Future, Live, Past, Plain, Tape, Voice, midnight_us
from tests.chaos.ledger import Ledger, Proof
from tests.chaos.model import DAY, FOREVER, HOUR, SECOND, Registered
from tests.chaos.sender import Account, Sender
from tests.chaos.signer import SigningKey

PASSWORD: Final = "device-password"
GATEWAY: Final = "GW"
#: Behind the gateway.
BEHIND: Final = ("BACKLOG-1", "BACKLOG-2", "NEW", "RETIRED", "AGED", "LIVE-2")
#: With a connection of their own.
ALONE: Final = (
    "LIVE-1", "BACKLOG-3", "PLAIN", "AHEAD", "A-LITTLE-AHEAD", "BEHIND", "FAR-AHEAD", "RETAINED",
)  # fmt: skip
#: In a facility where only what is signed counts; by how they sign.
SIGNING: Final = {
    "SIGNED": Proof.GOOD,
    "SIGNED-BACKLOG": Proof.GOOD,
    "UNSIGNED": Proof.NONE,
    "FORGED": Proof.FORGED,
}
#: Of these, and of nobody else, ingest may say that somebody pretends.
DISHONEST: Final = frozenset({"UNSIGNED", "FORGED"})
FREE: Final = "HOA-SEN"
STRICT: Final = "SEN-HONG"
FACILITIES: Final = {FREE: (GATEWAY, *BEHIND, *ALONE), STRICT: tuple(SIGNING)}
ACCOUNTS: Final = tuple(
    (facility, code, PASSWORD) for facility, codes in FACILITIES.items() for code in codes
)


@dataclass(frozen=True, slots=True)
class Cast:
    """All devices as registered, and when this was."""

    began_us: int
    keys: Mapping[str, SigningKey] = field(
        default_factory=lambda: {code: SigningKey.generate() for code in SIGNING}
    )

    @property
    def registered(self) -> dict[str, Registered]:
        """Mostly long ago; one two hours ago; one that retired an hour ago."""
        long_ago = self.began_us - 40 * DAY
        found = {
            code: Registered(long_ago, 30 * SECOND, must_sign=facility == STRICT)
            for facility, code, _ in ACCOUNTS
        }
        found["NEW"] = Registered(self.began_us - 2 * HOUR, 30 * SECOND)
        found["RETIRED"] = Registered(long_ago, 30 * SECOND, self.began_us - HOUR)
        found["PLAIN"] = Registered(long_ago, 2 * SECOND)
        return found

    async def register(self, link: "asyncpg.Connection[Any]") -> None:
        """Put everybody on record, as the api would."""
        await link.execute(
            "INSERT INTO admin_unit (code, name, level, kind, valid_from) "
            "VALUES ('51', 'Quảng Ngãi', 'province', 'province', '2025-07-01')"
        )
        for facility in FACILITIES:
            await link.execute(
                "INSERT INTO facility (code, name, ownership, admin_unit_id, time_zone, children, "
                "requires_signature, registered_at) "
                "SELECT $1, $1, 'public', id, 'Asia/Ho_Chi_Minh', 0, $2, '2026-01-01Z' "
                "FROM admin_unit",
                facility,
                facility == STRICT,
            )
        for facility, code, _ in ACCOUNTS:
            await self._register_device(link, facility, code)

    async def _register_device(
        self, link: "asyncpg.Connection[Any]", facility: str, code: str
    ) -> None:
        one = self.registered[code]
        device_id = await link.fetchval(
            "INSERT INTO device (facility_id, code, name, kind, interval_s, registered_at, "
            "retired_at) SELECT id, $2, $2, $3, $4, "
            "'epoch'::timestamptz + $5 * interval '1 microsecond', "
            "'epoch'::timestamptz + $6 * interval '1 microsecond' "
            "FROM facility WHERE code = $1 RETURNING id",
            facility,
            code,
            "gateway" if code == GATEWAY else "sensor",
            one.interval_us / SECOND,
            one.registered_us,
            None if one.retired_us == FOREVER else one.retired_us,
        )
        if code in self.keys:
            public_key = self.keys[code].public_key()
            await link.execute(
                "INSERT INTO device_key (device_id, public_key, created_at) "
                "VALUES ($1, $2, '2026-01-01Z')",
                device_id,
                public_key.public_bytes(Encoding.Raw, PublicFormat.Raw),
            )

    def senders(
        self, ledger: Ledger, rng: random.Random, *, trusts_broker: bool = False
    ) -> list[Sender]:
        """The gateway, and the devices that speak for themselves."""

        def sender(facility: str, by: str, codes: Iterable[str]) -> Sender:
            account = Account(facility, by, PASSWORD)
            tapes = [self._tape(by, code, branch(rng)) for code in codes]
            keys = self.keys if facility == STRICT else {}
            return Sender(
                account, tapes, ledger, branch(rng), keys=keys, trusts_broker=trusts_broker
            )

        return [
            sender(FREE, GATEWAY, BEHIND),
            *(sender(FREE, code, [code]) for code in ALONE),
            *(sender(STRICT, code, [code]) for code in SIGNING),
        ]

    def _tape(self, by: str, code: str, rng: random.Random) -> Tape:
        """Backlogs begin a minute before a midnight, or before whatever else clips them."""
        voice = Voice(by, code, rng, SIGNING.get(code, Proof.NONE))
        registered = self.registered[code]
        starts_us = {
            "NEW": registered.registered_us,
            "RETIRED": registered.retired_us,
            "AGED": self.began_us - 7 * DAY,
            "BACKLOG-1": midnight_us(self.began_us, days_ago=1),
            "BACKLOG-2": midnight_us(self.began_us, days_ago=2),
            "BACKLOG-3": midnight_us(self.began_us, days_ago=6),
            "SIGNED-BACKLOG": midnight_us(self.began_us, days_ago=3),
        }
        if code in starts_us:
            return Past(voice, starts_us[code] - MINUTE)
        others: dict[str, Tape] = {
            "PLAIN": Plain(voice, every_us=6 * SECOND),
            "AHEAD": Live(voice, ahead_us=20 * SECOND),
            "A-LITTLE-AHEAD": Live(voice, ahead_us=3 * SECOND // 2, every_us=3 * SECOND),
            "BEHIND": Live(voice, ahead_us=-30 * SECOND, every_us=SECOND),
            "FAR-AHEAD": Future(voice),
            "RETAINED": Live(voice, is_retained=True),
        }
        return others.get(code) or Live(voice)


def branch(rng: random.Random) -> random.Random:
    """A generator of its own, so that one's use does not move another's."""
    return random.Random(rng.random())  # noqa: S311 - a seed to repeat a run with
