"""Registering and revoking a device's key in the console."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.api.console.forms import Typed
from services.api.console.frames import frame
from services.api.console.refusals import SOMETHING
from services.api.console.viewer import Viewer
from services.api.devices.sheet import Asked, sheet
from services.api.inputs import DeviceCode, FacilityCode
from services.api.keys import public_key, routes
from services.api.keys.public_key import KeyFault, NoKeyError
from services.api.keys.routes import Fingerprint
from services.api.keys.schemas import MAX_TEXT, KeyIn
from services.api.problems import ConflictError, InvalidError
from services.api.resources import Given
from shared.i18n import marked

router = APIRouter()
FAULTS: Final[Mapping[KeyFault, str]] = {
    KeyFault.PRIVATE: marked(
        "This is the private key. It may be known only to the device: make a new pair, "
        "and register the public half."
    ),
    KeyFault.UNREADABLE: marked("This is no public key, neither as Base64 nor as PEM."),
    KeyFault.OTHER_KIND: marked("This is a key of another kind; Ed25519 is needed."),
    KeyFault.UNSOUND: marked("This key protects nothing. Make a new pair with another tool."),
}
#: By the code of the problem.
CONFLICTS: Final[Mapping[str, str]] = {
    "retired": marked("This is no longer in service."),
    "key_known": marked("This key is in force already."),
    "key_revoked": marked("This key was revoked and is not taken again. Make a new pair."),
    "too_many_keys": marked("Two keys are in force. Revoke the one that is not used first."),
}


@router.post("/facilities/{code}/devices/{device}/keys")
async def add(
    request: Request,
    code: FacilityCode,
    device: DeviceCode,
    viewer: Viewer,
    resources: Given,
    typed: Typed,
) -> Response:
    """What was typed is never shown again: it may be the private key."""
    text = typed.get("public_key", "")[:MAX_TEXT]
    try:
        await routes.add(code, device, KeyIn(public_key=text), viewer, resources, Response())
    except InvalidError:
        fault = _fault_of(text)
    except ConflictError as conflict:
        fault = CONFLICTS.get(conflict.code, SOMETHING)
    else:
        return _back(code, device)
    told = frame(request, viewer).translator.gettext(fault)
    return await sheet(request, viewer, resources, (code, device), Asked(fault=told))


@router.post("/facilities/{code}/devices/{device}/keys/{fingerprint}/revoke")
async def revoke(
    code: FacilityCode,
    device: DeviceCode,
    fingerprint: Fingerprint,
    viewer: Viewer,
    resources: Given,
) -> Response:
    await routes.revoke(code, device, fingerprint, viewer, resources)
    return _back(code, device)


def _fault_of(text: str) -> str:
    try:
        public_key.read(text)
    except NoKeyError as exc:
        return FAULTS[exc.fault]
    return SOMETHING


def _back(code: str, device: str) -> Response:
    return RedirectResponse(f"/facilities/{code}/devices/{device}#keys-title", HTTPStatus.SEE_OTHER)
