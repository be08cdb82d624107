"""Takes up many incidents with one request: each by itself, and each says what became of it."""

from typing import Literal

from services.api.access.caller import Caller
from services.api.incidents import acknowledging
from services.api.incidents.queries import By
from services.api.incidents.schemas import ManyIn, ManyOut, OneOfManyOut
from services.api.problems import ConflictError, ForbiddenError, MissingError
from services.api.resources import Resources

Result = Literal["acknowledged", "over", "not_allowed", "not_found"]


async def acknowledge(resources: Resources, caller: Caller, given: ManyIn, by: By) -> ManyOut:
    """In a transaction each, with a line in the access log each."""
    results = [
        OneOfManyOut(incident=one, result=await _one(resources, caller, one, given.note or "", by))
        for one in dict.fromkeys(given.incidents)
    ]
    done = sum(one.result == "acknowledged" for one in results)
    return ManyOut(acknowledged=done, results=results)


async def _one(resources: Resources, caller: Caller, incident_id: int, note: str, by: By) -> Result:
    try:
        await acknowledging.acknowledge(resources, caller, incident_id, note=note, by=by)
    except MissingError:
        return "not_found"
    except ForbiddenError:
        return "not_allowed"
    except ConflictError:
        return "over"
    return "acknowledged"
