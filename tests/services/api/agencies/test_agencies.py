"""Registering agencies and their keys, by hand or from where they publish them."""

import ipaddress
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.app import create_app
from services.api.resources import Resources
from shared.runtime.egress import Egress
from tests.services.api.conftest import Clock
from tests.shared.runtime.test_egress import TRICKS
from tests.support.agency import Agency, add_authority, new_key, public, registration
from tests.support.https_server import HttpsServer, https_server
from tests.support.people import Province

NAME = "keys.agency.example"


@pytest.fixture(autouse=True)
async def authority(engine: AsyncEngine) -> None:
    await add_authority(engine)


@pytest.fixture
async def server() -> AsyncIterator[HttpsServer]:
    async with https_server(NAME) as server:
        server.headers = ["Content-Type: application/jwk-set+json"]
        yield server


@pytest.fixture
async def connected(resources: Resources, server: HttpsServer) -> AsyncIterator[httpx.AsyncClient]:
    """The API, which finds the agency's server by name, and may reach it though it is here."""

    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    egress = Egress(
        resolve=resolve, allowed=(ipaddress.ip_network("127.0.0.1/32"),), tls=server.trust,
        ports=frozenset({server.port}),
    )  # fmt: skip
    app = create_app(replace(resources, egress=egress))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://giamsat/api/v1") as client:
        yield client


async def test_an_agency_is_registered_with_its_keys(
    api: httpx.AsyncClient, province: Province, clock: Clock
) -> None:
    agency = Agency(api, clock)
    made = await api.post("/agencies", json=registration(agency), headers=province.admin)
    assert made.status_code == 201
    assert [key["kid"] for key in made.json()["keys"]] == ["first"]
    assert '"d"' not in made.text
    again = await api.post("/agencies", json=registration(agency), headers=province.admin)
    assert (again.status_code, again.json()["code"]) == (409, "code_taken")
    listed = await api.get("/agencies", headers=province.officer)
    assert [one["code"] for one in listed.json()["items"]] == ["moh-children"]


@pytest.mark.parametrize("who", ["officer", "manager", "inspector", "commune"])
async def test_only_who_administers_registers(
    api: httpx.AsyncClient, province: Province, clock: Clock, who: str
) -> None:
    given = registration(Agency(api, clock))
    answer = await api.post("/agencies", json=given, headers=getattr(province, who))
    assert answer.status_code == 403


async def test_a_key_that_is_private_or_weak_is_not_kept(
    api: httpx.AsyncClient, province: Province, clock: Clock
) -> None:
    agency = Agency(api, clock)
    wrong: list[dict[str, object]] = [
        {"jwks": {"keys": [agency.key]}},
        {"jwks": {"keys": []}},
        {"jwks": {"keys": [{"kty": "oct", "k": "eA"}]}},
        {"jwks": {"keys": [public(new_key(str(n))) for n in range(6)]}},
        {"jwks": None},
        {"jwks_uri": "https://keys.agency.example/jwks"},
        {"authority": "NOBODY"},
        {"contact_office": ""},
        {"daily_records": 0},
        {"code": "a b"},
    ]
    for changes in wrong:
        given = registration(agency, **changes)
        answer = await api.post("/agencies", json=given, headers=province.admin)
        assert answer.status_code == 422, changes
    listed = await api.get("/agencies", headers=province.admin)
    assert listed.json()["items"] == []


async def test_no_tricky_address_of_keys_is_kept(
    api: httpx.AsyncClient, province: Province, clock: Clock
) -> None:
    agency, taken = Agency(api, clock), []
    for url in TRICKS:
        given = registration(agency, jwks=None, jwks_uri=url)
        answer = await api.post("/agencies", json=given, headers=province.admin)
        if answer.status_code != 422:
            taken.append(url)
    assert taken == []


async def test_published_keys_are_fetched_and_followed(
    connected: httpx.AsyncClient, server: HttpsServer, province: Province, clock: Clock
) -> None:
    agency = Agency(connected, clock)
    old, new = agency.key, new_key("second")
    server.body = json.dumps({"keys": [public(old)]}).encode()
    given = registration(agency, jwks=None, jwks_uri=f"https://{NAME}:{server.port}/jwks")
    made = await connected.post("/agencies", json=given, headers=province.admin)
    assert [key["is_fetched"] for key in made.json()["keys"]] == [True]
    assert (await agency.ask()).status_code == 200

    server.body = json.dumps({"keys": [public(old), public(new)]}).encode()
    agency.key = new
    # Somebody could invent key after key: so it is looked at again once a minute.
    assert (await agency.ask()).status_code == 401
    clock.advance(seconds=61)
    assert (await agency.ask()).status_code == 200
    agency.key = old
    assert (await agency.ask()).status_code == 200

    server.body = json.dumps({"keys": [public(new)]}).encode()
    token = await agency.log_in()
    clock.advance(minutes=10)
    agency.key, agency.token = new, token
    assert (await agency.ask()).status_code == 200
    agency.key = old
    assert (await agency.ask()).status_code == 401


async def test_who_cannot_be_reached_keeps_the_keys_that_are_known(
    connected: httpx.AsyncClient, server: HttpsServer, province: Province, clock: Clock
) -> None:
    agency = Agency(connected, clock)
    server.body = json.dumps({"keys": [public(agency.key)]}).encode()
    given = registration(agency, jwks=None, jwks_uri=f"https://{NAME}:{server.port}/jwks")
    await connected.post("/agencies", json=given, headers=province.admin)
    server.status = "302 Found"
    clock.advance(minutes=11)
    assert (await agency.ask()).status_code == 200
    answer = await connected.post("/agencies/moh-children/keys/refresh", headers=province.admin)
    assert (answer.status_code, answer.json()["code"]) == (503, "keys_not_fetched")


async def test_a_key_that_we_revoked_does_not_come_back_though_it_is_still_published(
    connected: httpx.AsyncClient, server: HttpsServer, province: Province, clock: Clock
) -> None:
    agency = Agency(connected, clock)
    server.body = json.dumps({"keys": [public(agency.key)]}).encode()
    given = registration(agency, jwks=None, jwks_uri=f"https://{NAME}:{server.port}/jwks")
    made = await connected.post("/agencies", json=given, headers=province.admin)
    thumbprint = made.json()["keys"][0]["thumbprint"]
    path = "/agencies/moh-children/keys"
    await connected.delete(f"{path}/{thumbprint}", headers=province.admin)
    await connected.post(f"{path}/refresh", headers=province.admin)
    clock.advance(minutes=11)
    assert (await agency.ask()).status_code == 401
