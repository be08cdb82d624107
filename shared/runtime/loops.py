"""Loops that outlive a fault of the outside world, and tell it once when it begins and ends."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from shared.runtime import database_faults, logging
from shared.runtime.errors import GiamsatError

log = logging.get(__name__)

#: What the outside world does: it goes away and comes back. Anything else is a bug and ends us.
TRANSIENT: Final[tuple[type[Exception], ...]] = (
    OSError,
    TimeoutError,
    *database_faults.FAULTS,
)


def is_transient(error: BaseException) -> bool:
    """Whether trying again may help."""
    if isinstance(error, GiamsatError):
        return error.retryable
    return isinstance(error, TRANSIENT) and not isinstance(error, database_faults.WRONG)


async def every(
    seconds: float,
    body: Callable[[], Awaitable[object]],
    *,
    name: str,
    stop: asyncio.Event,
    retry_s: float = 0.5,
) -> None:
    """Run `body` each so many seconds until `stop` is set, through faults of the outside world.

    However short the interval, a failing body is not tried again before `retry_s`.
    """
    failing = False
    while not stop.is_set():
        failing = not await _survive(body, name=name, failing=failing)
        await pause(max(seconds, retry_s) if failing else seconds, stop)


async def until_done(
    body: Callable[[], Awaitable[object]], *, name: str, stop: asyncio.Event, pause_s: float = 0.5
) -> bool:
    """Run `body` until it succeeds once; False if it failed after `stop` was set."""
    failing = False
    while True:
        failing = not await _survive(body, name=name, failing=failing)
        if not failing or stop.is_set():
            return not failing
        await pause(pause_s, stop)


async def _survive(body: Callable[[], Awaitable[object]], *, name: str, failing: bool) -> bool:
    """Run once; False if the outside world failed. Told when it begins and when it ends."""
    try:
        await body()
    except Exception as exc:  # the one broad catch: transient faults are tried again
        if not is_transient(exc):
            raise
        if not failing:
            log.warning("loop_failed", loop=name, error=type(exc).__name__, reason=str(exc))
        return False
    if failing:
        log.info("loop_recovered", loop=name)
    return True


def guarded(work: Callable[..., None], failed: Callable[..., None]) -> Callable[..., None]:
    """`work`, whatever it raises: then `failed` is called with the error and the same arguments.

    For what strangers send: no single message may end what serves all others.
    """

    def call(*what: object) -> None:
        try:
            work(*what)
        except Exception as exc:  # noqa: BLE001 - nobody foresaw it; the caller must go on
            failed(exc, *what)

    return call


async def pause(seconds: float, stop: asyncio.Event) -> None:
    """Wait, but no longer than until `stop` is set."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
