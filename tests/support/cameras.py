"""A camera asked for by the manager and allowed by the department, as it has to be."""

from datetime import date, timedelta
from typing import Any

import httpx

from tests.support.people import SUNFLOWER, Province

REASONS = {
    "purpose": "To see that no child is left alone",
    "justification": "One person watches the whole corridor at night",
    "alternatives": "More rounds and motion sensors were tried and did not show strangers",
}


def request_of(today: date, **changed: object) -> dict[str, object]:
    return {**REASONS, "review_on": str(today + timedelta(days=180)), **changed}


async def asked(
    api: httpx.AsyncClient, province: Province, device: str, today: date, **changed: object
) -> Any:
    path = f"/facilities/{SUNFLOWER}/devices/{device}/approvals"
    made = await api.post(path, json=request_of(today, **changed), headers=province.manager)
    assert made.status_code == 201, made.text
    return made.json()


async def allowed(
    api: httpx.AsyncClient, province: Province, device: str, today: date, **changed: object
) -> Any:
    request = await asked(api, province, device, today, **changed)
    path = f"/facilities/{SUNFLOWER}/devices/{device}/approvals/{request['id']}/approve"
    approved = await api.post(path, json={}, headers=province.officer)
    assert approved.status_code == 200, approved.text
    return approved.json()
