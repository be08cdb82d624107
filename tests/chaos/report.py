"""What fault runs tell at their end; the last line is for machines."""

import gzip
import hashlib
import statistics
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.bench.__main__ import machine
from tests.chaos.ingest import Outcome

#: Every claim and acknowledgement of all runs.
LEDGER = Path("bench/chaos-ledger.json.gz")
#: What the workers of all runs logged.
LOG = Path("bench/chaos-workers.log.gz")
#: So many findings are shown in full.
_SHOWN = 40


def lines(outcome: Outcome) -> Iterator[str]:
    """The whole report."""
    book = outcome.casebook
    trials = book.trials.total()
    yield f"seed {outcome.seed}, {outcome.runs} runs, {outcome.looks} looks at the database"
    yield f"faults: {trials}: {_listed(book.trials)}"
    yield f"surprises: {_listed(book.surprises)}"
    yield f"claims and messages: {_listed(book.counts)}"
    yield f"refused: {_listed(book.refused)}"
    held_s = {column: us / 1e6 for column, us in book.held_us.items()}
    yield f"on record, seconds: {_listed(held_s)}"
    yield f"missing: {_missing(outcome)}"
    yield f"recovery: {_recovery(book.recoveries_s)}; stuck after: {_listed(book.stuck)}"
    yield _bound(trials, has_failed=bool(outcome.findings))
    yield f"kept: {LOG}; {LEDGER}, SHA-256 {_kept(outcome.ledgers)}"
    yield f"machine: {', '.join(f'{what} {value}' for what, value in machine().items())}"
    for finding in outcome.findings[:_SHOWN]:
        yield f"FOUND {finding}"[:500]
    caught = [name for name, is_caught in outcome.caught.items() if is_caught]
    missed = [name for name, is_caught in outcome.caught.items() if not is_caught]
    yield f"controls caught: {', '.join(caught) or 'none'}"
    if missed:
        yield f"controls MISSED: {', '.join(missed)}"
    yield (
        f"lost_s={outcome.lost_us / 1e6:g} invented_s={outcome.invented_us / 1e6:g} "
        f"kills={book.kills} controls={len(caught)}/{len(outcome.caught)}"
    )


def _listed(counts: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {count:,.0f}" for name, count in sorted(counts.items())) or "none"


def _missing(outcome: Outcome) -> str:
    """Lost is what was acknowledged; of the rest nobody was told that it need not be kept."""
    return (
        f"{outcome.lost_us / 1e6:,.0f} s although acknowledged; "
        f"{outcome.waiting_us / 1e6:,.0f} s of {outcome.untold:,} claims not acknowledged in time"
    )


def _recovery(times_s: list[float]) -> str:
    """From the end of a fault until something new is acknowledged end to end."""
    if len(times_s) < 2:
        return "too few"
    cuts = statistics.quantiles(times_s, n=100, method="inclusive")
    return f"p50 {cuts[49]:.2f} s, p99 {cuts[98]:.2f} s, max {max(times_s):.2f} s of {len(times_s)}"


def _bound(trials: int, *, has_failed: bool) -> str:
    if has_failed or not trials:
        return "no bound can be given"
    return f"0 failures in {trials} trials: below {3 / trials:.2%} each, at 95 % (rule of three)"


def _kept(ledgers: list[Path]) -> str:
    """All ledgers in one file, all logs in another; the hash of the first."""
    LEDGER.parent.mkdir(exist_ok=True)
    logs = [path.with_suffix(".log") for path in ledgers]
    for file, parts in ((LEDGER, ledgers), (LOG, logs)):
        file.write_bytes(gzip.compress(b"".join(part.read_bytes() for part in parts), mtime=0))
    return hashlib.sha256(LEDGER.read_bytes()).hexdigest()
