from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.access.transactions import still_disclosing
from services.api.access_log.queries import Trail
from services.api.access_log.seals.sealing import Sealer
from services.api.resources import Resources
from shared.db.session import SYSTEM, unit_of_work
from shared.db.tables.access_log import access_log
from shared.db.tables.people import role_assignment
from shared.domain import merkle
from shared.domain.access import Role
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.ledger import Head, Line, SignedHead, line_hash
from shared.runtime.ed25519 import SigningKey, verify
from tests.services.api.access_log.lines import line
from tests.services.api.conftest import Clock
from tests.support.people import (
    HOA_BINH,
    LOTUS,
    SUNFLOWER,
    Headers,
    Province,
    add_user,
    log_in,
)

KEY = SigningKey.new()


@pytest.fixture
async def log(engine: AsyncEngine, province: Province) -> None:
    """One line of each facility, one of a unit, one of nobody's place."""
    sun, lotus = province.facility_ids[SUNFLOWER], province.facility_ids[LOTUS]
    inspector, officer = (f"user:{province.user_ids[who]}" for who in ("inspector", "officer"))
    rows = [
        line("sun", facility_id=sun, actor=inspector, role="INSPECTOR", purpose="check"),
        line("lotus", facility_id=lotus, actor=officer, verb="change", subject="licence"),
        line("unit", admin_unit_id=province.unit_ids[HOA_BINH], actor="client:3"),
        line("nowhere", actor="system", at=datetime(2026, 6, 1, tzinfo=UTC)),
    ]
    async with unit_of_work(engine, SYSTEM) as connection:
        for row in rows:
            row.setdefault("role", "")
            row.setdefault("facility_id", None)
            row.setdefault("admin_unit_id", None)
        await connection.execute(insert(access_log).inline(), rows)


@pytest.fixture
async def auditor(engine: AsyncEngine, province: Province, clock: Clock) -> Headers:
    async with unit_of_work(engine, SYSTEM) as connection:
        user_id = await add_user(connection, "auditor", Role.AUDITOR, {}, clock.at)
        return await log_in(connection, user_id, clock.at)


async def keys(api: httpx.AsyncClient, who: Headers, **asked: str) -> list[str]:
    answer = await api.get("/access-log", params=asked, headers=who)
    assert answer.status_code == 200, answer.text
    found = [one["key"] for one in answer.json()["items"]]
    return [key for key in found if key in {"sun", "lotus", "unit", "nowhere"}]


async def test_a_manager_sees_what_concerns_their_facility(
    api: httpx.AsyncClient, province: Province, log: None
) -> None:
    assert await keys(api, province.manager) == ["sun"]
    assert await keys(api, province.lotus_manager) == ["lotus"]


async def test_the_department_sees_its_province(
    api: httpx.AsyncClient, province: Province, log: None
) -> None:
    assert await keys(api, province.officer) == ["unit", "lotus", "sun"]


async def test_an_auditor_of_everything_sees_everything(
    api: httpx.AsyncClient, auditor: Headers, log: None
) -> None:
    assert await keys(api, auditor) == ["nowhere", "unit", "lotus", "sun"]


@pytest.mark.parametrize("who", ["caregiver", "commune", "inspector", "leader", "admin"])
async def test_it_is_closed_to_others(
    api: httpx.AsyncClient, province: Province, log: None, who: str
) -> None:
    answer = await api.get("/access-log", headers=getattr(province, who))
    assert answer.status_code == 403


async def test_a_foreign_facility_is_not_there(
    api: httpx.AsyncClient, province: Province, log: None
) -> None:
    answers = [
        await api.get("/access-log", params={"facility": code}, headers=province.manager)
        for code in (LOTUS, "NO-SUCH")
    ]
    assert [one.status_code for one in answers] == [404, 404]
    assert answers[0].json()["detail"] == answers[1].json()["detail"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"verb": "change"}, ["lotus"]),
        ({"subject": "licence"}, ["lotus"]),
        ({"facility": SUNFLOWER}, ["sun"]),
        ({"actor": "client:3"}, ["unit"]),
        ({"day": "2026-06-01"}, ["nowhere"]),
        ({"day": "2026-07-01", "verb": "read"}, ["unit", "sun"]),
        ({"day": "2026-06-30"}, []),
    ],
)
async def test_it_is_filtered(
    api: httpx.AsyncClient, auditor: Headers, log: None, asked: dict[str, str], found: list[str]
) -> None:
    assert await keys(api, auditor, **asked) == found


async def test_who_acted_is_told_by_name_and_from_where_to_those_who_may_see_people(
    api: httpx.AsyncClient, province: Province, auditor: Headers, log: None
) -> None:
    def by(answer: httpx.Response) -> tuple[object, object, object]:
        (one,) = (item for item in answer.json()["items"] if item["key"] == "sun")
        return one["by"]["name"], one["by"]["roles"], one["address"]

    asked = {"facility": SUNFLOWER, "verb": "read"}
    officer = await api.get("/access-log", params=asked, headers=province.officer)
    nobody = await api.get("/access-log", params=asked, headers=auditor)
    assert by(officer) == ("Inspector", ["INSPECTOR"], "192.0.2.7")
    assert by(nobody) == ("Inspector", ["INSPECTOR"], None)


