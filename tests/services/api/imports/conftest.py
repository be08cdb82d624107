"""Sheets sent by people, and a runner that works when a test says so."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from services.api.imports.runner import Runner
from services.api.resources import Resources

Send = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
def runner(resources: Resources) -> Runner:
    return Runner(resources)


@pytest.fixture
def send(api: httpx.AsyncClient, runner: Runner) -> Send:
    """A sheet, checked; `commit=True`: and put on record."""

    async def send(
        who: dict[str, str], text: str, *, kind: str = "facilities", commit: bool = False
    ) -> dict[str, Any]:
        begun = await api.post(
            "/imports",
            files={"file": ("sheet.csv", text.encode(), "text/csv")},
            data={"kind": kind},
            headers=who,
        )
        assert begun.status_code == 202, begun.text
        await runner.look()
        job_id = begun.json()["id"]
        if commit:
            wish = {"wish": "commit"}
            answer = await api.post(f"/imports/{job_id}/wish", json=wish, headers=who)
            assert answer.status_code == 200, answer.text
            await runner.look()
        job: dict[str, Any] = (await api.get(f"/imports/{job_id}", headers=who)).json()
        job["rows_told"] = (await api.get(f"/imports/{job_id}/rows", headers=who)).json()
        return job

    return send
