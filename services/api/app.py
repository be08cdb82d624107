"""The whole application over its resources; tests start it without a process."""

from importlib.metadata import version
from typing import Final

from fastapi import FastAPI
from starlette.middleware import Middleware

from services.api import openapi
from services.api.access_log.routes import of_agencies as access_log_of_agencies
from services.api.access_log.routes import router as access_log
from services.api.account.routes import router as account
from services.api.adapters.routes import router as adapters
from services.api.agencies.routes import router as agencies
from services.api.approvals.routes import router as approvals
from services.api.broker_check.routes import router as broker_check
from services.api.browsers.routes import receipts as push_receipts
from services.api.browsers.routes import router as browsers
from services.api.calendars.holidays.routes import router as holidays
from services.api.calendars.routes import router as calendars
from services.api.camera_approvals.routes import router as camera_approvals
from services.api.console.install import install as install_console
from services.api.console.live import Feed
from services.api.contact_points.routes import router as contact_points
from services.api.coverage.routes import router as coverage
from services.api.credentials.routes import router as credentials
from services.api.deliveries.routes import router as deliveries
from services.api.devices.routes import router as devices
from services.api.discovered.routes import router as discovered
from services.api.documents.routes import router as documents
from services.api.duty.routes import router as duty
from services.api.enrolment.routes import router as enrolment
from services.api.facilities.routes import router as facilities
from services.api.factors.routes import router as factors
from services.api.feeds.routes import router as feeds
from services.api.gaps.routes import router as gaps
from services.api.grants.routes import router as grants
from services.api.health import router as health
from services.api.http import failures
from services.api.http.body_limit import BodyLimit
from services.api.http.correlation import Correlation
from services.api.http.etags import ETags
from services.api.http.metrics import API, Metrics
from services.api.http.security_headers import SecurityHeaders
from services.api.imports.routes import router as imports
from services.api.incidents.acting.routes import router as incident_actions
from services.api.incidents.routes import router as incidents
from services.api.invitations.routes import router as invitations
from services.api.keys.routes import router as keys
from services.api.ladders.routes import router as ladders
from services.api.legal_holds.routes import router as legal_holds
from services.api.licences.routes import router as licences
from services.api.oauth.routes import router as oauth
from services.api.oauth.routes import well_known
from services.api.overview.routes import router as overview
from services.api.people.routes import router as people
from services.api.placements.routes import router as placements
from services.api.profiles.routes import router as profiles
from services.api.quarantine.routes import router as quarantine
from services.api.resources import Resources
from services.api.retention.routes import router as retention
from services.api.rounds.routes import router as rounds
from services.api.security.routes import router as security
from services.api.sessions.routes import router as sessions
from services.api.sms.routes import router as sms
from services.api.templates.routes import router as templates
from services.api.units.authorities.routes import router as authorities
from services.api.units.importing.routes import router as unit_imports
from services.api.units.reorganising.routes import router as reorganisations
from services.api.units.routes import router as units
from services.api.webhooks.routes import router as webhooks
from services.api.zones.requirements.routes import router as requirements
from services.api.zones.routes import router as zones

#: One folder per noun.
NOUNS: Final = (
    sessions, factors, account, people, invitations, overview, facilities, zones, devices,
    credentials, enrolment, keys, adapters, coverage, gaps, incidents, incident_actions,
    deliveries,
    quarantine, security, retention, legal_holds, access_log, access_log_of_agencies,
    approvals, licences, documents, agencies, webhooks, oauth, grants,
    contact_points, browsers,
    feeds, reorganisations, unit_imports, units, authorities, profiles, placements,
    camera_approvals, discovered, rounds,
    imports, calendars, holidays, requirements, ladders, templates, duty,
)  # fmt: skip

#: From the outside in.
_MIDDLEWARE: Final = (Correlation, Metrics, SecurityHeaders, BodyLimit, ETags)


def create_app(resources: Resources) -> FastAPI:
    app = build()
    app.state.resources = resources
    # To be run beside the app, so that open pages hear what changes.
    app.state.feed = Feed(resources.engine)
    return app


def build() -> FastAPI:
    """The routes alone, over no resources yet."""
    app = FastAPI(
        title="giamsat",
        version=version("giamsat"),
        summary="Which rooms where children live are being watched, minute by minute.",
        openapi_url=f"{API}/openapi.json",
        docs_url=None,
        redoc_url=None,
        middleware=[Middleware(layer) for layer in _MIDDLEWARE],
    )
    failures.install(app)
    openapi.install(app)
    # One by one, not as one router of routers: every inclusion builds each of its routes anew.
    for noun in (*NOUNS, broker_check, sms, push_receipts):
        app.include_router(noun, prefix=API)
    app.include_router(health)
    app.include_router(well_known)
    install_console(app)
    return app
