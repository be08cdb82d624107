from typing import Any

import httpx
import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.imports.runner import Runner
from shared.db.session import reading, unit_of_work
from shared.db.tables.access_log import access_log
from shared.db.tables.people import role_assignment
from tests.services.api.conftest import Clock
from tests.services.api.imports.conftest import Send
from tests.support.people import HOA_BINH, LOTUS, PHUOC_LONG, SUNFLOWER, Province

SHEET = (
    "Mã;Tên;Sở hữu;Loại hình;Xã;Sức chứa;Số trẻ;Vĩ độ;Kinh độ\r\n"
    f"HS-1;Mái ấm Hoa Sen;ngoài công lập;Cơ sở khác;{HOA_BINH};60;42;14,35;108,0\r\n"
    f"TT-1;Trung tâm;công lập;;Unit {PHUOC_LONG};;\r\n"
)


def states(job: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    return [(row["key"], row["state"], row["verdict"]) for row in job["rows_told"]]


async def ask(api: httpx.AsyncClient, who: dict[str, str], job: dict[str, Any], wish: str) -> int:
    answer = await api.post(f"/imports/{job['id']}/wish", json={"wish": wish}, headers=who)
    return answer.status_code


async def told(api: httpx.AsyncClient, who: dict[str, str], code: str) -> dict[str, Any]:
    found: dict[str, Any] = (await api.get(f"/facilities/{code}", headers=who)).json()
    return found


async def test_a_dry_run_says_what_would_be_and_changes_nothing(
    api: httpx.AsyncClient, province: Province, send: Send
) -> None:
    job = await send(province.officer, SHEET)
    assert (job["state"], job["possible"]) == ("checked", ["commit", "discard"])
    assert states(job) == [("HS-1", "sound", "create"), ("TT-1", "sound", "create")]
    listed = await api.get("/facilities", headers=province.officer)
    assert [one["code"] for one in listed.json()["items"]] == [LOTUS, SUNFLOWER]


async def test_rows_are_put_on_record_as_they_say(
    api: httpx.AsyncClient, province: Province, send: Send
) -> None:
    job = await send(province.officer, SHEET, commit=True)
    assert job["state"] == "committed"
    home = await told(api, province.officer, "HS-1")
    assert (home["name"], home["ownership"], home["admin_unit"], home["capacity"]) == (
        "Mái ấm Hoa Sen", "non_public", HOA_BINH, 60,
    )  # fmt: skip
    assert (home["latitude"], home["longitude"], home["children"]) == (14.35, 108.0, 42)
    assert (await told(api, province.officer, "TT-1"))["admin_unit"] == PHUOC_LONG


async def test_the_same_sheet_again_changes_nothing_and_another_only_what_differs(
    api: httpx.AsyncClient, province: Province, send: Send
) -> None:
    await send(province.officer, SHEET, commit=True)
    again = await send(province.officer, SHEET, commit=True)
    assert states(again) == [("HS-1", "done", "unchanged"), ("TT-1", "done", "unchanged")]
    other = await send(
        province.officer, "code,name,children\nHS-1,Hoa Sen Mới,\nTT-1,,9\n".replace(
            "TT-1,,", "TT-1,Trung tâm,"
        ), commit=True,
    )  # fmt: skip
    assert states(other) == [("HS-1", "done", "change"), ("TT-1", "done", "change")]
    home = await told(api, province.officer, "HS-1")
    assert (home["name"], home["children"]) == ("Hoa Sen Mới", 42)


@pytest.mark.parametrize(
    ("line", "column", "code"),
    [
        (",Không mã,,", "code", "missing"),
        ("A B,Tên,,", "code", "unreadable"),
        ("A-1,,,", "name", "missing"),
        ("A-1,Tên,nhiều,", "children", "unreadable"),
        ("A-1,Tên,-4,", "children", "unreadable"),
        ("A-1,Tên,4,nowhere", "admin_unit", "unknown_unit"),
    ],
)
async def test_a_faulty_row_says_where_what_and_what_to_do(
    api: httpx.AsyncClient, province: Province, send: Send, line: str, column: str, code: str
) -> None:
    sheet = f"code,name,children,admin_unit\nOK-1,Được,1,\n{line}\n"
    job = await send(province.officer, sheet, commit=True)
    good, bad = job["rows_told"]
    assert (good["state"], bad["state"], bad["line"]) == ("done", "faulty", 3)
    fault = bad["faults"][0]
    assert (fault["column"], fault["code"]) == (column, code)
    assert fault["wrong"]
    assert fault["advice"]


async def test_a_thing_named_twice_is_taken_once(
    api: httpx.AsyncClient, province: Province, send: Send
) -> None:
    job = await send(province.officer, "code,name\nA-1,Một\nA-1,Hai\n", commit=True)
    assert [row["state"] for row in job["rows_told"]] == ["done", "faulty"]
    assert job["rows_told"][1]["faults"][0]["wrong"] == "Line 2 speaks of the same."
    assert (await told(api, province.officer, "A-1"))["name"] == "Một"


async def test_nobody_imports_beyond_their_place(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine, send: Send
) -> None:
    for name in ("manager", "commune", "inspector"):
        refused = await api.post(
            "/imports",
            files={"file": ("a.csv", SHEET.encode(), "text/csv")},
            data={"kind": "facilities"},
            headers=getattr(province, name),
        )
        assert refused.status_code == 403
    async with unit_of_work(engine) as connection:
        await connection.execute(
            update(role_assignment)
            .where(role_assignment.c.user_id == province.user_ids["officer"])
            .values(admin_unit_id=province.unit_ids[HOA_BINH])
        )
    job = await send(province.officer, f"code,name,admin_unit\nA-1,A,{PHUOC_LONG}\n{LOTUS},B,\n")
    codes = [row["faults"][0]["code"] if row["faults"] else row["verdict"]
             for row in job["rows_told"]]  # fmt: skip
    # Lotus lies elsewhere: as far as this officer can see, the code is free.
    assert codes == ["not_allowed", "create"]
    assert await ask(api, province.officer, job, "commit") == 200


async def test_a_code_of_somebody_else_is_refused_when_it_comes_to_it(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine, send: Send
) -> None:
    async with unit_of_work(engine) as connection:
        await connection.execute(
            update(role_assignment)
            .where(role_assignment.c.user_id == province.user_ids["officer"])
            .values(admin_unit_id=province.unit_ids[HOA_BINH])
        )
    job = await send(province.officer, f"code,name\n{LOTUS},Của tôi\n", commit=True)
    assert [(row["state"], row["faults"][0]["code"]) for row in job["rows_told"]] == [
        ("failed", "refused")
    ]
    assert (await told(api, province.admin, LOTUS))["name"] == f"Facility {LOTUS}"


async def test_an_import_is_seen_by_who_began_it(
    api: httpx.AsyncClient, province: Province, send: Send
) -> None:
    job = await send(province.officer, SHEET)
    for path in ("", "/rows"):
        answer = await api.get(f"/imports/{job['id']}{path}", headers=province.admin)
        assert answer.status_code == 404
    assert await ask(api, province.admin, job, "commit") == 404
    assert (await api.get("/imports", headers=province.admin)).json()["items"] == []
    assert len((await api.get("/imports", headers=province.officer)).json()["items"]) == 1


async def test_undoing_takes_back_what_nobody_touched_and_says_why_the_rest_stays(
    api: httpx.AsyncClient, province: Province, runner: Runner, send: Send
) -> None:
    sheet = "code,name,children\nN-1,Mới 1,1\nN-2,Mới 2,2\nN-3,Mới 3,3\n"
    sheet += f"{SUNFLOWER},Hướng Dương,7\n{LOTUS},Sen,8\n"
    job = await send(province.officer, sheet, commit=True)
    assert [row["verdict"] for row in job["rows_told"]] == ["create"] * 3 + ["change"] * 2
    zone = {"code": "z", "kind": "yard"}
    await api.post("/facilities/N-2/zones", json=zone, headers=province.officer)
    await api.patch("/facilities/N-3", json={"children": 4}, headers=province.officer)
    await api.patch(f"/facilities/{LOTUS}", json={"children": 9}, headers=province.officer)
    assert await ask(api, province.officer, job, "undo") == 200
    await runner.look()
    rows = (await api.get(f"/imports/{job['id']}/rows", headers=province.officer)).json()
    assert {row["key"]: row["state"] for row in rows} == {
        "N-1": "undone", "N-2": "kept", "N-3": "kept", SUNFLOWER: "undone", LOTUS: "kept",
    }  # fmt: skip
    assert rows[1]["faults"][0]["code"] == "touched"
    sunflower = await told(api, province.officer, SUNFLOWER)
    assert (sunflower["name"], sunflower["children"]) == (f"Facility {SUNFLOWER}", 40)
    assert (await told(api, province.officer, LOTUS))["children"] == 9
    assert (await told(api, province.officer, "N-1"))["retired_at"] is not None
    assert (await told(api, province.officer, "N-2"))["retired_at"] is None


async def test_a_corrected_sheet_can_come_again_after_undoing(
    api: httpx.AsyncClient, province: Province, runner: Runner, clock: Clock, send: Send
) -> None:
    job = await send(province.officer, SHEET, commit=True)
    await ask(api, province.officer, job, "undo")
    await runner.look()
    clock.advance(minutes=5)
    again = await send(province.officer, SHEET.replace("Hoa Sen", "Hoa Mai"), commit=True)
    assert states(again) == [("HS-1", "done", "create"), ("TT-1", "done", "create")]
    home = await told(api, province.officer, "HS-1")
    assert (home["name"], home["retired_at"]) == ("Mái ấm Hoa Mai", None)


async def test_a_code_that_served_is_not_given_again(
    api: httpx.AsyncClient, province: Province, send: Send
) -> None:
    await api.delete(f"/facilities/{LOTUS}", headers=province.officer)
    job = await send(province.officer, f"code,name\n{LOTUS},Sen\n", commit=True)
    assert job["rows_told"][0]["faults"][0]["code"] == "code_retired"


async def test_a_stopped_import_goes_on_or_is_undone(
    api: httpx.AsyncClient, province: Province, runner: Runner, send: Send
) -> None:
    sheet = "code,name\n" + "".join(f"S-{n},Số {n}\n" for n in range(120))
    job = await send(province.officer, sheet)
    assert await ask(api, province.officer, job, "commit") == 200
    assert await runner.step()
    assert await ask(api, province.officer, job, "stop") == 200
    assert await ask(api, province.officer, job, "stop") == 409
    await runner.look()
    half = (await api.get(f"/imports/{job['id']}", headers=province.officer)).json()
    assert half["state"] == "stopped"
    assert {one["state"]: one["rows"] for one in half["counts"]} == {"done": 50, "sound": 70}
    assert await ask(api, province.officer, job, "resume") == 200
    await runner.look()
    whole = (await api.get(f"/imports/{job['id']}", headers=province.officer)).json()
    assert {one["state"]: one["rows"] for one in whole["counts"]} == {"done": 120}


async def test_whoever_lost_their_role_midway_puts_nothing_more_on_record(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine, runner: Runner, clock: Clock,
    send: Send,
) -> None:  # fmt: skip
    sheet = "code,name\n" + "".join(f"S-{n},Số {n}\n" for n in range(60))
    job = await send(province.officer, sheet)
    await ask(api, province.officer, job, "commit")
    await runner.step()
    async with unit_of_work(engine) as connection:
        await connection.execute(
            update(role_assignment)
            .where(role_assignment.c.user_id == province.user_ids["officer"])
            .values(valid_to=clock.at)
        )
    await runner.look()
    listed = await api.get("/facilities?limit=200", headers=province.admin)
    assert len([one for one in listed.json()["items"] if one["code"].startswith("S-")]) == 50


async def test_each_row_is_on_record_in_the_name_of_who_began_it(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine, send: Send
) -> None:
    job = await send(province.officer, SHEET, commit=True)
    async with reading(engine) as connection:
        rows = await connection.execute(
            select(access_log.c.actor, access_log.c.verb, access_log.c.key, access_log.c.detail)
            .where(access_log.c.subject == "facility")
            .order_by(access_log.c.n)
        )
        lines = [tuple(row) for row in rows]
    officer = f"user:{province.user_ids['officer']}"
    detail = f'{{"import": {job["id"]}}}'
    assert lines == [(officer, "create", "HS-1", detail), (officer, "create", "TT-1", detail)]


async def test_a_file_that_is_no_sheet_begins_nothing(
    api: httpx.AsyncClient, province: Province
) -> None:
    refused = await api.post(
        "/imports",
        files={"file": ("a.xlsx", b"PK\x03\x04", "text/csv")},
        data={"kind": "facilities"},
        headers=province.officer,
    )
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "body.file")
    assert "CSV UTF-8" in refused.json()["errors"][0]["advice"]
