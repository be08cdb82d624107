"""How an agency gets a token, keeps it and loses it."""

import httpx
import pytest

from tests.services.api.conftest import Clock
from tests.support.agency import (
    ISSUER,
    TOKEN,
    Agency,
    new_key,
    public,
    registration,
)
from tests.support.people import Province

OWN = "/agency/grants"


async def test_a_client_that_proves_itself_gets_a_token_for_five_minutes(
    agency: Agency, clock: Clock
) -> None:
    answer = await agency.ask()
    assert answer.status_code == 200
    given = answer.json()
    assert given["token_type"] == "DPoP"
    assert given["expires_in"] == 300
    assert answer.headers["cache-control"] == "no-store"
    agency.token = given["access_token"]
    assert (await agency.get(OWN)).status_code == 200
    clock.advance(seconds=300)
    assert (await agency.get(OWN)).status_code == 401


@pytest.mark.parametrize("audience", [ISSUER, TOKEN, [ISSUER], [TOKEN, ISSUER]])
async def test_either_of_our_names_will_do(agency: Agency, audience: object) -> None:
    answer = await agency.ask(agency.assertion(agency.claims(aud=audience)))
    assert answer.status_code == 200


@pytest.mark.parametrize("algorithm", ["PS256", "EdDSA"])
async def test_every_strong_kind_of_key_is_taken(
    api: httpx.AsyncClient, agency: Agency, province: Province, clock: Clock, algorithm: str
) -> None:
    other = Agency(api, clock, "police", new_key("one", algorithm), new_key("p", algorithm))
    await api.post("/agencies", json=registration(other), headers=province.admin)
    await other.log_in()
    assert (await other.get(OWN)).status_code == 200


async def test_a_token_is_for_what_was_asked(agency: Agency) -> None:
    answer = await agency.ask(scope="dataset:gaps dataset:facilities")
    assert answer.json()["scope"] == "dataset:gaps dataset:facilities"
    refused = await agency.ask(scope="dataset:gaps people")
    assert refused.status_code == 400
    assert refused.json()["error"] == "invalid_scope"


async def test_a_plain_token_is_given_only_to_who_may_have_one(
    api: httpx.AsyncClient, agency: Agency, province: Province, clock: Clock
) -> None:
    refused = await agency.ask(proof=None)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_dpop_proof")
    simple = Agency(api, clock, "statistics", new_key("s"))
    given = registration(simple, requires_dpop=False)
    await api.post("/agencies", json=given, headers=province.admin)
    answer = await simple.ask(proof=None)
    assert answer.json()["token_type"] == "Bearer"
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert (await api.get(OWN, headers=headers)).status_code == 200


async def test_a_revoked_token_ends_at_once(agency: Agency, api: httpx.AsyncClient) -> None:
    token = await agency.log_in()
    form = {
        "token": token,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": agency.assertion(),
    }
    assert (await api.post("/oauth/revoke", data=form)).status_code == 200
    assert (await agency.get(OWN)).status_code == 401


async def test_nobody_revokes_another_clients_token(
    agency: Agency, api: httpx.AsyncClient, province: Province, clock: Clock
) -> None:
    token = await agency.log_in()
    other = Agency(api, clock, "police", new_key("x"))
    await api.post("/agencies", json=registration(other), headers=province.admin)
    form = {
        "token": token,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": other.assertion(),
    }
    assert (await api.post("/oauth/revoke", data=form)).status_code == 200
    assert (await agency.get(OWN)).status_code == 200


async def test_keys_overlap_while_they_are_changed(
    agency: Agency, api: httpx.AsyncClient, province: Province, clock: Clock
) -> None:
    old, new = agency.key, new_key("second")
    begins = clock.at.replace(hour=9)
    given = {"jwk": public(new), "not_before": begins.isoformat()}
    path = f"/agencies/{agency.code}/keys"
    assert (await api.post(path, json=given, headers=province.admin)).status_code == 201
    old_print = next(
        key["thumbprint"]
        for key in (await api.get("/agencies/moh-children", headers=province.admin)).json()["keys"]
        if key["kid"] == "first"
    )
    ends = {"not_after": clock.at.replace(hour=10).isoformat()}
    answer = await api.patch(f"{path}/{old_print}", json=ends, headers=province.admin)
    assert answer.status_code == 200
    taken = []
    for hour in (8, 9, 10):
        clock.at = clock.at.replace(hour=hour, minute=30 if hour == 8 else 0)
        for key in (old, new):
            agency.key = key
            taken.append((await agency.ask()).status_code)
    assert taken == [200, 401, 200, 200, 401, 200]


async def test_a_revoked_key_ends_its_tokens_at_once_and_does_not_come_back(
    agency: Agency, api: httpx.AsyncClient, province: Province
) -> None:
    await agency.log_in()
    shown = (await api.get(f"/agencies/{agency.code}", headers=province.admin)).json()
    path = f"/agencies/{agency.code}/keys"
    thumbprint = shown["keys"][0]["thumbprint"]
    await api.delete(f"{path}/{thumbprint}", headers=province.admin)
    assert (await agency.get(OWN)).status_code == 401
    assert (await agency.ask()).status_code == 401
    again = await api.post(path, json={"jwk": public(agency.key)}, headers=province.admin)
    assert (again.status_code, again.json()["code"]) == (409, "key_known")


async def test_a_revoked_agency_is_out_at_once(
    agency: Agency, api: httpx.AsyncClient, province: Province
) -> None:
    await agency.log_in()
    await api.delete(f"/agencies/{agency.code}", headers=province.admin)
    assert (await agency.get(OWN)).status_code == 401
    assert (await agency.ask()).status_code == 401


async def test_who_asks_too_often_waits(agency: Agency, clock: Clock) -> None:
    answers = [(await agency.ask()).status_code for _ in range(31)]
    assert answers == [200] * 30 + [429]
    clock.advance(seconds=61)
    assert (await agency.ask()).status_code == 200


async def test_where_tokens_are_given_is_published(api: httpx.AsyncClient) -> None:
    answer = await api.get("http://giamsat/.well-known/oauth-authorization-server")
    told = answer.json()
    assert told["issuer"] == ISSUER
    assert told["token_endpoint"] == TOKEN
    assert told["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    assert "none" not in told["token_endpoint_auth_signing_alg_values_supported"]
