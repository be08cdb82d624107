"""The roll of all devices, by the topic of their heartbeat; kept in step with the database."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import groupby

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.registry import queries
from services.ingest.registry.queries import RegisteredDevice, StoredCondition, StoredRule
from services.ingest.track import FOR_EVER_US, NEVER, Held, Piece, Site, Track
from shared.contracts import topics
from shared.contracts.adapters.rules import Dialect, Rule, RuleBook
from shared.contracts.heartbeat import to_us
from shared.contracts.topics import Leaf
from shared.domain.heartbeat import default_length_us
from shared.domain.identity import Identity

#: A change may become visible so much later than it says it was made.
_OVERLAP = timedelta(seconds=10)
_LONG_AGO = datetime(1970, 1, 2, tzinfo=UTC)


class Registry:
    """The tracks of all registered devices; the inbox looks things up in the same dictionary."""

    def __init__(self) -> None:
        self.tracks: dict[str, Track] = {}
        self._by_id: dict[int, Track] = {}
        self._sites: dict[str, Site] = {}
        self._version = -1
        self._conditions_seen = _LONG_AGO
        self._has_rules = False

    async def refresh(self, connection: AsyncConnection) -> bool:
        """Learn what changed in the registry; False if nothing did."""
        if self._has_rules:
            await self._learn_conditions(connection)
        version = await queries.registry_version(connection)
        if version == self._version:
            return False
        is_first = self._version < 0
        for device in await queries.devices_since(connection, self._version):
            self._learn(device)
        self._learn_keys(await queries.keys_since(connection, self._version))
        self._learn_rules(await queries.rules_since(connection, self._version))
        if is_first:
            await self._learn_identities(connection)
            await self._learn_conditions(connection)
        self._version = version
        return True

    def track_of(self, device_id: int) -> Track | None:
        """Also of what no message can name."""
        return self._by_id.get(device_id)

    def _learn(self, device: RegisteredDevice) -> None:
        site = self._sites.get(device.facility)
        if site is None:
            site = self._sites[device.facility] = Site(device.facility, device.time_zone)
        site.requires_signature = device.requires_signature
        track = self._by_id.get(device.id)
        if track is None:
            track = Track(
                device.id,
                device.code,
                site,
                default_us=default_length_us(device.interval_s, device.tolerance_s),
                registered_us=to_us(device.registered_at),
            )
            self._by_id[device.id] = track
            # No message speaks for a place on a round, not even a gateway's: only check-ins do.
            if not device.is_round_point:
                topic = topics.of(device.facility, device.code, Leaf.HEARTBEAT)
                self.tracks[topic] = site.devices[device.code] = track
        track.default_us = default_length_us(device.interval_s, device.tolerance_s)
        track.retired_us = _us(device.retired_at)
        track.is_gateway = device.is_gateway
        track.approved_us = _approved_us(device) if device.is_camera else None

    def _learn_keys(self, rows: Iterable[tuple[int, bytes, bool]]) -> None:
        for device_id, keys in groupby(rows, key=lambda row: row[0]):
            track = self._by_id.get(device_id)
            if track is not None:
                track.keys = tuple(key for _, key, is_in_force in keys if is_in_force)

    def _learn_rules(self, rows: Iterable[StoredRule]) -> None:
        by_publisher: dict[int, list[StoredRule]] = {}
        for row in rows:
            by_publisher.setdefault(row.publisher_id, []).append(row)
        for publisher_id, rules in by_publisher.items():
            self._has_rules = True
            publisher = self._by_id.get(publisher_id)
            if publisher is not None:
                publisher.rules = _book(rules)
                publisher.memory = None

    async def _learn_identities(self, connection: AsyncConnection) -> None:
        for stored in await queries.identities(connection):
            track = self._by_id.get(stored.device_id)
            if track is not None:
                track.identity = Identity(
                    stored.boot,
                    to_us(stored.began_at),
                    stored.seq,
                    to_us(stored.at),
                    dict(stored.former),
                    _us(stored.doubted_until) or 0,
                )

    async def _learn_conditions(self, connection: AsyncConnection) -> None:
        """Adapters tell of changes, and another worker may have heard them."""
        since = self._conditions_seen - _OVERLAP
        rows, newest = await queries.conditions_since(connection, since)
        for row in rows:
            self._learn_condition(row)
        if newest is not None:
            self._conditions_seen = max(newest, self._conditions_seen)

    def _learn_condition(self, row: StoredCondition) -> None:
        track = self._by_id.get(row.device_id)
        if track is None:
            return
        if track.conditions is None:
            track.conditions = {}
        own = track.conditions.get(row.condition)
        if own is None or own.since_us < to_us(row.since):
            track.conditions[row.condition] = Held(to_us(row.since), row.holds)


def _approved_us(camera: RegisteredDevice) -> Piece:
    """When it may record; never, if nobody has allowed it."""
    if camera.approved_at is None:
        return NEVER
    return to_us(camera.approved_at), _us(camera.approved_until) or FOR_EVER_US


def _book(rules: list[StoredRule]) -> RuleBook | None:
    """The rules in force, if there are any. One of a dialect we do not know is none."""
    known = set(Dialect)
    in_force = [
        Rule(Dialect(rule.dialect), rule.prefix, rule.name, rule.device)
        for rule in rules
        if not rule.is_removed and rule.dialect in known
    ]
    return RuleBook(in_force) if in_force else None


def _us(instant: datetime | None) -> int | None:
    return None if instant is None else to_us(instant)
