"""`/factors`, and the part of `/sessions` that takes them: set up, take away, show."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from services.api.access.caller import AnybodyGiven, EnrollingGiven
from services.api.factors import ceremony, proving, setting_up
from services.api.factors.challenges import giving
from services.api.factors.party import PartyGiven
from services.api.factors.schemas import (
    AppOut,
    CodeIn,
    CredentialIn,
    FactorsOut,
    PasskeyIn,
    RecoveryCodesOut,
    SetUpOut,
)
from services.api.factors.setting_up import SetUp
from services.api.openapi import problems
from services.api.resources import Given
from services.api.sessions import routes as sessions
from services.api.sessions.schemas import SessionOut
from services.api.sessions.visitor import VisitorGiven

router = APIRouter(tags=["factors"])
PasskeyNumber = Annotated[int, Path(ge=1, lt=2**63)]


@router.get("/factors", operation_id="list_own_factors", responses=problems(401, 403))
async def own(caller: EnrollingGiven, resources: Given) -> FactorsOut:
    """With what one proves who one is."""
    return await setting_up.shown(resources, caller)


@router.post(
    "/factors/app", status_code=201, operation_id="propose_app", responses=problems(401, 403)
)
async def propose_app(caller: EnrollingGiven, resources: Given) -> AppOut:
    """A secret for an authenticator app. Needs a proof that is less than ten minutes old."""
    return await setting_up.propose_app(resources, caller)


@router.post(
    "/factors/app/confirm", operation_id="confirm_app", responses=problems(401, 403, 409, 422)
)
async def confirm_app(
    given: CodeIn, caller: EnrollingGiven, resources: Given, visitor: VisitorGiven
) -> SetUpOut:
    """A first code shows that the app has the secret; from now on its codes count."""
    return _shown(await setting_up.confirm_app(resources, caller, given.code, visitor))


@router.delete(
    "/factors/app",
    status_code=204,
    operation_id="remove_app",
    response_class=Response,
    responses=problems(401, 403, 404, 409),
)
async def remove_app(caller: EnrollingGiven, resources: Given) -> None:
    """Codes of the app count no more. Where a role needs a second factor, the last one stays."""
    await setting_up.remove_app(resources, caller)


@router.post(
    "/factors/passkeys/options",
    operation_id="ask_for_passkey",
    responses=problems(401, 403, 409),
)
async def ask_for_passkey(
    caller: EnrollingGiven, resources: Given, party: PartyGiven
) -> dict[str, Any]:
    """For `navigator.credentials.create`; good for five minutes and one answer."""
    return await setting_up.ask_for_passkey(resources, caller, party)


@router.post(
    "/factors/passkeys",
    status_code=201,
    operation_id="add_passkey",
    responses=problems(401, 403, 409, 422),
)
async def add_passkey(
    given: PasskeyIn,
    caller: EnrollingGiven,
    resources: Given,
    party: PartyGiven,
    visitor: VisitorGiven,
) -> SetUpOut:
    """Keep the passkey that the browser made."""
    made = await setting_up.add_passkey(
        resources, caller, party, given.credential, given.name, visitor
    )
    return _shown(made)


@router.delete(
    "/factors/passkeys/{number}",
    status_code=204,
    operation_id="remove_passkey",
    response_class=Response,
    responses=problems(401, 403, 404, 409, 422),
)
async def remove_passkey(number: PasskeyNumber, caller: EnrollingGiven, resources: Given) -> None:
    """It opens nothing any more. Where a role needs a second factor, the last one stays."""
    await setting_up.remove_passkey(resources, caller, number)


@router.post(
    "/factors/recovery-codes",
    status_code=201,
    operation_id="renew_recovery_codes",
    responses=problems(401, 403, 409),
)
async def renew_recovery_codes(caller: EnrollingGiven, resources: Given) -> RecoveryCodesOut:
    """Ten codes for the paper, each for one log-in; those before are void."""
    return RecoveryCodesOut(codes=list(await setting_up.renew_recovery_codes(resources, caller)))


@router.post(
    "/sessions/current/second-factor",
    status_code=201,
    operation_id="show_second_factor",
    responses=problems(401, 403, 422, 429),
)
async def show_second_factor(
    given: CodeIn, caller: AnybodyGiven, resources: Given, visitor: VisitorGiven
) -> SessionOut:
    """With a code of the app or of the paper, this session gets a token that goes further."""
    return sessions.shown(await proving.with_code(resources, caller, given.code, visitor))


@router.post(
    "/sessions/passkey/options", operation_id="ask_passkey_to_log_in", responses=problems(409)
)
async def ask_passkey_to_log_in(resources: Given, party: PartyGiven) -> dict[str, Any]:
    """For `navigator.credentials.get`; good for five minutes and one answer."""
    return ceremony.to_log_in(party, challenge=await giving.give(resources, None))


@router.post(
    "/sessions/passkey",
    status_code=201,
    operation_id="log_in_with_passkey",
    responses=problems(401, 409, 422),
)
async def log_in_with_passkey(
    given: CredentialIn, resources: Given, party: PartyGiven, visitor: VisitorGiven
) -> SessionOut:
    """A passkey says whose it is, and counts as two factors: it is there, and was unlocked."""
    begun = await proving.with_passkey(resources, party, given.credential, visitor)
    return sessions.shown(begun)


def _shown(made: SetUp) -> SetUpOut:
    return SetUpOut(
        session=sessions.shown(made.begun) if made.begun else None,
        recovery_codes=None if made.recovery_codes is None else list(made.recovery_codes),
    )
