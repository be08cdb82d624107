"""Planted bugs: each is a few lines that could stand in a bad version of the product.

They live in the test-only worker process and nowhere else. `controls` says what each must look like
to the oracle.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from sqlalchemy import text

from services.ingest import flush, judge, queries
from services.ingest import track as track_module
from services.ingest.acks import Acks
from services.ingest.flush import Batch
from services.ingest.judge import Claim, Judge
from services.ingest.track import Track
from services.ingest.worker import Worker
from shared.contracts import heartbeat
from shared.domain import evidence
from shared.domain.heartbeat import Limits
from shared.domain.states import WatchState
from shared.runtime import database_faults

Kind = type[Worker]
#: A bug makes another worker of a worker; some only change what the worker uses.
BUGS: Final[dict[str, Callable[[Any], Kind]]] = {}


def bug(plant: Callable[[Any], Kind]) -> Callable[[Any], Kind]:
    """Known by the name of its function."""
    BUGS[plant.__name__] = plant
    return plant


def planted(kind: Kind, name: str) -> Kind:
    return BUGS[name](kind)


# -- the order of things -------------------------------------------------------------------


@bug
def ack_before_commit(kind: Any) -> Kind:
    """Tell everybody first, then write."""

    class Hasty(kind):  # type: ignore[misc] # any kind of worker
        async def _write(self, batch: Batch) -> None:
            self._acknowledge(batch)
            self._tell(batch)
            await super()._write(batch)

    return Hasty


@bug
def autoack(kind: Any) -> Kind:
    """Acknowledge on arrival, as many MQTT libraries do."""

    class Automatic(kind):  # type: ignore[misc] # any kind of worker
        def _receive(self, post: Any, *message: Any) -> None:
            super()._receive(post, *message)
            post.session.acknowledge(post.packet_ids)
            post.session.publish_all(self._inbox.beats.acks.messages())
            post.packet_ids = []
            self._inbox.beats.acks = Acks()

    return Automatic


@bug
def batch_lost_on_error(kind: Any) -> Kind:
    """A failed commit is noted, and the work goes on as if it had succeeded."""

    class Careless(kind):  # type: ignore[misc] # any kind of worker
        async def _write(self, batch: Batch) -> None:
            try:
                await super()._write(batch)
            except database_faults.FAULTS:
                return

    return Careless


@bug
def watermark_past_uncommitted(kind: Any) -> Kind:
    """Whoever flushes now has seen everything until now."""

    class Boastful(kind):  # type: ignore[misc] # any kind of worker
        def _take(self, asked: Any) -> Batch:
            batch: Batch = super()._take(asked)
            for receipt in batch.receipts:
                receipt.sight = replace(receipt.sight, seen_until_us=self._now_us())
            return batch

    return Boastful


# -- time ----------------------------------------------------------------------------------


@bug
def closed_interval_ends(kind: Any) -> Kind:
    """The last microsecond belongs to the interval too."""
    rewrite("to_timestamp(end_us / 1e6))", "to_timestamp(end_us / 1e6), '[]')")
    return same(kind)


@bug
def whole_seconds(kind: Any) -> Kind:
    """A second that was begun counts whole."""

    def widened(span: Any) -> Any:
        if not isinstance(span, tuple):
            return span
        return span[0] // 10**6 * 10**6, math.ceil(span[1] / 10**6) * 10**6

    swap(judge, "attested", lambda honest: lambda *at, **more: widened(honest(*at, **more)))
    return same(kind)


@bug
def naive_local_day(kind: Any) -> Kind:
    """Days end at midnight in Greenwich."""
    swap(flush, "split_by_day", lambda honest: lambda start, end, _: honest(start, end, "UTC"))
    return same(kind)


@bug
def naive_local_time(kind: Any) -> Kind:
    """What stands before the offset is the time."""

    def naive(moment: Any) -> Any:
        return moment.replace(tzinfo=UTC) if isinstance(moment, datetime) else moment

    swap(heartbeat, "to_us", lambda honest: lambda moment: honest(naive(moment)))
    return same(kind)


@bug
def future_accepted(kind: Any) -> Kind:
    """A device's clock is always right."""
    swap(Judge, "_shift", lambda _: lambda *_: 0)
    swap(judge, "attested", lambda _: lambda at_us, since_us, **_: (since_us, at_us))
    return same(kind)


