"""What one voice says and when: which message tells how much of what its devices watched.

A cumulative message tells every watch that ended after `from_us` and began before `at_us`, from
its beginning until `at_us`. A plain one only says that those devices watch at `at_us`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

import msgspec

from services.cli.simulate import life
from services.cli.simulate.cast import Device, Voice
from services.cli.simulate.clocks import MILLISECOND_US
from services.cli.simulate.life import Fate, Memory, Watch
from services.cli.simulate.options import DialectName, Options
from shared.domain.heartbeat import SECOND_US
from shared.domain.states import WatchState

#: As many entries as surely fit into one message of a gateway, signatures and all.
MOST_ENTRIES: Final = 150

Told = Sequence[tuple[Device, Watch]]


class Claim(msgspec.Struct, frozen=True, gc=False):
    """What a message says of one device, by the clock of whoever says it."""

    device: Device
    at_us: int
    since_us: int | None
    state: WatchState


class Send(msgspec.Struct, frozen=True):
    """One message, and when it is due; all times since the run began.

    `error_us`: device clock minus ours when it is due; `errors_us`: the lowest and the highest
    error of any instant in it. Its entries are numbered from `seq` on, within this `boot`.
    """

    due_us: int
    voice: Voice
    from_us: int
    at_us: int
    claims: tuple[Claim, ...]
    boot: int
    seq: int
    error_us: int
    errors_us: tuple[int, int]
    is_lost: bool = False
    is_repeat: bool = False


@dataclass(frozen=True, slots=True)
class Breath:
    """What begins to be true, and is said, at one moment."""

    at_us: int
    watches: Told
    sends: Sequence[Send]


def breaths(voice: Voice, options: Options) -> Iterator[Breath]:
    """All that a voice says until the end, and all that is true of its devices."""
    random = Random(f"{options.seed}/voice/{voice.number}")  # noqa: S311 - no secret
    speech = _Speech(voice, options, random)
    at_us = rounded(random.random() * options.interval_us)
    while at_us < options.end_us:
        yield speech.breath(at_us)
        spread = options.jitter * random.uniform(-1, 1)
        at_us += rounded(options.interval_us * (1 + spread))
    yield speech.last()


class _Speech:
    """What a voice remembers from one breath to the next."""

    def __init__(self, voice: Voice, options: Options, random: Random) -> None:
        self._voice = voice
        self._options = options
        self._random = random
        self._lives = [(device, _life(voice, device, options)) for device in voice.devices]
        self._cuts = life.spells(self._random, options.cut)
        self._cut = next(self._cuts, None)
        self._told_us = 0
        self._boot = 0
        self._seq = 0

    def breath(self, at_us: int) -> Breath:
        began = self._live(at_us)
        is_silent = self._is_cut(at_us) or (self._voice.is_own and not self._is_awake(at_us))
        if is_silent:
            sends: list[Send] = []
        elif self._voice.is_cumulative:
            sends = list(self._tell(at_us))
        else:
            sends = list(self._beat(at_us))
        return Breath(at_us, began, sends)

    def last(self) -> Breath:
        """What began after the last word is true as well."""
        return Breath(self._options.end_us, self._live(self._options.end_us), [])

    # -- what is said ------------------------------------------------------------------------

    def _beat(self, at_us: int) -> Iterator[Send]:
        going_on = [(device, memory.now(at_us)) for device, memory in self._lives]
        yield from self._on_its_way(at_us, at_us, [(d, w) for d, w in going_on if w is not None])
        self._forget(at_us - 1)

    def _tell(self, at_us: int) -> Iterator[Send]:
        """All that is not told yet, piece by piece if it is too much for one message."""
        most = 1 if self._voice.is_own else MOST_ENTRIES
        while self._told_us < at_us:
            watches = [(device, w) for device, memory in self._lives for w in memory.untold]
            upto_us = at_us
            if len(watches) > most:
                upto_us = min(at_us, sorted(watch.start_us for _, watch in watches)[most])
                watches = [(d, watch) for d, watch in watches if watch.start_us < upto_us]
            sends = list(self._on_its_way(at_us, upto_us, watches))
            yield from sends
            if any(send.is_lost for send in sends):
                return  # It knows, and will say it again.
            self._told_us = upto_us
            self._forget(upto_us)

    def _on_its_way(self, at_us: int, upto_us: int, watches: Told) -> Iterator[Send]:
        """The message, and what becomes of it: lost, overtaken, doubled."""
        if not watches:
            return
        options, chance = self._options, self._random.random
        send = self._message(at_us, upto_us, watches)
        if chance() < options.disordered:
            send = self._held_back(send)
        if chance() < options.lost:
            yield msgspec.structs.replace(send, is_lost=True)
            return
        yield send
        if chance() < options.duplicated:
            yield msgspec.structs.replace(self._held_back(send), is_repeat=True)

    def _held_back(self, send: Send) -> Send:
        if self._voice.is_timed_on_arrival:
            return send  # Later, it would say something else.
        delay_us = rounded(self._random.random() * self._options.disorder_s * SECOND_US)
        return msgspec.structs.replace(send, due_us=send.due_us + delay_us)

    def _message(self, at_us: int, upto_us: int, watches: Told) -> Send:
        clock = self._voice.clock
        claims = tuple(self._claim(device, watch, upto_us) for device, watch in watches)
        errors = [0] if clock.is_right else list(self._errors(at_us, upto_us, watches))
        first, self._seq = self._seq, self._seq + len(claims)
        return Send(
            due_us=at_us,
            voice=self._voice,
            from_us=max(self._told_us, min(watch.start_us for _, watch in watches)),
            at_us=upto_us,
            claims=claims,
            boot=self._boot,
            seq=first,
            error_us=clock.error_at(at_us),
            errors_us=(min(errors), max(errors)),
        )

    def _claim(self, device: Device, watch: Watch, upto_us: int) -> Claim:
        clock, at_us = self._voice.clock, min(upto_us, watch.end_us)
        since_us = watch.start_us if self._voice.is_cumulative else None
        if not clock.is_right:
            at_us = clock.told_at(at_us)
            since_us = None if since_us is None else since_us + clock.error_at(since_us)
        return Claim(device, at_us, since_us, watch.state)

    def _errors(self, at_us: int, upto_us: int, watches: Told) -> Iterator[int]:
        """How wrong every instant of the message is, by the clock that tells it."""
        clock = self._voice.clock
        yield clock.error_at(at_us)
        for _, watch in watches:
            yield clock.error_at(min(upto_us, watch.end_us) - 1)
            if self._voice.is_cumulative:
                yield clock.error_at(watch.start_us)

    # -- what it knows -----------------------------------------------------------------------

    def _live(self, until_us: int) -> list[tuple[Device, Watch]]:
        return [(device, w) for device, memory in self._lives for w in memory.live(until_us)]

    def _forget(self, told_us: int) -> None:
        for _, memory in self._lives:
            memory.forget(told_us)

    def _is_awake(self, at_us: int) -> bool:
        """Whether the device is on; when it is again, it knows nothing of the time before."""
        _, memory = self._lives[0]
        now = memory.now(at_us)
        if now is None:
            return False
        if now.run != self._boot:
            self._boot, self._seq = now.run, 0
            memory.untold = [watch for watch in memory.untold if watch.run == now.run]
        return True

    def _is_cut(self, at_us: int) -> bool:
        while self._cut is not None and self._cut[1] <= at_us:
            self._cut = next(self._cuts, None)
        return self._cut is not None and self._cut[0] <= at_us


def _life(voice: Voice, device: Device, options: Options) -> Memory:
    lived = life.watches(
        Random(f"{options.seed}/device/{device.number}"),  # noqa: S311 - no secret
        _fate(voice, device, options),
        steps=voice.clock.steps(),
        end_us=options.end_us,
    )
    return Memory.of(lived)


def _fate(voice: Voice, device: Device, options: Options) -> Fate:
    """What can happen to it that those who speak of it have a word for."""
    if device.is_gateway:
        return Fate()  # What is behind it fails, and its link.
    match voice.dialect:
        case DialectName.GATEWAY | DialectName.HEARTBEAT:
            return Fate(options.off, options.faulty)
        case DialectName.FRIGATE:
            # A camera that is off is one without a picture.
            trouble = options.faulty if options.faulty.share else options.off
            return Fate(faulty=trouble, faults=(WatchState.SIGNAL_LOSS,))
        case _:
            return Fate(options.off)


def rounded(length_us: float) -> int:
    """In whole milliseconds, as devices tell the time, and never nothing."""
    return max(1, round(length_us / MILLISECOND_US)) * MILLISECOND_US
