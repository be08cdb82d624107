"""The client in docs/agencies.md, run as it stands there against a real server."""

import asyncio
import json
import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.app import create_app
from services.api.resources import Resources
from services.cli.probes import is_listening
from shared.db.session import unit_of_work
from shared.db.tables.registry import facility
from shared.domain import delivery, webhooks
from shared.domain.access import Role
from shared.domain.disclosure import Level
from shared.domain.webhooks import Call, EventType
from shared.runtime import clock as wall_clock
from shared.runtime import egress, liveness
from tests.services.api.conftest import access, api_broker, clock, resources
from tests.support.agency import AUTHORITY, add_authority, new_key, public
from tests.support.people import PROVINCE, SUNFLOWER, add_user, log_in, province_of
from tests.support.ports import free_port
from tests.support.waiting import eventually

#: The fixtures of the api, for use here.
__all__ = ["access", "api_broker", "clock", "resources"]
PAGE = Path(__file__).parents[2] / "docs" / "agencies.md"


def program_in(folder: Path, name: str, number: int) -> Path:
    """What stands between the fences."""
    found = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    file = folder / name
    file.write_text(found[number])
    return file


def client_in(folder: Path) -> Path:
    return program_in(folder, "agency.py", 1)


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
        await eventually(partial(is_listening, "127.0.0.1", port))
        arguments = (base, "moh-children", "key.json", "facilities")
        assert "2 held" in await run(file, *arguments)
        async with unit_of_work(engine) as connection:
            renamed = update(facility).where(facility.c.code == SUNFLOWER)
            await connection.execute(renamed.values(name="Hướng Dương"))
        assert await run(file, *arguments) == "1 told on the last page, 2 held\n"
        stop.set()
    held, _ = json.loads((tmp_path / "facilities.json").read_text())
    assert held[SUNFLOWER]["name"] == "Hướng Dương"


SALT, OUR_KEY = b"s" * webhooks.SALT_BYTES, b"k" * 32
CALL = Call(
    4711, 3, EventType.GAP_OPENED, Level.NAMED, "hoa-sen", datetime(2026, 11, 20, 5, tzinfo=UTC),
    "https://giamsat.example",
)  # fmt: skip


async def checked(file: Path, headers: Mapping[str, str], body: bytes) -> tuple[int | None, str]:
    """How the example ends, and what it says, when it is called like that."""
    secret = webhooks.secret_of(SALT, OUR_KEY)
    process = await asyncio.create_subprocess_exec(
        sys.executable, file, *headers.values(), env={"WEBHOOK_SECRET": secret},
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate(body)
    return process.returncode, (out + err).decode().strip()


async def test_the_example_takes_what_we_sign_and_nothing_else(tmp_path: Path) -> None:
    """As `services.alerts` calls: also while our key is changed, and not what somebody made up."""
    file = program_in(tmp_path, "bell.py", 0)
    body = json.dumps(CALL.as_cloud_event(), ensure_ascii=False).encode()
    now, other = wall_clock.now(), webhooks.secret_of(SALT, b"l" * 32)

    def signed(at: datetime, *secrets: str) -> dict[str, str]:
        return webhooks.signed(body, call_id=CALL.id, sent_at=at, secrets=secrets)

    own = webhooks.secret_of(SALT, OUR_KEY)
    assert await checked(file, signed(now, own), body) == (0, "gaps 4711-3")
    assert await checked(file, signed(now, other, own), body) == (0, "gaps 4711-3")
    assert await checked(file, signed(now, other), body) == (1, "not from giamsat")
    assert await checked(file, signed(now, own), body + b" ") == (1, "not from giamsat")
    late = signed(now - timedelta(minutes=6), own)
    assert (await checked(file, late, body))[1].startswith("too old")
    assert await checked(file, {**late, "webhook-timestamp": str(int(now.timestamp()))}, body) == (
        1,
        "not from giamsat",
    )


def test_its_example_of_a_call_is_one_that_we_make() -> None:
    found = re.search(r"```json\n(\{\"specversion.*?)```", PAGE.read_text(), re.DOTALL)
    assert found is not None
    assert json.loads(found[1]) == CALL.as_cloud_event()


def test_it_names_every_event_and_the_grant_that_it_needs() -> None:
    told = re.findall(r"^\| `(vn\.giamsat\.[a-z.]+)` \| `(\w+)` \|", PAGE.read_text(), re.MULTILINE)
    assert told == [(what.value, webhooks.dataset_of(what).value) for what in EventType]


def test_it_says_how_long_we_wait_and_try() -> None:
    text = PAGE.read_text()
    assert f"within **{egress.PATIENCE_S:.0f} seconds**" in text
    assert f"**for {delivery.GIVE_UP_AFTER // timedelta(hours=1)} hours**" in text
    assert f"then every {delivery.LONGEST_PAUSE // timedelta(hours=1)} hours" in text
    pauses = [delivery.pause_after(n) // timedelta(minutes=1) for n in range(1, 5)]
    assert f"after {', '.join(map(str, pauses))} … minutes" in text
