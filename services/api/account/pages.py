"""One's own account in the console: passphrase, second factors, sessions, language."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Query, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from services.api.access.caller import Caller
from services.api.access.transactions import reading
from services.api.account import browsers, routes
from services.api.account.passphrases import PassphraseError
from services.api.account.schemas import LanguageIn, PassphraseIn, ProofIn
from services.api.account.words import PASSPHRASE_FAULTS
from services.api.console.frames import LANGUAGE_COOKIE, feed_of
from services.api.console.paths import own_path
from services.api.console.render import page
from services.api.console.viewer import EnrollingViewer, Viewer
from services.api.factors import setting_up
from services.api.factors.party import party_in
from services.api.oidc import queries as identities
from services.api.oidc.settings import is_offered
from services.api.problems import RequestError, TooManyError, UnauthenticatedError
from services.api.resources import Given, Resources
from services.api.sessions import cookies
from services.api.sessions import routes as sessions
from services.api.sessions.pages import half_frame, keep
from services.api.sessions.routes import SessionNumber
from services.api.sessions.schemas import MOST_TYPED
from services.api.sessions.visitor import VisitorGiven
from shared.domain.assurance import needs_second_factor
from shared.domain.passphrase import LONGEST, SHORTEST
from shared.i18n import marked

router = APIRouter()
Passphrase = Annotated[str, Form(max_length=MOST_TYPED)]
#: By the code of the problem.
FAULTS: Final = {
    "wrong_passphrase": marked("The passphrase is wrong."),
    "too_many_attempts": marked("Too many attempts. Wait a few minutes, then try again."),
    "not_the_same": marked("The two new passphrases are not the same."),
}
#: What has just been done, by the word in the address.
DONE: Final = {
    "passphrase": marked("Your passphrase was changed. All other sessions have ended."),
    "session": marked("The session has ended."),
    "language": marked("Your language was changed."),
    "factor": marked("It opens nothing any more."),
}


@dataclass(frozen=True, slots=True)
class Change:
    """Passphrases as they were typed: blanks at their ends count."""

    old: str
    new: str
    again: str


def _change(old: Passphrase = "", new: Passphrase = "", again: Passphrase = "") -> Change:
    return Change(old, new, again)


@router.get("/account")
async def account(
    request: Request,
    viewer: EnrollingViewer,
    resources: Given,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    return await sheet(request, viewer, resources, done=done)


async def sheet(
    request: Request,
    viewer: Caller,
    resources: Resources,
    *,
    done: str = "",
    fault: str = "",
    status: int = HTTPStatus.OK,
) -> Response:
    own = half_frame(request, viewer)
    factors = await setting_up.shown(resources, viewer)
    is_in = own.viewer_name is not None
    listed = await sessions.own(viewer, resources) if is_in else []
    settings = resources.settings
    linked_since = None
    if is_offered(settings):
        async with reading(resources, viewer) as connection:
            linked_since = await identities.linked_since(
                connection, viewer.user_id, settings.oidc_issuer
            )
    return page(
        own,
        "account.html",
        status=status,
        who=viewer,
        is_in=is_in,
        factors=factors,
        needs_factor=settings.require_second_factor
        and needs_second_factor([held.assignment.role for held in viewer.held]),
        has_passkeys=party_in(request) is not None,
        sessions=[(one, browsers.words_of(one.device)) for one in listed],
        provider=settings.oidc_name if is_offered(settings) else None,
        linked_since=linked_since,
        shortest=SHORTEST,
        longest=LONGEST,
        done=own.translator.gettext(DONE[done]) if done in DONE else "",
        fault=own.translator.gettext(fault) if fault else "",
    )


@router.post("/account/passphrase")
async def change_passphrase(
    request: Request,
    viewer: Viewer,
    resources: Given,
    visitor: VisitorGiven,
    typed: Annotated[Change, Depends(_change)],
) -> Response:
    if typed.new != typed.again:
        return await _refused(request, viewer, resources, FAULTS["not_the_same"])
    try:
        given = PassphraseIn(old=typed.old, new=typed.new)
        begun = await routes.passphrase_changed(resources, viewer, given, visitor)
    except PassphraseError as refusal:
        return await _refused(request, viewer, resources, PASSPHRASE_FAULTS[refusal.fault])
    except ValidationError:
        return await _refused(request, viewer, resources, FAULTS["wrong_passphrase"])
    except (UnauthenticatedError, TooManyError) as refusal:
        return await _refused(
            request, viewer, resources, FAULTS.get(refusal.code, FAULTS["wrong_passphrase"])
        )
    feed_of(request).nudge()
    answer = RedirectResponse("/account?done=passphrase", HTTPStatus.SEE_OTHER)
    keep(request, answer, begun)
    return answer


@router.get("/account/proof")
async def ask_proof(
    request: Request,
    viewer: EnrollingViewer,
    wanted: Annotated[str, Query(alias="next", max_length=2000)] = "/account",
) -> Response:
    return _proof_form(request, viewer, wanted, None)


@router.post("/account/proof")
async def prove(
    request: Request,
    viewer: EnrollingViewer,
    resources: Given,
    visitor: VisitorGiven,
    passphrase: Passphrase = "",
    wanted: Annotated[str, Form(alias="next", max_length=2000)] = "/account",
) -> Response:
    try:
        given = ProofIn(passphrase=passphrase or "-")
        begun = await routes.proven(resources, viewer, given, visitor)
    except (UnauthenticatedError, TooManyError) as refusal:
        return _proof_form(request, viewer, wanted, refusal)
    answer = RedirectResponse(_back_to(wanted), HTTPStatus.SEE_OTHER)
    keep(request, answer, begun)
    return answer


@router.post("/account/language")
async def choose_language(
    request: Request,
    viewer: Viewer,
    resources: Given,
    language: Annotated[str, Form(max_length=2)] = "",
) -> Response:
    if language in {"vi", "en"}:
        await routes.choose_language(
            LanguageIn.model_validate({"language": language}), viewer, resources
        )
    answer = RedirectResponse("/account?done=language", HTTPStatus.SEE_OTHER)
    cookies.drop(request, answer, LANGUAGE_COOKIE)
    return answer


@router.post("/account/sessions/{number}/end")
async def end_session(
    request: Request, number: SessionNumber, viewer: Viewer, resources: Given
) -> Response:
    await sessions.end(number, viewer, resources)
    feed_of(request).nudge()
    return RedirectResponse("/account?done=session", HTTPStatus.SEE_OTHER)


def _proof_form(
    request: Request, viewer: Caller, wanted: str, refusal: RequestError | None
) -> Response:
    own = half_frame(request, viewer)
    fault = own.translator.gettext(FAULTS.get(refusal.code, "")) if refusal else ""
    status = refusal.status if refusal else HTTPStatus.OK
    return page(
        own, "account_proof.html", status=status, next=_back_to(wanted), email=viewer.email,
        fault=fault,
    )  # fmt: skip


def _back_to(wanted: str) -> str:
    """What answered a form cannot be asked for again: its page stands in for it."""
    own = own_path(wanted)
    return "/account" if own == "/" else own


async def _refused(request: Request, viewer: Caller, resources: Resources, fault: str) -> Response:
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    return await sheet(request, viewer, resources, fault=fault, status=status)
