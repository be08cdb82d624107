"""`giamsat simulate` as it is typed: every option, and the words for what went wrong."""

import asyncio
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from services.cli.simulate.verify.promise import Promise
from shared.runtime.errors import GiamsatError

_console = Console(highlight=False)
_complaints = Console(highlight=False, stderr=True)

Data = Annotated[
    Path | None,
    typer.Option("--data", help="Of a running `giamsat up`; without, the environment names all."),
]


def _says(words: str) -> Any:
    return typer.Option(help=words)


def simulate(
    data: Data = None,
    facilities: Annotated[int, _says("How many facilities.")] = 1,
    devices: Annotated[int, _says("Devices in each.")] = 16,
    interval: Annotated[float, _says("Seconds between messages.")] = 30,
    jitter: Annotated[float, _says("Share of the interval by which one may be off.")] = 0.1,
    dialect: Annotated[
        list[str] | None, _says("NAME or NAME=WEIGHT, again for a mixture; gateway.")
    ] = None,
    plain: Annotated[float, _says("Share of the speakers without `since`.")] = 0,
    signed: Annotated[float, _says("Share of the devices that sign.")] = 0,
    off: Annotated[float, _says("Share of time that devices are off.")] = 0,
    off_s: Annotated[float, _says("… for so long on average.")] = 60,
    cut: Annotated[float, _says("Share of time that links are cut.")] = 0,
    cut_s: Annotated[float, _says("… for so long on average.")] = 60,
    faulty: Annotated[float, _says("Share of time that a picture is of no use.")] = 0,
    faulty_s: Annotated[float, _says("… for so long on average.")] = 60,
    wrong_clocks: Annotated[float, _says("Share of the speakers with a wrong clock.")] = 0,
    clock_error_s: Annotated[float, _says("By how much it is wrong at most.")] = 30,
    lost: Annotated[float, _says("Share of messages that never leave.")] = 0,
    duplicated: Annotated[float, _says("Share of messages that come twice.")] = 0,
    disordered: Annotated[float, _says("Share of messages that are overtaken.")] = 0,
    disorder_s: Annotated[float, _says("… by so much at most.")] = 5,
    seconds: Annotated[float | None, _says("How much time is simulated; 60.")] = None,
    messages: Annotated[int | None, _says("End after so many messages.")] = None,
    rate: Annotated[float | None, _says("At most so many messages a second.")] = None,
    speed: Annotated[float, _says("So many times as fast, from a past that ends now.")] = 1,
    seed: Annotated[int, _says("The same seed makes the same plan.")] = 1,
    name: Annotated[str | None, _says("Part of the codes: SIM-NAME-…; the seed.")] = None,
    truth: Annotated[Path | None, _says("The truth file; it is appended to.")] = None,
    fsync: Annotated[bool, typer.Option("--fsync", help="The truth is on disk first.")] = False,
    acks: Annotated[bool, _says("Say again what is not acknowledged end to end.")] = True,
    linger: Annotated[float, _says("Seconds to wait at the end for what is open.")] = 10,
    remove: Annotated[
        bool, typer.Option("--remove", help="Retire all that was simulated.")
    ] = False,
) -> None:
    """Send what many invented devices would send, and write down what is true of them."""
    typed = dict(locals())
    raise typer.Exit(_in_words(_removed(data) if remove else _simulated(typed)))


def verify_coverage(
    truth: Annotated[Path, typer.Argument(help="The truth file that `simulate` wrote.")],
    data: Data = None,
    promise: Annotated[Promise, _says("What must not be lost.")] = (Promise.DELIVERED),
    wait: Annotated[float, _says("Seconds to wait until the platform has seen all.")] = 15,
) -> None:
    """Compare what was true with what the database says, second by second; 1 if they differ."""
    raise typer.Exit(_in_words(_verified(truth, data, promise, wait)))


async def _verified(truth: Path, data: Path | None, promise: Promise, wait_s: float) -> int:
    from services.cli.simulate.verify import check  # noqa: PLC0415

    is_good, lines = await check.verify(truth, data, promise=promise, wait_s=wait_s)
    for line in lines:
        _console.print(line, markup=False, soft_wrap=isinstance(line, str))
    return 0 if is_good else 1


async def _removed(data: Path | None) -> int:
    from services.cli.simulate import session  # noqa: PLC0415 - the other commands start without it

    await session.remove(data, _tell)
    return 0


async def _simulated(typed: Mapping[str, Any]) -> int:
    from services.cli.simulate import options, session  # noqa: PLC0415
    from services.cli.simulate.run import Manner  # noqa: PLC0415

    plan = options.of_words(typed)
    manner = Manner(typed["speed"], typed["rate"], typed["acks"], typed["linger"])
    name = typed["name"] or str(plan.seed)
    asked = session.Asked(typed["data"], name, typed["truth"], typed["fsync"], manner)
    await session.simulate(asked, plan, _tell)
    if asked.truth is not None:
        where = "" if asked.data is None else f" --data {asked.data}"
        _tell(f"compare with  giamsat verify-coverage {asked.truth}{where}")
    return 0


def _in_words(work: Coroutine[Any, Any, int]) -> int:
    """The exit code; what goes wrong on purpose is said in one line each."""
    faults: list[Exception] = []
    code = 1
    try:
        code = asyncio.run(work)
    except* (GiamsatError, OSError) as group:
        faults = _leaves(group)
    for fault in faults:
        _complaints.print(str(fault), style="red", markup=False, soft_wrap=True)
    return code


def _leaves(group: BaseExceptionGroup[Exception]) -> list[Exception]:
    leaves: list[Exception] = []
    for fault in group.exceptions:
        leaves += _leaves(fault) if isinstance(fault, BaseExceptionGroup) else [fault]
    return leaves


def _tell(words: str) -> None:
    _console.print(words, markup=False, soft_wrap=True)
