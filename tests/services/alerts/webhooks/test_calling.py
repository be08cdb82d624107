"""Agencies are called over a real socket, for what their grants let them know, and no more."""

import asyncio
import ipaddress
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from services.alerts.webhooks.calling import Calling
from shared.db.tables import agencies, channels, units
from shared.domain.webhooks import EventType, secret_of, signed
from shared.runtime.egress import Egress
from tests.support.alerting import START, World, after
from tests.support.https_server import HttpsServer, https_server

NAME = "bell.agency.example"
KEY = b"k" * 32
SALT = b"s" * 24


@pytest.fixture
async def server() -> AsyncIterator[HttpsServer]:
    async with https_server(NAME) as server:
        yield server


@dataclass
class Agency:
    """An agency with a webhook, and us calling it at an instant of the story."""

    world: World
    server: HttpsServer
    client_id: int
    webhook_id: int

    def calling(self, seconds: float) -> Calling:
        async def resolve(_host: str, _port: int) -> Sequence[str]:
            return ["127.0.0.1"]

        egress = Egress(
            resolve=resolve, allowed=(ipaddress.ip_network("127.0.0.1/32"),),
            tls=self.server.trust, ports=frozenset({self.server.port}),
        )  # fmt: skip
        world = self.world
        return Calling(
            world.alerts, egress, [KEY], "https://giamsat.example", lambda: after(seconds)
        )

    async def grant(self, dataset: str, level: str = "named", **more: object) -> int:
        values: dict[str, object] = {
            "admin_unit_id": self.world.province_id,
            "approved_at": START,
            "decided_by": self.second,
            "valid_to": START + timedelta(days=365),
        }
        return await self.world.add(
            agencies.sharing_grant,
            client_id=self.client_id,
            dataset=dataset,
            level=level,
            purpose="Oversight",
            legal_basis="Law on children",
            valid_from=START,
            proposed_by=self.first,
            proposed_at=START,
            **{**values, **more},
        )

    first: int = 0
    second: int = 0

    def heard(self) -> list[tuple[str, str | None]]:
        """(type, subject) of each call, in order."""
        events = [json.loads(body) for body in self.server.bodies]
        return [
            (event["type"].removeprefix("vn.giamsat."), event.get("subject")) for event in events
        ]

    async def states(self) -> list[str]:
        rows = await self.world.rows("SELECT state FROM webhook_call ORDER BY id")
        return [row.state for row in rows]


@pytest.fixture
async def agency(world: World, server: HttpsServer) -> Agency:
    first = await world.user("DEPT_OFFICER", admin_unit_id=world.province_id, email="a@example.org")
    second = await world.user("DPO", email="b@example.org")
    body = await world.add(
        units.authority, code="BYT", name="Bộ Y tế", kind="ministry", legal_basis="",
        valid_from=START.date() - timedelta(days=500),
    )  # fmt: skip
    client_id = await world.add(
        agencies.agency_client, code="moh", name="Cục Trẻ em", authority_id=body,
        contact_office="Văn phòng", requires_dpop=True, daily_records=1000, created_at=START,
        created_by=first,
    )  # fmt: skip
    await world.add(
        agencies.agency_key, client_id=client_id, kid="1", thumbprint="t", jwk={"kty": "EC"},
        is_fetched=False, not_before=START, created_at=START,
    )  # fmt: skip
    webhook_id = await world.add(
        channels.webhook, client_id=client_id, url=f"https://{NAME}:{server.port}/bell", salt=SALT,
        events=list(EventType), created_at=START, created_by=first,
    )  # fmt: skip
    made = Agency(world, server, client_id, webhook_id)
    made.first, made.second = first, second
    await made.calling(0).run()
    return made


async def a_gap(world: World, code: str = "F1", *, at: float = 0) -> None:
    """A room falls silent, and is watched again."""
    facility_id = await world.facility(code)
    zone_id = await world.zone(facility_id)
    device_id = await world.device(facility_id, zone_id)
    await world.attest(device_id, 0, at + 100)
    await world.know_until(at + 165)
    await world.tick(at + 165)
    await world.attest(device_id, at + 200, at + 300)
    await world.know_until(at + 290)
    await world.tick(at + 290)


async def test_an_agency_is_called_for_what_its_grant_covers(agency: Agency) -> None:
    await agency.grant("gaps")
    await a_gap(agency.world)
    await agency.calling(300).run()
    assert agency.heard() == [("gap.opened", "F1"), ("gap.closed", "F1")]
    assert await agency.states() == ["sent", "sent"]


