"""Which gateway a row of a sheet may name: one on record, or one further up in the same sheet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from services.api.devices import queries as registry
from services.api.devices.speaking import tying
from services.api.imports.columns import CellFault, Fault
from services.api.imports.handlers import places, queries
from services.api.imports.handlers.queries import There
from services.api.imports.handling import Bench
from services.api.imports.queries import Row, Settled
from shared.domain.bulk import RowState
from shared.domain.places import DeviceKind

#: In the cell of a device that is to speak by itself from now on.
NONE = "-"
_SILENT = frozenset({DeviceKind.GATEWAY, DeviceKind.ROUND_POINT})


def code_of(text: str) -> str:
    return "" if text == NONE else text


def speaks_through_one(kind: DeviceKind) -> bool:
    """What a cell says of anything else is let go, as its zone is of a gateway."""
    return kind not in _SILENT


@dataclass(slots=True)
class Gateways:
    """`keys`: of rows and devices alike, facility and code."""

    keys: set[str] = field(default_factory=set)

    @classmethod
    async def of(
        cls,
        bench: Bench,
        rows: Sequence[Row],
        homes: Mapping[str, There],
        there: Mapping[tuple[int, str], There],
    ) -> Self:
        """Those in service, and those that lines before these bring."""
        codes = {home.id: code for code, home in homes.items()}
        known = {
            f"{codes[facility_id]}/{code}"
            for (facility_id, code), one in there.items()
            if one.values["kind"] == DeviceKind.GATEWAY and one.retired_at is None
        }
        named = {_key(row) for row in rows if row.given.get("gateway")} - known
        if named:
            known |= await queries.promised(bench.connection, bench.job_id, named, before=rows[0].n)
        return cls(known)

    def wrong(self, row: Row, values: Mapping[str, Any]) -> list[Fault]:
        named = values.get("gateway", "")
        if not named or not speaks_through_one(values["kind"]) or _key(row) in self.keys:
            return []
        return [Fault("gateway", CellFault.UNKNOWN_GATEWAY, named)]

    def note(self, row: Row, settled: Settled, values: Mapping[str, Any]) -> None:
        """A gateway that this row brings may be named by those below it."""
        if values.get("kind") is DeviceKind.GATEWAY and settled.state is RowState.SOUND:
            self.keys.add(places.key(row.given))


async def change(
    bench: Bench, facility_id: int, device: tuple[There, str], changes: Mapping[str, Any]
) -> None:
    """`device`: what is on record, and its code. `changes` may name a gateway among the rest."""
    there, code = device
    rest = {name: value for name, value in changes.items() if name != "gateway"}
    if rest:
        await registry.change(bench.connection, there.id, rest)
    if "gateway" in changes:
        one = registry.Device(there.id, code, DeviceKind(there.values["kind"]), there.retired_at)
        gateway = changes["gateway"] or None
        await tying.tie(bench.connection, facility_id, one, gateway, now=bench.now)


def _key(row: Row) -> str:
    return f"{row.given.get('facility', '')}/{row.given.get('gateway', '')}"
