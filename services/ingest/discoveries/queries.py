"""What was found on site, as the gateway told it last."""

from collections.abc import Sequence

from sqlalchemy import ARRAY, BigInteger, Text, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.discoveries.reports import Report
from services.ingest.notes.rows import instant
from shared.db.tables.base import INSTANT

_FORGET = text("DELETE FROM discovered_camera WHERE gateway_id = ANY(:gateways)").bindparams(
    bindparam("gateways", type_=ARRAY(BigInteger))
)
_KEEP = text(
    """
    INSERT INTO discovered_camera (gateway_id, endpoint, name, hardware, address, seen_at)
    SELECT * FROM unnest(:gateways, :endpoints, :names, :hardwares, :addresses, :seen)
    ON CONFLICT (gateway_id, endpoint) DO UPDATE SET
        name = excluded.name, hardware = excluded.hardware, address = excluded.address,
        seen_at = excluded.seen_at
    """
).bindparams(
    bindparam("gateways", type_=ARRAY(BigInteger)),
    bindparam("endpoints", type_=ARRAY(Text)),
    bindparam("names", type_=ARRAY(Text)),
    bindparam("hardwares", type_=ARRAY(Text)),
    bindparam("addresses", type_=ARRAY(Text)),
    bindparam("seen", type_=ARRAY(INSTANT)),
)


async def replace(connection: AsyncConnection, reports: Sequence[Report]) -> None:
    """A report is whole: what is not in it any more is not there any more."""
    await connection.execute(_FORGET, {"gateways": [report.gateway_id for report in reports]})
    rows = [(report, one) for report in reports for one in report.found]
    if rows:
        await connection.execute(
            _KEEP,
            {
                "gateways": [report.gateway_id for report, _ in rows],
                "endpoints": [one.endpoint for _, one in rows],
                "names": [one.name for _, one in rows],
                "hardwares": [one.hardware for _, one in rows],
                "addresses": [one.address for _, one in rows],
                "seen": [instant(report.seen_us) for report, _ in rows],
            },
        )