async def test_the_call_is_signed(agency: Agency) -> None:
    await agency.grant("gaps")
    await a_gap(agency.world)
    await agency.calling(300).run()
    head = agency.server.asked[-1].decode()
    sent = dict(line.split(": ", 1) for line in head.splitlines()[1:] if ": " in line)
    expected = signed(
        agency.server.bodies[-1],
        call_id=sent["webhook-id"],
        sent_at=after(300),
        secrets=[secret_of(SALT, KEY)],
    )
    assert {name: sent[name] for name in expected} == expected
    assert sent["content-type" if "content-type" in sent else "Content-Type"].startswith(
        "application/cloudevents+json"
    )


async def test_without_a_grant_nobody_is_called(agency: Agency) -> None:
    await a_gap(agency.world)
    await agency.calling(300).run()
    assert agency.heard() == []


@pytest.mark.parametrize(
    "grant",
    [
        {"dataset": "gaps", "level": "aggregate"},
        {"dataset": "gaps", "approved_at": None, "decided_by": None},
        {"dataset": "gaps", "revoked_at": START, "revoked_by": "user:1", "reason": "No more"},
        {"dataset": "gaps", "valid_to": START + timedelta(seconds=200)},
        {"dataset": "coverage"},
    ],
    ids=["counts only", "proposed", "revoked", "ended", "other data"],
)
async def test_a_grant_that_does_not_allow_it_calls_nobody(
    agency: Agency, grant: dict[str, object]
) -> None:
    await agency.grant(**grant)  # type: ignore[arg-type] # the dataset and the level are words
    await a_gap(agency.world)
    await agency.calling(300).run()
    assert agency.heard() == []


async def test_a_grant_for_another_facility_is_not_for_this_one(agency: Agency) -> None:
    other = await agency.world.facility("F9", "Mái ấm khác")
    await agency.grant("gaps", admin_unit_id=None, facility_id=other)
    await a_gap(agency.world)
    await agency.calling(300).run()
    assert agency.heard() == []


async def test_where_facilities_have_no_name_the_call_has_none(agency: Agency) -> None:
    await agency.grant("incidents", "pseudonymous")
    await a_gap(agency.world)
    await agency.calling(300).run()
    assert agency.heard() == [("incident.opened", None), ("incident.resolved", None)]
    assert b"F1" not in b"".join(agency.server.bodies)


async def test_nothing_is_called_twice_however_often_we_look(agency: Agency) -> None:
    await agency.grant("gaps")
    await a_gap(agency.world)
    for _ in range(3):
        await agency.calling(300).run()
    assert len(agency.server.bodies) == 2


async def test_a_call_that_was_not_taken_is_made_again_in_order(agency: Agency) -> None:
    await agency.grant("gaps")
    await a_gap(agency.world)
    agency.server.status = "500 Internal Server Error"
    await agency.calling(300).run()
    assert await agency.states() == ["pending", "pending"]
    assert agency.heard() == [("gap.opened", "F1")]
    agency.server.status = "204 No Content"
    agency.server.body = b""
    await agency.calling(330).run()
    assert len(agency.heard()) == 1, "not before a minute has passed"
    await agency.calling(370).run()
    assert agency.heard()[1:] == [("gap.opened", "F1"), ("gap.closed", "F1")]
    assert await agency.states() == ["sent", "sent"]
    ids = [json.loads(body)["id"] for body in agency.server.bodies]
    assert ids[0] == ids[1], "a repeat is known by its id"


async def test_a_receiver_that_is_gone_for_good_is_not_called_for_it_again(agency: Agency) -> None:
    await agency.grant("gaps")
    await a_gap(agency.world)
    agency.server.status = "410 Gone"
    await agency.calling(300).run()
    assert await agency.states() == ["gone", "cancelled"]
    agency.server.status = "200 OK"
    await a_gap(agency.world, "F2", at=300)
    await agency.calling(700).run()
    assert len(agency.server.bodies) == 1, "nor for anything else"


async def test_what_waits_is_not_told_once_the_grant_is_revoked(agency: Agency) -> None:
    grant_id = await agency.grant("gaps")
    await a_gap(agency.world)
    agency.server.status = "500 Internal Server Error"
    await agency.calling(300).run()
    await revoke(agency, grant_id, after(310))
    agency.server.status = "200 OK"
    await agency.calling(600).run()
    assert len(agency.server.bodies) == 1
    assert await agency.states() == ["cancelled", "cancelled"]


async def changed(agency: Agency, statement: str) -> None:
    """What the api writes when somebody takes something back at 310 s."""
    async with agency.world.owner.begin() as connection:
        await connection.execute(text(statement), {"at": after(310)})


