"""`/broker/authentication`: for EMQX, with a key of its own (`deploy/emqx`)."""

import hmac
from typing import Annotated, Literal

from fastapi import APIRouter, Header
from pydantic import BaseModel

from services.api.access.transactions import reading_as_system
from services.api.broker_check import queries
from services.api.broker_check.queries import Login
from services.api.problems import MissingError
from services.api.resources import Given
from shared.contracts import dynsec, topics

#: Not described: it is none of the api's public addresses.
router = APIRouter(prefix="/broker", include_in_schema=False)


class LoginIn(BaseModel):
    """What a client of the broker sent."""

    username: str = ""
    password: str = ""


class RuleOut(BaseModel):
    """EMQX takes the first that fits."""

    permission: Literal["allow", "deny"]
    action: Literal["publish", "subscribe"]
    topic: str


class LoginOut(BaseModel):
    """In the form of EMQX 5.8; `expire_at` in seconds since 1970."""

    result: Literal["allow", "deny"]
    is_superuser: bool = False
    expire_at: int | None = None
    acl: list[RuleOut] = []


@router.post("/authentication", response_model_exclude_none=True)
async def authenticate(
    given: LoginIn, resources: Given, key: Annotated[str, Header(alias="X-Broker-Key")] = ""
) -> LoginOut:
    """Whether a device may log in, what it may do, and until when. Without the key: not there."""
    known = resources.settings.broker_key
    if not known or not hmac.compare_digest(key.encode(), known.encode()):
        raise MissingError("address")
    async with reading_as_system(resources) as connection:
        found = await queries.login(connection, given.username, now=resources.now())
    if found is None or not _is_right(found, given.password):
        return LoginOut(result="deny")
    return LoginOut(
        result="allow",
        expire_at=int(found.not_after.timestamp()) if found.not_after else None,
        acl=rules(topics.device_rights(found.facility, found.device)),
    )


def rules(rights: topics.Rights) -> list[RuleOut]:
    """What is denied by name comes first, so that it weighs more."""
    return [
        *(RuleOut(permission="deny", action="publish", topic=t) for t in rights.never_publish),
        *(RuleOut(permission="allow", action="publish", topic=t) for t in rights.publish),
        *(RuleOut(permission="allow", action="subscribe", topic=t) for t in rights.subscribe),
    ]


def _is_right(found: Login, password: str) -> bool:
    made = dynsec.mosquitto_hash(password, found.secret.salt)
    return made.iterations == found.secret.iterations and hmac.compare_digest(
        made.password_hash, found.secret.password_hash
    )
