"""One run of the simulator: connects, drives the plan, and waits for what is not settled."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from typing import Final

from services.api.broker_access import BrokerUnavailableError
from services.cli.simulate import truth
from services.cli.simulate.access import Client, Doorman, clients
from services.cli.simulate.cast import Device, Facility
from services.cli.simulate.desk import Desk
from services.cli.simulate.dialects import ENCODERS
from services.cli.simulate.dialects.base import Moment, Sign
from services.cli.simulate.driver import Driver
from services.cli.simulate.lines import Ear, Line
from services.cli.simulate.options import Options
from services.cli.simulate.pace import Pace, history_us
from services.cli.simulate.place import Place
from services.cli.simulate.plan import plan
from services.cli.simulate.registration import Registered, signing_key
from services.cli.simulate.truth_file import TruthFile
from shared.contracts.heartbeat import to_us
from shared.contracts.signing import Signed, canonical
from shared.runtime import clock, loops
from shared.runtime.ed25519 import SigningKey
from shared.runtime.errors import GiamsatError

CONNECT_WITHIN_S: Final = 20.0
NONCE_WITHIN_S: Final = 2.0
TEND_EVERY_S: Final = 0.2
TELL_EVERY_S: Final = 1.0


class UnreachableError(GiamsatError):
    """The broker did not take us."""

    def __init__(self, place: Place) -> None:
        super().__init__(f"No connection to the broker at {place.mqtt_host}:{place.mqtt_port}.")


@dataclass(frozen=True, slots=True)
class Manner:
    """How a plan is carried out."""

    speed: float = 1.0
    rate: float | None = None
    wants_acks: bool = True
    #: How long to wait at the end for what is not settled.
    linger_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Run:
    """All that one run needs."""

    name: str
    options: Options
    manner: Manner
    cast: Sequence[Facility]
    registered: Registered
    place: Place


async def perform(
    run: Run,
    file: TruthFile,
    doorman: Doorman,
    *,
    stop: asyncio.Event,
    tell: Callable[[str], None],
) -> Desk:
    """From the first connection to the last answer."""
    moment = Moment(0, 0, _signer(run.options.seed))
    manner = run.manner
    desk = Desk(file.write, ENCODERS, moment, clock_us=clock.now_us, wants_acks=manner.wants_acks)
    async with _connected(run, desk, doorman):
        await _heard_nonce(run, desk)
        # All that takes time comes before the clock starts.
        driver, roll = Driver(plan(run.cast, run.options), desk), taking_part(run)
        began_us = clock.now_us() // 1000 * 1000
        moment.start_us = began_us - history_us(run.options.seconds, manner.speed) // 1000 * 1000
        file.write([_head(run, moment.start_us), *roll])
        pace = Pace(began_us, manner.speed, manner.rate)
        async with _tended(desk, began_us, tell):
            await driver.drive(pace, clock.now_us, stop)
            await _settled(desk, manner)
        desk.ended(clock.now_us())
    return desk


@asynccontextmanager
async def _connected(run: Run, desk: Desk, doorman: Doorman) -> AsyncIterator[None]:
    """All connections, kept for the length of the block; afterwards the broker forgets us."""
    admitted = clients(run.name, [facility.code for facility in run.cast], run.place)
    ear = Ear(desk.on_answer, desk.on_acknowledged, desk.on_nonce, desk.on_connected)
    desk.seat(
        [Line(number, client, run.place, ear) for number, client in enumerate(admitted)],
        [client.facilities for client in admitted],
    )
    leave = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for number, line in enumerate(desk.lines):
            group.create_task(line.keep(doorman, leave), name=f"line {number}")
        try:
            await _all_connected(desk.lines, run.place)
            yield
        finally:
            leave.set()
    await _dismissed(doorman, admitted)


async def _all_connected(lines: Sequence[Line], place: Place) -> None:
    try:
        async with asyncio.timeout(CONNECT_WITHIN_S):
            for line in lines:
                await line.connected.wait()
    except TimeoutError as exc:
        raise UnreachableError(place) from exc


async def _dismissed(doorman: Doorman, admitted: Sequence[Client]) -> None:
    """A broker that is gone forgets us by itself: it reads from the registry whom to admit."""
    with suppress(BrokerUnavailableError):
        await doorman.dismiss(client.username for client in admitted)


async def _heard_nonce(run: Run, desk: Desk) -> None:
    """What is signed should be signed with it; a platform without one has none."""
    if run.options.signed:
        await loops.pause(NONCE_WITHIN_S, desk.heard_nonce)


@asynccontextmanager
async def _tended(desk: Desk, began_us: int, tell: Callable[[str], None]) -> AsyncIterator[None]:
    """While messages come and go, somebody writes down what became of them."""

    async def tend() -> None:
        desk.tend(clock.now_us())

    async def report() -> None:
        after_s = (clock.now_us() - began_us) / 1e6
        tell(desk.tally.progress(desk.outbox, after_s=after_s))

    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(loops.every(TEND_EVERY_S, tend, name="tend", stop=stop))
        group.create_task(loops.every(TELL_EVERY_S, report, name="report", stop=stop))
        try:
            yield
        finally:
            stop.set()


async def _settled(desk: Desk, manner: Manner) -> None:
    """Until nothing is open, but not for ever."""
    desk.is_settled.clear()
    await loops.pause(manner.linger_s, desk.is_settled)


def _head(run: Run, start_us: int) -> truth.Line:
    return truth.Run(run.name, start_us, start_us + run.options.end_us, asdict(run.options))


def taking_part(run: Run) -> list[truth.Line]:
    """Who is there, and who speaks of whom."""
    lines: list[truth.Line] = []
    for facility in run.cast:
        spoken = [device for voice in facility.voices for device in voice.devices]
        lines += [_device(run, device) for device in spoken]
        lines += [
            truth.Voice(
                voice=voice.number,
                facility=voice.facility,
                speaker=voice.speaker,
                dialect=voice.dialect,
                devices=tuple(device.number for device in voice.devices),
                is_cumulative=voice.is_cumulative,
                is_timed_on_arrival=voice.is_timed_on_arrival,
            )
            for voice in facility.voices
        ]
    return lines


def _device(run: Run, device: Device) -> truth.Device:
    return truth.Device(
        device=device.number,
        facility=device.facility,
        code=device.code,
        interval_s=run.options.interval_s,
        registered_us=to_us(run.registered[device.facility, device.code]),
        is_signing=device.is_signing,
    )


def _signer(seed: int) -> Sign:
    keys: dict[int, SigningKey] = {}

    def sign(device: Device, signed: Signed) -> str:
        key = keys.get(device.number)
        if key is None:
            key = keys[device.number] = signing_key(seed, device)
        return base64.b64encode(key.sign(canonical(signed))).decode()

    return sign
