"""Seals the log each minute, and keeps the heads outside the database.

check what was kept outside ──▶ check what is new ──▶ head, signed, committed ──▶ kept outside

The commit comes first: a head that a crash left unkept is kept the next time. One that is kept and
not in the database means that the database is older than it was.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.transactions import changing_as_system, reading_as_system
from services.api.access_log.seals import metrics, queries
from services.api.access_log.seals.growing import BrokenLogError, Growth, growth
from services.api.access_log.seals.witness import Witness
from services.api.resources import Resources
from shared.domain.ledger import GENESIS, Head, SignedHead
from shared.runtime import logging
from shared.runtime.ed25519 import SigningKey

log = logging.get(__name__)

EVERY_S: Final = 60.0
#: A head also where nothing is new: that we live, and that nothing was added.
AT_LEAST_EVERY: Final = timedelta(hours=1)
_HEADS_AT_ONCE: Final = 1000


class Sealer:
    """Seals in the name of one process; several take turns."""

    def __init__(
        self,
        resources: Resources,
        key: SigningKey,
        *,
        witness: Witness | None,
        now: Callable[[], datetime],
    ) -> None:
        self._resources = resources
        self._key = key
        self._witness = witness
        self._now = now

    async def seal(self) -> None:
        """All that is there. Raises `BrokenLogError`, and then seals nothing."""
        try:
            while await self._seal_some():
                pass
            await self._keep()
        except BrokenLogError:
            metrics.BROKEN.set(1)
            raise
        metrics.BROKEN.set(0)

    async def _seal_some(self) -> bool:
        """Whether more was there already."""
        async with changing_as_system(self._resources) as connection:
            if not await queries.take_turn(connection):
                return False
            await self._compare_with_kept(connection)
            last = await queries.last(connection)
            grown = await growth(connection, last.head if last else None)
            if last is not None and not self._is_due(last, grown):
                _tell(last)
                return False
            signed = self._signed(last, grown)
            await queries.add(connection, signed, grown.complete)
        _tell(signed)
        return grown.has_more

    def _is_due(self, last: SignedHead, grown: Growth) -> bool:
        is_old = self._now() - last.head.at >= AT_LEAST_EVERY
        return grown.size > last.head.size or is_old

    def _signed(self, last: SignedHead | None, grown: Growth) -> SignedHead:
        now = self._now()
        head = Head(
            number=last.head.number + 1 if last else 1,
            size=grown.size,
            at=max(now, last.head.at) if last else now,
            root=grown.tree.root,
            previous=last.head.hash if last else GENESIS,
            public_key=self._key.public_key,
        )
        return SignedHead(head, self._key.sign(head.content))

    async def _compare_with_kept(self, connection: AsyncConnection) -> None:
        kept = await self._kept()
        if kept is None:
            return
        ours = await queries.head(connection, kept.head.number)
        if ours is None:
            raise BrokenLogError(
                f"Head {kept.head.number} is kept outside, and the database does not have it: "
                "it was put back to an older copy, or cut short."
            )
        if ours != kept:
            raise BrokenLogError(f"Head {kept.head.number} differs from the one kept outside.")

    async def _keep(self) -> None:
        """Those made by others, too, and those that a crash kept us from keeping."""
        while self._witness:
            kept = await self._kept()
            async with reading_as_system(self._resources) as connection:
                more = await queries.heads(
                    connection, after=kept.head.number if kept else 0, limit=_HEADS_AT_ONCE
                )
            if not more:
                return
            await asyncio.to_thread(self._witness.keep, more)

    async def _kept(self) -> SignedHead | None:
        if self._witness is None:
            return None
        try:
            return await asyncio.to_thread(self._witness.last)
        except ValueError as exc:
            raise BrokenLogError("The heads kept outside cannot be read.") from exc


def _tell(last: SignedHead) -> None:
    metrics.SEALED_AT.set(last.head.at.timestamp())
    metrics.SEALED_LINES.set(last.head.size)
