"""The comparison as a person reads it: the worst devices, what is excused, and one last line."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from rich.console import RenderableType
from rich.table import Table

from services.cli.simulate.verify.compare import Us, Verdict, seconds
from services.cli.simulate.verify.demand import Reason

WORST: Final = 10
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def report(verdicts: Sequence[Verdict], *, window_s: int) -> Iterator[RenderableType]:
    bad = sorted((v for v in verdicts if not v.is_good), key=_badness, reverse=True)
    if bad:
        yield _table(bad[:WORST])
        if len(bad) > WORST:
            yield f"… and {len(bad) - WORST:,} more devices"
    yield from _excuses(verdicts)
    yield last_line(verdicts, window_s=window_s)


def last_line(verdicts: Sequence[Verdict], *, window_s: int) -> str:
    lost = sum(seconds(verdict.lost) for verdict in verdicts)
    invented = sum(seconds(verdict.invented) for verdict in verdicts)
    return (
        f"lost_s={lost} invented_s={invented} devices={len(verdicts)} "
        f"seconds={window_s * len(verdicts)}"
    )


def _badness(verdict: Verdict) -> int:
    return sum(map(seconds, (verdict.lost, verdict.invented, verdict.mistaken, verdict.misjudged)))


def _table(bad: Sequence[Verdict]) -> Table:
    table = Table("device", box=None, pad_edge=False)
    for column in ("lost s", "invented s", "wrong fault s", "wrong quality s"):
        table.add_column(column, justify="right")
    table.add_column("first at (UTC)")
    for verdict in bad:
        spans = (verdict.lost, verdict.invented, verdict.mistaken, verdict.misjudged)
        figures = [f"{seconds(each):,}" if each else "" for each in spans]
        name = f"{verdict.facility}/{verdict.device}"
        table.add_row(name, *figures, _first(spans))
    return table


def _first(spans: Sequence[Us]) -> str:
    first_us = min(each[0][0] for each in spans if each)
    return (_EPOCH + timedelta(microseconds=first_us)).strftime("%Y-%m-%d %H:%M:%S.%f")


def _excuses(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """What is not on record and need not be, and the other way round: counted, not hidden."""
    for reason in Reason:
        total = sum(seconds(verdict.excused.get(reason, ())) for verdict in verdicts)
        if total:
            yield f"watched, not credited: {total:,} s {reason}"
    surplus = sum(seconds(verdict.surplus) for verdict in verdicts)
    if surplus:
        yield f"credited, not watched: {surplus:,} s that a wrong clock or a beat may claim"
