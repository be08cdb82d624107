"""`/livez`, `/readyz`, `/metrics`: what the supervisor and the metrics server ask."""

import asyncio
from typing import Final

from fastapi import APIRouter, Response
from starlette.responses import PlainTextResponse

from services.api.access.transactions import reading_as_system
from services.api.resources import Given, Resources
from shared.runtime import liveness, loops

_PATIENCE_S: Final = 2

router = APIRouter(include_in_schema=False)


@router.get("/livez")
async def livez() -> Response:
    return PlainTextResponse("alive")


@router.get("/readyz")
async def readyz(resources: Given) -> Response:
    return liveness.readiness_response(await _why_not_ready(resources))


@router.get("/metrics")
async def metrics() -> Response:
    return liveness.metrics_response()


async def _why_not_ready(resources: Resources) -> str | None:
    if not resources.broker.is_connected:
        return "no session with the broker"
    try:
        async with asyncio.timeout(_PATIENCE_S), reading_as_system(resources):
            return None
    except loops.TRANSIENT:
        return "the database does not answer"
