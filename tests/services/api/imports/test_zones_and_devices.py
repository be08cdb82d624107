import csv
import io

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.imports.runner import Runner
from shared.db.session import reading
from shared.db.tables.imports import import_row
from tests.services.api.imports.conftest import Send
from tests.support.people import LOTUS, SUNFLOWER, Province

ZONES = f"facility,code,name,kind,max_gap_s\n{SUNFLOWER},play,Phòng chơi,play_room,90\n"
DEVICES = f"facility,code,kind,zone\n{SUNFLOWER},cam-1,camera,play\n{SUNFLOWER},door-1,door,play\n"


async def test_zones_are_added_changed_and_left_alone(
    api: httpx.AsyncClient, province: Province, send: Send
) -> None:
    made = await send(province.officer, ZONES, kind="zones", commit=True)
    assert made["rows_told"][0]["verdict"] == "create"
    again = await send(province.officer, ZONES, kind="zones", commit=True)
    assert again["rows_told"][0]["verdict"] == "unchanged"
    other = ZONES.replace(",90", ",120").replace("Phòng chơi", "")
    changed = await send(province.officer, other, kind="zones", commit=True)
    assert changed["rows_told"][0]["verdict"] == "change"
    zone = (await api.get(f"/facilities/{SUNFLOWER}/zones/play", headers=province.officer)).json()
    assert (zone["name"], zone["requirement"]["max_gap_s"]) == ("Phòng chơi", 120)


async def test_zones_are_undone_unless_a_device_watches_there(
    api: httpx.AsyncClient, province: Province, runner: Runner, send: Send
) -> None:
    sheet = ZONES + f"{SUNFLOWER},yard,Sân,san choi,\n"
    job = await send(province.officer, sheet, kind="zones", commit=True)
    await send(province.officer, DEVICES, kind="devices", commit=True)
    await api.post(f"/imports/{job['id']}/wish", json={"wish": "undo"}, headers=province.officer)
    await runner.look()
    rows = (await api.get(f"/imports/{job['id']}/rows", headers=province.officer)).json()
    assert [row["state"] for row in rows] == ["kept", "undone"]


async def test_no_sheet_puts_a_camera_into_a_private_zone(
    api: httpx.AsyncClient, province: Province, send: Send
) -> None:
    await send(province.officer, ZONES, kind="zones", commit=True)
    await send(province.officer, DEVICES, kind="devices", commit=True)
    private = ZONES.replace("play_room", "nhà tắm")
    refused = await send(province.officer, private, kind="zones", commit=True)
    assert refused["rows_told"][0]["faults"][0]["code"] == "privacy_zone"
    bath = f"facility,code,kind\n{SUNFLOWER},bath,bathroom\n"
    await send(province.officer, bath, kind="zones", commit=True)
    camera = f"facility,code,kind,zone\n{SUNFLOWER},cam-9,camera,bath\n"
    refused = await send(province.officer, camera, kind="devices", commit=True)
    assert refused["rows_told"][0]["faults"][0]["code"] == "privacy_zone"
    devices = await api.get(f"/facilities/{SUNFLOWER}/devices", headers=province.officer)
    assert [one["code"] for one in devices.json()["items"]] == ["cam-1", "door-1"]


async def test_credentials_are_handed_out_once(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine, send: Send
) -> None:
    await send(province.officer, ZONES, kind="zones", commit=True)
    job = await send(province.officer, DEVICES, kind="devices", commit=True)
    address = f"/imports/{job['id']}/credentials"
    assert (await api.post(address, headers=province.manager)).status_code == 404
    pack = await api.post(address, headers=province.officer)
    rows = list(csv.DictReader(io.StringIO(pack.content.decode("utf-8-sig"))))
    assert [(row["facility"], row["device"]) for row in rows] == [
        (SUNFLOWER, "cam-1"), (SUNFLOWER, "door-1"),
    ]  # fmt: skip
    assert all(row["password"] and row["username"] for row in rows)
    assert (await api.post(address, headers=province.officer)).status_code == 409
    async with reading(engine) as connection:
        kept = (await connection.execute(select(import_row))).mappings().all()
    told = repr([dict(row) for row in kept])
    assert not any(row["password"] in told for row in rows)


async def test_a_device_imported_by_mistake_is_retired_and_its_credential_is_gone(
    api: httpx.AsyncClient, province: Province, runner: Runner, send: Send
) -> None:
    await send(province.officer, ZONES, kind="zones", commit=True)
    job = await send(province.officer, DEVICES, kind="devices", commit=True)
    await api.post(f"/imports/{job['id']}/wish", json={"wish": "undo"}, headers=province.officer)
    await runner.look()
    rows = (await api.get(f"/imports/{job['id']}/rows", headers=province.officer)).json()
    assert [row["state"] for row in rows] == ["undone", "undone"]
    address = f"/imports/{job['id']}/credentials"
    assert (await api.post(address, headers=province.officer)).status_code == 409
    devices = await api.get(f"/facilities/{SUNFLOWER}/devices", headers=province.officer)
    assert devices.json()["items"] == []


