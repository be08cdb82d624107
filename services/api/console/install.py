"""Puts the console beside the API: what is not the API's is a page."""

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from services.api.access_log import pages as access_log_pages
from services.api.account import factor_pages as account_factor_pages
from services.api.account import pages as account_pages
from services.api.ack_links import pages as ack_link_pages
from services.api.adapters import pages as adapter_pages
from services.api.agencies import pages as agency_pages
from services.api.approvals import pages as approval_pages
from services.api.approvals.calendar import pages as approval_calendar_pages
from services.api.calendars import pages as calendar_pages
from services.api.camera_approvals import pages as camera_approval_pages
from services.api.console import errors
from services.api.console import pages as own_pages
from services.api.console.security import Guard
from services.api.contact_points import pages as telephone_pages
from services.api.credentials import pages as credential_pages
from services.api.deliveries import pages as delivery_pages
from services.api.devices import pages as device_pages
from services.api.duty import pages as duty_pages
from services.api.enrolment import pages as enrolment_pages
from services.api.facilities import pages as facility_pages
from services.api.grants import pages as grant_pages
from services.api.imports import pages as import_pages
from services.api.incidents import pages as incident_pages
from services.api.invitations import pages as invitation_pages
from services.api.invitations.acceptance import pages as acceptance_pages
from services.api.keys import pages as key_pages
from services.api.ladders import pages as ladder_pages
from services.api.licences import pages as licence_pages
from services.api.oidc import pages as oidc_pages
from services.api.overview import pages as overview_pages
from services.api.people import pages as people_pages
from services.api.placements import pages as placement_pages
from services.api.profiles import pages as profile_pages
from services.api.quarantine import pages as quarantine_pages
from services.api.rounds import pages as round_pages
from services.api.sessions import pages as session_pages
from services.api.templates import pages as template_pages
from services.api.units import pages as unit_pages
from services.api.units.importing import pages as unit_import_pages
from services.api.units.reorganising import pages as reorganisation_pages
from services.api.zones import pages as zone_pages

PAGES = (
    own_pages, session_pages, ack_link_pages, invitation_pages, people_pages, acceptance_pages,
    oidc_pages, delivery_pages, account_pages, account_factor_pages, overview_pages,
    facility_pages, zone_pages,
    device_pages,
    key_pages, credential_pages, enrolment_pages, adapter_pages, incident_pages, quarantine_pages,
    access_log_pages, approval_pages, approval_calendar_pages, reorganisation_pages,
    unit_import_pages, unit_pages,
    grant_pages, agency_pages,
    telephone_pages,
    licence_pages, import_pages, calendar_pages,
    camera_approval_pages, placement_pages, profile_pages, round_pages,
    ladder_pages, template_pages, duty_pages,
)  # fmt: skip
#: Fast enough to be worth it on every page; a higher level costs more than it saves.
COMPRESSION = 4


def console() -> FastAPI:
    """An application of its own: its errors are pages, and its forms are not the API's."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    for module in PAGES:
        app.include_router(module.router)
    errors.install(app)
    app.add_middleware(GZipMiddleware, compresslevel=COMPRESSION)
    app.add_middleware(Guard)
    return app


def install(app: FastAPI) -> None:
    """Answer with pages wherever the API has no address; both have one state."""
    pages = console()
    pages.state = app.state
    app.router.default = _choice(api=app.router.default, pages=pages)


def _choice(*, api: ASGIApp, pages: ASGIApp) -> ASGIApp:
    async def chosen(scope: Scope, receive: Receive, send: Send) -> None:
        is_api = scope["type"] != "http" or scope["path"].startswith("/api/")
        await (api if is_api else pages)(scope, receive, send)

    return chosen
