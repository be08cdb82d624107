"""What a row is given to keep: shown once to whoever began the import, sealed until then."""

from services.api.access.caller import Caller
from services.api.access.transactions import changing
from services.api.credentials.pack import Entry
from services.api.credentials.schemas import MqttOut
from services.api.imports import keeping, queries
from services.api.problems import ConflictError
from services.api.resources import Resources
from shared.domain.deeds import Deed, Subject, Verb


def owner_of(key: str) -> str:
    return f"import-row:{key}"


async def hand_out(resources: Resources, caller: Caller, job_id: int) -> list[Entry]:
    """All of them; afterwards nobody can have them again."""
    deed = Deed(Verb.EXPORT, Subject.DEVICE_CREDENTIAL, f"import/{job_id}")
    async with changing(resources, caller, deed) as connection:
        await keeping.theirs(connection, caller, job_id)
        taken = await queries.unseal(connection, job_id)
        if not taken:
            raise ConflictError(
                "There is nothing to hand out: it was taken before, or no device was registered.",
                code="pack_taken",
            )
        return [
            _entry(key, resources.box.open(sealed, owner=owner_of(key))) for key, sealed in taken
        ]


def _entry(key: str, opened: bytes) -> Entry:
    facility, _, device = key.partition("/")
    return Entry(facility, device, MqttOut.model_validate_json(opened))