async def test_a_manager_imports_for_the_own_facility_only(
    api: httpx.AsyncClient, province: Province, send: Send
) -> None:
    sheet = ZONES + ZONES.splitlines()[1].replace(SUNFLOWER, LOTUS) + "\n"
    job = await send(province.manager, sheet, kind="zones", commit=True)
    assert [(row["state"], [one["code"] for one in row["faults"]]) for row in job["rows_told"]] == [
        ("done", []),
        ("faulty", ["unknown_facility"]),
    ]


HEAD = "facility,code,kind,zone,gateway\n"
GATEWAY = f"{SUNFLOWER},gw-1,gateway,,\n"
BEHIND = f"{SUNFLOWER},door-1,door,play,gw-1\n"


async def gateway_of(api: httpx.AsyncClient, province: Province, device: str) -> str | None:
    address = f"/facilities/{SUNFLOWER}/devices/{device}"
    found: str | None = (await api.get(address, headers=province.officer)).json()["gateway"]
    return found


async def test_a_device_names_a_gateway_that_stands_above_it_in_the_sheet(
    api: httpx.AsyncClient, province: Province, send: Send
) -> None:
    await send(province.officer, ZONES, kind="zones", commit=True)
    job = await send(province.officer, HEAD + GATEWAY + BEHIND, kind="devices", commit=True)
    assert [row["state"] for row in job["rows_told"]] == ["done", "done"]
    assert await gateway_of(api, province, "door-1") == "gw-1"


async def test_a_gateway_that_nobody_knows_is_told_in_its_row_before_anything_is_on_record(
    api: httpx.AsyncClient, province: Province, send: Send
) -> None:
    await send(province.officer, ZONES, kind="zones", commit=True)
    foreign = f"facility,code,kind\n{LOTUS},gw-1,gateway\n"
    await send(province.officer, foreign, kind="devices", commit=True)
    sound = f"{SUNFLOWER},door-2,door,play,\n"
    job = await send(province.officer, HEAD + BEHIND + sound + GATEWAY, kind="devices")
    assert [row["state"] for row in job["rows_told"]] == ["faulty", "sound", "sound"]
    [fault] = job["rows_told"][0]["faults"]
    assert (fault["column"], fault["code"], fault["value"]) == (
        "gateway",
        "unknown_gateway",
        "gw-1",
    )
    assert "further up in this sheet" in fault["advice"]
    faulty = HEAD + f"{SUNFLOWER},gw-1,gateway,nowhere,\n{SUNFLOWER},cam-1,kettle,play,gw-1\n"
    job = await send(province.officer, faulty, kind="devices")
    assert job["rows_told"][1]["faults"][0]["column"] == "kind"


async def test_a_gateway_on_a_line_long_before_is_found(
    api: httpx.AsyncClient, province: Province, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.api.imports.runner.CHECKED_AT_ONCE", 2)
    monkeypatch.setattr("services.api.imports.runner.CHUNK", 1)
    await send(province.officer, ZONES, kind="zones", commit=True)
    between = "".join(f"{SUNFLOWER},door-{n},door,play,\n" for n in range(2, 6))
    sheet = HEAD + GATEWAY + between + BEHIND
    job = await send(province.officer, sheet, kind="devices", commit=True)
    assert {row["state"] for row in job["rows_told"]} == {"done"}
    assert await gateway_of(api, province, "door-1") == "gw-1"


async def test_a_sheet_changes_the_gateway_and_is_undone(
    api: httpx.AsyncClient, province: Province, runner: Runner, send: Send
) -> None:
    await send(province.officer, ZONES, kind="zones", commit=True)
    await send(province.officer, HEAD + GATEWAY + BEHIND, kind="devices", commit=True)
    same = await send(province.officer, HEAD + BEHIND, kind="devices", commit=True)
    assert same["rows_told"][0]["verdict"] == "unchanged"
    untold = await send(province.officer, HEAD + BEHIND.replace("gw-1", ""), kind="devices")
    assert untold["rows_told"][0]["verdict"] == "unchanged", "an empty cell says nothing"
    alone = HEAD + BEHIND.replace("gw-1", "-")
    job = await send(province.officer, alone, kind="devices", commit=True)
    assert job["rows_told"][0]["verdict"] == "change"
    assert await gateway_of(api, province, "door-1") is None
    await api.post(f"/imports/{job['id']}/wish", json={"wish": "undo"}, headers=province.officer)
    await runner.look()
    assert await gateway_of(api, province, "door-1") == "gw-1"