async def test_that_somebody_looked_is_on_record(
    api: httpx.AsyncClient, engine: AsyncEngine, province: Province
) -> None:
    headers = {**province.manager, "X-Purpose": "yearly check"}
    await api.get("/access-log", params={"verb": "read"}, headers=headers)
    async with engine.connect() as connection:
        row = (await connection.execute(select(access_log))).mappings().one()
    assert (row["verb"], row["subject"], row["key"]) == ("list", "access_log", SUNFLOWER)
    assert (row["role"], row["purpose"]) == ("FACILITY_MANAGER", "yearly check")
    assert row["facility_id"] == province.facility_ids[SUNFLOWER]


async def test_pages_follow_each_other_without_a_hole(
    api: httpx.AsyncClient, auditor: Headers, log: None
) -> None:
    seen, cursor = [], None
    while True:
        asked = {"limit": "2", "day": "2026-07-01", "verb": "read"}
        answer = await api.get(
            "/access-log", params=asked | ({"cursor": cursor} if cursor else {}), headers=auditor
        )
        seen += [one["key"] for one in answer.json()["items"]]
        cursor = answer.json()["next"]
        if cursor is None:
            break
    assert seen == ["unit", "sun"]


async def test_everybody_sees_what_they_did_themselves(
    api: httpx.AsyncClient, province: Province, log: None
) -> None:
    answer = await api.get("/access-log/own", headers=province.inspector)
    assert [one["key"] for one in answer.json()["items"]] == ["sun"]
    assert answer.json()["items"][0]["by"]["name"] == "Inspector"


async def test_an_export_names_nobody_and_holds_no_formula(
    api: httpx.AsyncClient, engine: AsyncEngine, province: Province, log: None
) -> None:
    async with unit_of_work(engine, SYSTEM) as connection:
        row = line("=1+1", facility_id=province.facility_ids[SUNFLOWER])
        await connection.execute(insert(access_log).inline().values(row))
    answer = await api.get("/access-log/export", headers=province.officer)
    assert answer.headers["content-type"].startswith("text/csv")
    assert "'=1+1" in answer.text
    assert "Inspector" not in answer.text
    assert "192.0.2.7" not in answer.text


async def test_heads_and_proofs_hold_against_what_they_claim(
    api: httpx.AsyncClient, resources: Resources, clock: Clock, province: Province, log: None
) -> None:
    sealer = Sealer(resources, KEY, witness=None, now=clock)
    await sealer.seal()
    await api.get("/access-log", headers=province.officer)
    await sealer.seal()
    heads = (await api.get("/access-log/heads", headers=province.caregiver)).json()["items"]
    signed = [SignedHead.of_json(one) for one in heads]
    for one in signed:
        assert verify(KEY.public_key, one.signature, one.head.content)
    latest = (await api.get("/access-log/heads/latest", headers=province.caregiver)).json()
    assert latest == heads[-1]
    answer = await api.get(
        "/access-log/consistency", params={"from": 1, "to": 2}, headers=province.caregiver
    )
    proof = [bytes.fromhex(one) for one in answer.json()["proof"]]
    old, new = (one.head for one in signed)
    assert (old.size, new.size) == (4, 5)
    assert merkle.is_consistent(4, 5, proof, old_root=old.root, new_root=new.root)


async def test_a_line_is_proven_to_those_who_may_see_it(
    api: httpx.AsyncClient, resources: Resources, clock: Clock, province: Province, log: None
) -> None:
    early = await api.get("/access-log/1/proof", headers=province.manager)
    assert early.status_code == 409
    await Sealer(resources, KEY, witness=None, now=clock).seal()
    answer = (await api.get("/access-log/1/proof", headers=province.manager)).json()
    told = answer["line"]
    there = Line(**{**told, "at": datetime.fromisoformat(told["at"])})
    head: Head = SignedHead.of_json(answer["head"]).head
    hash_ = line_hash(bytes.fromhex(answer["previous"]), there)
    assert hash_.hex() == answer["hash"]
    path = [bytes.fromhex(one) for one in answer["proof"]]
    assert merkle.is_included(hash_, answer["n"] - 1, head.size, path, head.root)


async def test_a_foreign_line_is_not_there(
    api: httpx.AsyncClient, province: Province, log: None
) -> None:
    answers = [await api.get(f"/access-log/{n}/proof", headers=province.manager) for n in (2, 999)]
    assert [one.status_code for one in answers] == [404, 404]


async def test_roles_that_ended_open_nothing(
    api: httpx.AsyncClient, engine: AsyncEngine, province: Province, clock: Clock, log: None
) -> None:
    async with unit_of_work(engine, SYSTEM) as connection:
        await connection.execute(
            role_assignment.update()
            .where(role_assignment.c.user_id == province.user_ids["manager"])
            .values(valid_to=clock.at)
        )
    assert (await api.get("/access-log", headers=province.manager)).status_code == 403


async def test_a_look_that_goes_on_is_one_look(
    resources: Resources, engine: AsyncEngine, clock: Clock
) -> None:
    async def look(key: str, purpose: str = "") -> None:
        who = Somebody(Trail("user:1", "192.0.2.1", purpose, ""))
        deed = Deed(Verb.READ, Subject.INCIDENT, key)
        async with still_disclosing(resources, who, deed):
            pass

    for minutes in (0, 4, 4, 4):
        clock.advance(minutes=minutes)
        await look("1")
    await look("2")
    await look("2", "for the prosecutor")
    async with engine.connect() as connection:
        keys_seen = await connection.execute(select(access_log.c.key).order_by(access_log.c.n))
    assert list(keys_seen.scalars()) == ["1", "1", "2", "2"]


@dataclass(frozen=True)
class Somebody:
    """Who asks."""

    trail: Trail
