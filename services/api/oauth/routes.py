"""`/oauth`: tokens for agencies (RFC 6749, 7523, 9449), how they end, where all this is found."""

from typing import Any, Final

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from starlette.datastructures import FormData
from starlette.responses import JSONResponse

from services.api.oauth import errors, granting, places
from services.api.oauth.errors import NEVER_KEPT, OAuthError, OAuthProblem
from services.api.oauth.granting import Asked
from services.api.openapi import problems
from services.api.resources import Given
from shared.runtime import jose

router = APIRouter(prefix="/oauth", tags=["sharing"])
#: At the root, where RFC 8414 wants it.
well_known = APIRouter(tags=["sharing"])

_FORM: Final = "application/x-www-form-urlencoded"


class TokenOut(BaseModel):
    """RFC 6749, section 5.1."""

    access_token: str
    token_type: str = Field(description="DPoP, if it is bound to a key; else Bearer")
    expires_in: int = Field(description="Seconds")
    scope: str


class MetadataOut(BaseModel):
    """RFC 8414."""

    issuer: str
    token_endpoint: str
    revocation_endpoint: str
    scopes_supported: list[str]
    response_types_supported: list[str]
    grant_types_supported: list[str]
    token_endpoint_auth_methods_supported: list[str]
    token_endpoint_auth_signing_alg_values_supported: list[str]
    revocation_endpoint_auth_methods_supported: list[str]
    revocation_endpoint_auth_signing_alg_values_supported: list[str]
    dpop_signing_alg_values_supported: list[str]
    service_documentation: str


def _fields(required: list[str], **described: str) -> dict[str, Any]:
    """What a form holds, for the API's description."""
    known = {
        "client_assertion_type": granting.ASSERTION_TYPE,
        "client_assertion": "A JWT that the client has signed: PS256, ES256 or EdDSA",
        "client_id": "If sent, the iss of the assertion",
        **described,
    }
    properties = {name: {"type": "string", "description": words} for name, words in known.items()}
    schema = {"type": "object", "properties": properties, "required": required}
    return {"requestBody": {"required": True, "content": {_FORM: {"schema": schema}}}}


_REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    400: {"model": OAuthProblem, "description": "RFC 6749, section 5.2"},
    401: {"model": OAuthProblem, "description": "The client did not prove who it is"},
    429: {"model": OAuthProblem, "description": "Too many requests"},
}


@router.post(
    "/token",
    operation_id="issue_agency_token",
    response_model=TokenOut,
    responses={**problems(413), **_REFUSALS},
    openapi_extra=_fields(
        ["grant_type", "client_assertion_type", "client_assertion"],
        grant_type=granting.GRANT_TYPE,
        scope=" ".join(granting.SCOPES),
        resource="If sent, the address of /api/v1/agency",
    ),
)
async def token(request: Request, resources: Given) -> Response:
    """Give a client a token for at most five minutes, bound to the key of its DPoP proof."""
    try:
        issued = await granting.issue(resources, await _asked(request))
    except OAuthError as exc:
        return errors.response(exc)
    body = TokenOut(
        access_token=issued.token,
        token_type="DPoP" if issued.is_bound else "Bearer",
        expires_in=int(granting.LIFE.total_seconds()),
        scope=" ".join(issued.scopes),
    )
    return JSONResponse(body.model_dump(), headers=NEVER_KEPT)


@router.post(
    "/revoke",
    operation_id="revoke_agency_token",
    response_class=Response,
    responses={**problems(413), **_REFUSALS},
    openapi_extra=_fields(
        ["token", "client_assertion_type", "client_assertion"],
        token="The token to end",  # noqa: S106 - a description
        token_type_hint="access_token",  # noqa: S106 - a description
    ),
)
async def revoke(request: Request, resources: Given) -> Response:
    """End a token at once. Whether there was one is not told."""
    try:
        await granting.revoke(resources, await _asked(request))
    except OAuthError as exc:
        return errors.response(exc)
    return Response(headers=NEVER_KEPT)


@well_known.get(
    "/.well-known/oauth-authorization-server",
    operation_id="read_oauth_metadata",
    responses=problems(),
)
async def metadata(resources: Given) -> MetadataOut:
    """Where tokens are given, and how a client proves who it is."""
    own, algorithms = places.issuer(resources.settings), sorted(jose.STRONG)
    return MetadataOut(
        issuer=own,
        token_endpoint=own + places.TOKEN,
        revocation_endpoint=own + places.REVOKE,
        scopes_supported=list(granting.SCOPES),
        response_types_supported=[],
        grant_types_supported=[granting.GRANT_TYPE],
        token_endpoint_auth_methods_supported=["private_key_jwt"],
        token_endpoint_auth_signing_alg_values_supported=algorithms,
        revocation_endpoint_auth_methods_supported=["private_key_jwt"],
        revocation_endpoint_auth_signing_alg_values_supported=algorithms,
        dpop_signing_alg_values_supported=algorithms,
        service_documentation=f"{own}/api/v1/openapi.json",
    )


async def _asked(request: Request) -> Asked:
    """RFC 6749, section 3.2: a form in which no name stands twice; nothing in the address."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _FORM:
        raise OAuthError("invalid_request", f"Send a form: {_FORM}.")
    if request.query_params:
        raise OAuthError("invalid_request", "Send everything in the body, nothing in the address.")
    if request.headers.get("authorization"):
        raise OAuthError("invalid_request", "Clients prove who they are by client_assertion alone.")
    async with request.form(max_files=0, max_fields=20) as form:
        return Asked(
            form=_once_each(form),
            address=request.client.host if request.client else "",
            proofs=request.headers.getlist("dpop"),
        )


def _once_each(form: FormData) -> dict[str, str]:
    given = form.multi_items()
    found = {name: text for name, text in given if isinstance(text, str)}
    if len(found) < len(given):
        raise OAuthError("invalid_request", "A name stands twice in the form.")
    # RFC 6749, section 3.2: what has no value is as if it were not sent.
    return {name: text for name, text in found.items() if text}
