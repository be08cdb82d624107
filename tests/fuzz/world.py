"""An inbox with devices of every kind that fails as soon as one is credited unlawfully."""

from collections.abc import Iterable
from itertools import count
from typing import Final

from services.ingest.inbox import Inbox
from services.ingest.post import Post
from services.ingest.track import Site, Track
from shared.contracts import topics
from shared.contracts.adapters.rules import Dialect, Rule, RuleBook
from shared.contracts.topics import Leaf
from shared.domain.heartbeat import DEFAULT_LIMITS, SECOND_US, default_length_us
from shared.domain.states import WatchState
from shared.runtime.ed25519 import SigningKey
from tests.shared.contracts.adapters.laws import RECEIVED_US

FACILITY: Final = "HOA-SEN"
#: Its devices must sign.
STRICT: Final = "HOA-MAI"
KEY: Final = SigningKey.new()

#: By foreign names of the golden messages; `w` takes any name, `n` named ones only.
RULED: Final = RuleBook(
    Rule(dialect, f"{prefix}/{dialect}", name, device)
    for dialect in Dialect
    for prefix, rules in {
        "w": (("*", "CAM-1"), ("front_door", "KEY"), ("hub/door", "NEW"), ("1", "OLD")),
        "n": (("front_door", "CAM-1"), ("VideoSource_1", "KEY"), ("bridge/0x8F20", "GHOST")),
    }.items()
    for name, device in rules
)
#: All dialects below one prefix, which is none.
MIXED: Final = RuleBook(Rule(dialect, "", "*", "CAM-1") for dialect in Dialect)


class Watched(Track):
    """A device on record. Whatever it is credited with is looked at before."""

    __slots__ = ("world",)
    world: "World"

    def attest(self, start: int, end: int, *, state: WatchState, received_us: int) -> bool:
        if state is WatchState.OK:
            self.world.check_watch(self)
        self.world.check_span(self, start, end)
        return super().attest(start, end, state=state, received_us=received_us)

    def impair(self, start: int, end: int, fault: WatchState) -> bool:
        if start < end:
            self.world.check_span(self, start, end)
        return super().impair(start, end, fault)

    def prove(self, start: int, end: int) -> bool:
        assert self.world.has_signed, "nobody signed, and something is proven"
        self.world.check_span(self, start, end)
        return super().prove(start, end)


class World(Inbox):
    """Two facilities; time goes on from message to message."""

    def __init__(self) -> None:
        self.now_us = RECEIVED_US
        self.post = Post(0, 0)
        self.is_retained = False
        self.has_signed = False
        #: When what is judged at the moment was received; nothing if that may be any of several.
        self.judged_us: int | None = None
        self.oldest_us = self.now_us
        self.credited = 0
        self.devices = [*self._of(FACILITY, _HOUSE), *self._of(STRICT, _STRICT_HOUSE)]
        known = {
            topics.of(device.site.code, device.code, Leaf.HEARTBEAT): device
            for device in self.devices
        }
        super().__init__(dict(known), lambda: self.now_us)

    def pass_time(self, us: int) -> None:
        self.now_us += us
        self.judge.nonces = {
            "now": self.now_us - 10 * SECOND_US,
            "old": self.now_us - 200 * SECOND_US,
        }

    def hear(self, topic: str, payload: bytes, packet_id: int | None, *, is_retained: bool) -> None:
        """What the worker does with a message, but that nothing which is raised is set aside."""
        self.is_retained = is_retained
        self.judged_us = self.now_us
        self.receive(self.post, topic, payload, packet_id, is_retained)
        self.is_retained = False

    def take(self, topic: str, payload: bytes, received_us: int) -> None:
        self.judged_us = received_us
        super().take(topic, payload, received_us)

    def look_again(self) -> None:
        self.judged_us = None
        super().look_again()

    # -- the laws of time ------------------------------------------------------------------

    def check_watch(self, device: Track) -> None:
        assert not self.is_retained, "what was retained counts as fresh"
        assert self.has_signed or not device.site.requires_signature, "unsigned, but watched"

    def check_span(self, device: Track, start: int, end: int) -> None:
        """Not empty, not in the future, not before registration or beyond back-fill."""
        self.credited += 1
        latest_us, oldest_us = self.now_us, self.oldest_us
        if self.judged_us is not None:
            latest_us = oldest_us = self.judged_us
        assert start < end <= latest_us
        assert start >= device.registered_us
        assert start >= oldest_us - DEFAULT_LIMITS.backfill_us
        assert device.retired_us is None or end <= device.retired_us

    # -- who is there ----------------------------------------------------------------------

    def _of(self, facility: str, house: "Iterable[_Kind]") -> list[Watched]:
        site = Site(facility, "Asia/Ho_Chi_Minh", requires_signature=facility == STRICT)
        devices = []
        for code, age_s, keys, rules in house:
            device = Watched(
                next(_ids),
                code,
                site,
                default_us=default_length_us(30),
                registered_us=RECEIVED_US - age_s * SECOND_US,
            )
            device.world = self
            device.keys, device.rules, device.is_gateway = keys, rules, code == "GW"
            device.retired_us = RECEIVED_US - 20 * SECOND_US if code == "OLD" else None
            site.devices[code] = device
            devices.append(device)
        return devices


_Kind = tuple[str, int, tuple[bytes, ...], RuleBook | None]
_AGE_S: Final = 30 * 86_400
_HOUSE: Final[tuple[_Kind, ...]] = (
    ("CAM-1", _AGE_S, (), None),
    ("KEY", _AGE_S, (KEY.public_key,), None),
    ("GW", _AGE_S, (), RULED),
    ("MIX", _AGE_S, (), MIXED),
    ("OLD", _AGE_S, (), None),
    ("NEW", 10, (), None),
)
_STRICT_HOUSE: Final[tuple[_Kind, ...]] = (
    ("CAM-1", _AGE_S, (KEY.public_key,), None),
    ("GW", _AGE_S, (), RULED),
)
_ids = count(1)
