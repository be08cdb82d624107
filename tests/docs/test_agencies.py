"""The client in docs/agencies.md, run as it stands there against a real server."""

import asyncio
import json
import re
import sys
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.app import create_app
from services.api.resources import Resources
from shared.db.session import unit_of_work
from shared.db.tables.registry import facility
from shared.domain.access import Role
from shared.runtime import clock as wall_clock
from shared.runtime import liveness
from tests.services.api.conftest import access, api_broker, clock, resources
from tests.support.agency import AUTHORITY, add_authority, new_key, public
from tests.support.people import PROVINCE, SUNFLOWER, add_user, log_in, province_of
from tests.support.ports import free_port
from tests.support.waiting import eventually

#: The fixtures of the api, for use here.
__all__ = ["access", "api_broker", "clock", "resources"]
PAGE = Path(__file__).parents[2] / "docs" / "agencies.md"


def client_in(folder: Path) -> Path:
    """What stands between the fences."""
    found = re.search(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found is not None
    file = folder / "agency.py"
    file.write_text(found[1])
    return file


async def run(file: Path, *arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable, file.name, *arguments, cwd=file.parent,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode()


async def granted(api: httpx.AsyncClient, engine: AsyncEngine, key: dict[str, Any]) -> None:
    """One registers an agency, another proposes, a third approves."""
    now = wall_clock.now()
    people = await province_of(engine, now)
    await add_authority(engine)
    async with unit_of_work(engine) as connection:
        place = {"admin_unit_id": people.unit_ids[PROVINCE]}
        user = await add_user(connection, "deputy", Role.DEPT_OFFICER, place, now)
        deputy = await log_in(connection, user, now)
    agency = {
        "code": "moh-children", "name": "Cục Trẻ em", "authority": AUTHORITY,
        "contact_office": "Phòng Dữ liệu", "jwks": {"keys": [public(key)]},
    }  # fmt: skip
    grant = {
        "agency": "moh-children", "dataset": "facilities", "unit": PROVINCE, "level": "named",
        "purpose": "Giám sát", "legal_basis": "Luật Trẻ em, điều 80",
        "valid_to": (now + timedelta(days=30)).isoformat(),
    }  # fmt: skip
    made = await api.post("/agencies", json=agency, headers=people.admin)
    assert made.status_code == 201, made.text
    proposed = await api.post("/grants", json=grant, headers=people.officer)
    path = f"/grants/{proposed.json()['id']}/approve"
    assert (await api.post(path, headers=deputy)).status_code == 200


async def is_up(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError:
        return False
    writer.close()
    return True


async def test_the_client_keeps_its_copy_in_step(
    resources: Resources, engine: AsyncEngine, tmp_path: Path
) -> None:
    port, key, file = free_port(), new_key(), client_in(tmp_path)
    base = f"http://127.0.0.1:{port}"
    settings = resources.settings.model_copy(update={"console_url": base})
    app = create_app(replace(resources, settings=settings, now=wall_clock.now))
    (tmp_path / "key.json").write_text(json.dumps(key))
    transport, stop = httpx.ASGITransport(app), asyncio.Event()
    async with httpx.AsyncClient(transport=transport, base_url=f"{base}/api/v1") as api:
        await granted(api, engine, key)
    async with asyncio.TaskGroup() as group:
        group.create_task(liveness.serve(app, host="127.0.0.1", port=port, stop=stop))
        await eventually(partial(is_up, port))
        arguments = (base, "moh-children", "key.json", "facilities")
        assert "2 held" in await run(file, *arguments)
        async with unit_of_work(engine) as connection:
            renamed = update(facility).where(facility.c.code == SUNFLOWER)
            await connection.execute(renamed.values(name="Hướng Dương"))
        assert await run(file, *arguments) == "1 told on the last page, 2 held\n"
        stop.set()
    held, _ = json.loads((tmp_path / "facilities.json").read_text())
    assert held[SUNFLOWER]["name"] == "Hướng Dương"