@bug
def before_registration_accepted(kind: Any) -> Kind:
    """What a device did before we knew it counts as well."""
    return with_limits(kind, registered_us=0)


@bug
def too_old_accepted(kind: Any) -> Kind:
    """However old it is."""
    return with_limits(kind, limits=Limits(backfill_us=1 << 62))


@bug
def retirement_ignored(kind: Any) -> Kind:
    """Once registered, always registered."""

    def lasting(track: Track) -> Track:
        track.retired_us = None
        return track

    swap(
        Judge,
        "credit_claim",
        lambda honest: lambda self, track, claim: honest(self, lasting(track), claim),
    )
    return same(kind)


@bug
def late_counted_as_live(kind: Any) -> Kind:
    """It was true when it was said."""
    swap(
        track_module,
        "split_by_arrival",
        lambda _: lambda start, end, **_: ((start, start), (start, end)),
    )
    return same(kind)


# -- what counts ---------------------------------------------------------------------------


@bug
def retained_accepted(kind: Any) -> Kind:
    """The retain flag says nothing."""

    class Gullible(kind):  # type: ignore[misc] # any kind of worker
        def _receive(self, *message: Any) -> None:
            super()._receive(*message[:-1], False)

    return Gullible


@bug
def faults_ignored(kind: Any) -> Kind:
    """A camera that is alive watches."""

    def well(claim: Claim) -> Claim:
        return msgspec.structs.replace(claim, state=WatchState.OK)

    swap(
        Judge,
        "credit_claim",
        lambda honest: lambda self, track, claim: honest(self, track, well(claim)),
    )
    return same(kind)


@bug
def last_write_wins(kind: Any) -> Kind:
    """What is newer is better."""
    rewrite("kept.watched + excluded.watched", "excluded.watched")
    return same(kind)


@bug
def unsigned_accepted(kind: Any) -> Kind:
    """Signatures are verified where there are any."""

    def trusting(honest: Any) -> Any:
        return lambda self, track, beat, *instants: (
            None if beat.sig is None else honest(self, track, beat, *instants)
        )

    swap(Judge, "_signature", trusting)
    return same(kind)


@bug
def any_signature_accepted(kind: Any) -> Kind:
    """Whoever signs is honest."""
    swap(judge, "_is_signed", lambda _: lambda *_: True)
    return same(kind)


@bug
def backlog_proven(kind: Any) -> Kind:
    """A fresh nonce proves everything that is signed with it."""
    swap(evidence, "proven", lambda _: lambda start_us, end_us, **_: (start_us, end_us))
    return same(kind)


# -- how they are planted ------------------------------------------------------------------


def swap(owner: Any, name: str, wrong: Callable[[Any], Any]) -> None:
    """Put something else in its place, made of the honest one; fails if it is no longer there."""
    setattr(owner, name, wrong(getattr(owner, name)))


def rewrite(honest: str, wrong: str) -> None:
    """Another statement for coverage, with the same parameters."""
    statement = queries._ADD_COVERAGE
    if honest not in statement.text:
        raise LookupError(f"the statement says {honest!r} no longer")
    changed = text(statement.text.replace(honest, wrong))
    queries._ADD_COVERAGE = changed.bindparams(*statement._bindparams.values())


def with_limits(kind: Any, **ignored: Any) -> Kind:
    swap(
        judge,
        "attested",
        lambda honest: lambda at, since, **limits: honest(at, since, **{**limits, **ignored}),
    )
    return same(kind)


def same(kind: Any) -> Kind:
    unchanged: Kind = kind
    return unchanged
