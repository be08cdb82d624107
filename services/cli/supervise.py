"""Child processes that are started, kept running, and stopped without leaving an orphan."""

import asyncio
import ctypes
import os
import signal
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from services.cli.log_files import opened_for_append, tail
from shared.runtime import logging, loops
from shared.runtime.errors import GiamsatError

log = logging.get(__name__)

#: A child that lived so long was healthy: its next death begins a new count.
HEALTHY_AFTER_S = 30.0
PROBE_EVERY_S = 0.05
#: A first start is tried so often again: what was killed a moment ago may still be in the way.
GIVEN_UP_AFTER = 4
_PR_SET_PDEATHSIG = 1
# Looked up before any fork: a forked child should do as little as possible.
_prctl = ctypes.CDLL(None, use_errno=True).prctl


async def _nothing() -> None:
    return


@dataclass(frozen=True, slots=True)
class Child:
    """How to run one process, how to see that it serves, and how to end it."""

    name: str
    command: Sequence[str]
    log_file: Path
    env: Mapping[str, str]
    is_ready: Callable[[], Awaitable[bool]]
    before_start: Callable[[], Awaitable[None]] = _nothing
    user: int | None = None
    cwd: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_within_s: float = 8.0
    #: What the kernel sends it should we die without a word.
    orphan_signal: signal.Signals = signal.SIGKILL


class NotReadyError(GiamsatError):
    """A child did not come up; the end of its log says why."""

    def __init__(self, child: Child) -> None:
        super().__init__(
            f"{child.name} did not start. The end of {child.log_file}:\n{tail(child.log_file)}"
        )
        self.name = child.name


def delay_s(deaths: int) -> float:
    """How long to wait before the next start: not at all, then longer, two seconds at most."""
    return 0.0 if deaths <= 1 else min(2.0, 0.25 * 2 ** (deaths - 1))


@dataclass(slots=True)
class _Kept:
    """One child, and what is known of its running process."""

    child: Child
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    process: Process | None = None
    deaths: int = 0
    task: asyncio.Task[None] | None = None


class Supervisor:
    """Keeps children running. `on_change` hears of every new process, `on_news` of trouble."""

    def __init__(
        self,
        on_change: Callable[[], None] = lambda: None,
        on_news: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._kept: dict[str, _Kept] = {}
        self._on_change = on_change
        self._on_news = on_news
        #: Fails when a child cannot be kept running through a fault of our own.
        self.broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def pids(self) -> dict[str, int]:
        return {
            name: kept.process.pid
            for name, kept in self._kept.items()
            if kept.process is not None and kept.process.returncode is None
        }

    async def start(self, child: Child, *, within_s: float = 60.0) -> None:
        """Start a child and return when it serves. From here on it is kept running."""
        kept = _Kept(child)
        self._kept[child.name] = kept
        kept.task = asyncio.create_task(self._keep(kept), name=f"keep {child.name}")
        kept.task.add_done_callback(self._note)
        ready = asyncio.create_task(kept.ready.wait(), name=f"await {child.name}")
        done, _ = await asyncio.wait(
            (kept.task, ready), timeout=within_s, return_when=asyncio.FIRST_COMPLETED
        )
        ready.cancel()
        if kept.task in done:
            kept.task.result()
        if ready not in done:
            raise NotReadyError(child)

    async def stop(self, names: Iterable[str]) -> None:
        """End these children, all at once, each within its own time."""
        kept = [self._kept[name] for name in names if name in self._kept]
        await asyncio.gather(*(_end(one) for one in kept))
        for one in kept:
            del self._kept[one.child.name]

    def _note(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (fault := task.exception()) and not self.broken.done():
            self.broken.set_exception(fault)
            self.broken.exception()  # seen: a fault during the start is told by `start`

    async def _keep(self, kept: _Kept) -> None:
        while not kept.stop.is_set():
            lived_s = await self._run(kept)
            if kept.stop.is_set():
                return
            if not kept.ready.is_set() and kept.deaths >= GIVEN_UP_AFTER:
                raise NotReadyError(kept.child)
            kept.deaths = 1 if lived_s >= HEALTHY_AFTER_S else kept.deaths + 1
            await loops.pause(delay_s(kept.deaths), kept.stop)

    async def _run(self, kept: _Kept) -> float:
        """One life of a child; returns how long it lasted."""
        clock = asyncio.get_running_loop().time
        started_at = clock()
        try:
            await kept.child.before_start()
            process = kept.process = await _spawn(kept.child)
        except loops.TRANSIENT as exc:
            log.warning("child_could_not_start", child=kept.child.name, reason=str(exc))
            return 0.0
        self._on_change()
        announcing = asyncio.create_task(_announce(kept), name=f"probe {kept.child.name}")
        code = await process.wait()
        announcing.cancel()
        _signal_group(process.pid, signal.SIGKILL)  # what it may have left behind
        if not kept.stop.is_set() and kept.deaths == 0:
            log.warning("child_died", child=kept.child.name, code=code)
            self._on_news(f"{kept.child.name} ended ({_reason(code)}); it is started again.")
        return clock() - started_at


async def _announce(kept: _Kept) -> None:
    """Wait until the child serves; say so if it had died before."""
    while not await kept.child.is_ready():  # noqa: ASYNC110 - another process cannot set an event
        await asyncio.sleep(PROBE_EVERY_S)
    kept.ready.set()
    if kept.deaths:
        log.info("child_came_back", child=kept.child.name, pid=kept.process and kept.process.pid)
    await asyncio.sleep(HEALTHY_AFTER_S)
    kept.deaths = 0


async def _spawn(child: Child) -> Process:
    with opened_for_append(child.log_file) as output:
        return await asyncio.create_subprocess_exec(
            *child.command,
            env=dict(child.env),
            user=child.user,
            cwd=child.cwd,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=_dying_with_parent(os.getpid(), child.orphan_signal),
        )


def _dying_with_parent(parent: int, number: signal.Signals) -> Callable[[], None]:
    """Run in the new process after its user is set, for a change of user forgets the signal."""

    def ask_the_kernel() -> None:
        _prctl(_PR_SET_PDEATHSIG, int(number))
        if os.getppid() != parent:
            os._exit(1)

    return ask_the_kernel


async def _end(kept: _Kept) -> None:
    kept.stop.set()
    process = kept.process
    if process is not None and process.returncode is None:
        process.send_signal(kept.child.stop_signal)
        try:
            async with asyncio.timeout(kept.child.stop_within_s):
                await process.wait()
        except TimeoutError:
            log.warning("child_was_killed", child=kept.child.name)
            _signal_group(process.pid, signal.SIGKILL)
    if kept.task is not None:
        await asyncio.gather(kept.task, return_exceptions=True)


def _reason(code: int) -> str:
    return f"code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"


def _signal_group(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        return
