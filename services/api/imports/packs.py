"""What a row is given to keep: shown once to whoever began the import, sealed until then."""

import csv
import io
from collections.abc import Sequence
from typing import Final

import msgspec

from services.api.access.caller import Caller
from services.api.access.transactions import changing
from services.api.imports import keeping, queries
from services.api.problems import ConflictError
from services.api.resources import Resources
from shared.domain.deeds import Deed, Subject, Verb

HEADINGS: Final = ("facility", "device", "host", "port", "username", "password", "heartbeat_topic")


def owner_of(key: str) -> str:
    return f"import-row:{key}"


async def hand_out(resources: Resources, caller: Caller, job_id: int) -> bytes:
    """As CSV that Excel reads; afterwards nobody can have it again."""
    deed = Deed(Verb.EXPORT, Subject.DEVICE_CREDENTIAL, f"import/{job_id}")
    async with changing(resources, caller, deed) as connection:
        await keeping.theirs(connection, caller, job_id)
        taken = await queries.unseal(connection, job_id)
        if not taken:
            raise ConflictError(
                "There is nothing to hand out: it was taken before, or no device was registered.",
                code="pack_taken",
            )
        rows = [
            (key, msgspec.json.decode(resources.box.open(sealed, owner=owner_of(key))))
            for key, sealed in taken
        ]
    return _sheet(rows)


def _sheet(rows: Sequence[tuple[str, dict[str, str]]]) -> bytes:
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet)
    writer.writerow(HEADINGS)
    for key, mqtt in rows:
        facility, _, device = key.partition("/")
        writer.writerow([facility, device, *(mqtt[name] for name in HEADINGS[2:])])
    return sheet.getvalue().encode("utf-8-sig")