TAKEN_BACK = {
    "agency_revoked": "UPDATE agency_client SET revoked_at = :at, revoked_by = created_by",
    "no_key": "UPDATE agency_key SET revoked_at = :at",
    "webhook_removed": "UPDATE webhook SET removed_at = :at",
    "grant_ended": "UPDATE sharing_grant SET revoked_at = :at, revoked_by = 'user:1', reason = 'x'",
}


@pytest.mark.parametrize("because", TAKEN_BACK)
async def test_whoever_lost_the_right_hears_nothing_of_what_waits_nor_of_what_comes(
    agency: Agency, because: str
) -> None:
    await agency.grant("gaps")
    await a_gap(agency.world)
    agency.server.status = "503 Service Unavailable"
    await agency.calling(300).run()
    heard = len(agency.server.bodies)
    await changed(agency, TAKEN_BACK[because])
    agency.server.status = "200 OK"
    await agency.calling(400).run()
    await a_gap(agency.world, "F2", at=300)
    await agency.calling(4000).run()
    assert len(agency.server.bodies) == heard == 1
    assert set(await agency.states()) == {"cancelled"}
    rows = await agency.world.rows("SELECT DISTINCT detail FROM webhook_call")
    assert [row.detail for row in rows] == [because]


@pytest.mark.parametrize("because", TAKEN_BACK)
async def test_between_two_calls_somebody_may_revoke(agency: Agency, because: str) -> None:
    """The first is on its way; the second is not made, though it was due in the same breath."""
    await agency.grant("gaps")
    await a_gap(agency.world)
    agency.server.may_answer.clear()
    async with asyncio.TaskGroup() as group:
        running = group.create_task(agency.calling(300).run())
        while not agency.server.bodies:  # noqa: ASYNC110 - another process would hear it so
            await asyncio.sleep(0.01)
        await changed(agency, TAKEN_BACK[because])
        agency.server.may_answer.set()
        await running
    assert len(agency.server.bodies) == 1
    assert await agency.states() == ["sent", "cancelled"]


async def test_a_key_that_ends_by_itself_ends_the_calls(agency: Agency) -> None:
    await agency.grant("gaps")
    await changed(agency, "UPDATE agency_key SET not_after = :at")
    await a_gap(agency.world)
    await agency.calling(310).run()
    assert agency.heard() == []


async def test_another_key_in_force_is_enough(agency: Agency) -> None:
    await agency.world.add(
        agencies.agency_key, client_id=agency.client_id, kid="2", thumbprint="u",
        jwk={"kty": "EC"}, is_fetched=False, not_before=START, created_at=START,
    )  # fmt: skip
    await changed(agency, "UPDATE agency_key SET revoked_at = :at WHERE kid = '1'")
    await agency.grant("gaps")
    await a_gap(agency.world)
    await agency.calling(320).run()
    assert len(agency.heard()) == 2


async def test_what_one_grant_lost_does_not_hold_up_another(agency: Agency) -> None:
    first = await agency.grant("gaps")
    await a_gap(agency.world)
    agency.server.status = "503 Service Unavailable"
    await agency.calling(300).run()
    await agency.grant("incidents")
    await revoke(agency, first, after(310))
    await a_gap(agency.world, "F2", at=300)
    agency.server.status = "200 OK"
    await agency.calling(700).run()
    assert {what.partition(".")[0] for what, _ in agency.heard()[1:]} == {"incident"}


async def test_who_asks_for_a_pause_gets_it(agency: Agency) -> None:
    await agency.grant("gaps")
    await a_gap(agency.world)
    agency.server.status = "429 Too Many Requests"
    agency.server.headers = ["Retry-After: 600"]
    await agency.calling(300).run()
    agency.server.status = "200 OK"
    await agency.calling(899).run()
    assert len(agency.server.bodies) == 1
    await agency.calling(901).run()
    assert await agency.states() == ["sent", "sent"]


async def test_without_a_key_of_ours_what_waits_is_still_cancelled(agency: Agency) -> None:
    await agency.grant("gaps")
    await a_gap(agency.world)
    agency.server.status = "503 Service Unavailable"
    await agency.calling(300).run()
    await changed(agency, TAKEN_BACK["agency_revoked"])
    await replace(agency.calling(400), keys=()).run()
    assert await agency.states() == ["cancelled", "cancelled"]


async def revoke(agency: Agency, grant_id: int, at: datetime) -> None:
    async with agency.world.owner.begin() as connection:
        await connection.execute(
            agencies.sharing_grant.update()
            .where(agencies.sharing_grant.c.id == grant_id)
            .values(revoked_at=at, revoked_by="user:1", reason="No more")
        )


async def test_without_a_key_nobody_is_called(agency: Agency) -> None:
    await agency.grant("gaps")
    await a_gap(agency.world)
    await replace(agency.calling(300), keys=()).run()
    assert agency.heard() == []
