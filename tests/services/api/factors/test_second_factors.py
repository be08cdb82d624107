from typing import Any

import httpx
import pyotp
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.services.api.conftest import Clock
from tests.services.api.factors.conftest import PASSPHRASE, LogIn
from tests.support.authenticator import PRESENT, Authenticator
from tests.support.people import Headers, Province

ORIGIN = "http://console.test"


def bearer(body: dict[str, Any]) -> Headers:
    return {"Authorization": f"Bearer {body['token']}"}


def code_of(secret: str, clock: Clock, *, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(clock.at, counter_offset=steps)


async def with_app(
    api: httpx.AsyncClient, headers: Headers, clock: Clock
) -> tuple[str, dict[str, Any]]:
    proposed = await api.post("/factors/app", headers=headers)
    assert proposed.status_code == 201, proposed.text
    secret = proposed.json()["secret"]
    confirmed = await api.post(
        "/factors/app/confirm", json={"code": code_of(secret, clock)}, headers=headers
    )
    assert confirmed.status_code == 200, confirmed.text
    return secret, confirmed.json()


async def with_passkey(
    api: httpx.AsyncClient, headers: Headers, **bent: Any
) -> tuple[Authenticator, httpx.Response]:
    options = (await api.post("/factors/passkeys/options", headers=headers)).json()
    key = Authenticator(ORIGIN)
    body = {"name": "Điện thoại", "credential": key.create(options, **bent)}
    return key, await api.post("/factors/passkeys", json=body, headers=headers)


async def test_whose_role_needs_one_gets_no_further_than_to_set_it_up(
    api: httpx.AsyncClient, log_in: LogIn, clock: Clock
) -> None:
    headers, begun = await log_in("officer")
    assert begun["standing"] == "must_enrol"
    refused = await api.get("/facilities", headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "second_factor_missing")
    _, made = await with_app(api, headers, clock)
    assert made["session"]["standing"] == "full"
    assert len(made["recovery_codes"]) == 10
    raised = bearer(made["session"])
    assert raised != headers
    assert (await api.get("/facilities", headers=headers)).status_code == 401
    assert (await api.get("/facilities", headers=raised)).status_code == 200


async def test_the_end_of_a_session_stays_where_it_was(
    api: httpx.AsyncClient, log_in: LogIn, clock: Clock
) -> None:
    headers, begun = await log_in("officer")
    clock.advance(minutes=5)
    _, made = await with_app(api, headers, clock)
    assert made["session"]["expires_at"] == begun["expires_at"]


async def test_a_code_is_asked_for_at_the_next_log_in_and_taken_once(
    api: httpx.AsyncClient, log_in: LogIn, clock: Clock
) -> None:
    headers, _ = await log_in("caregiver")
    secret, _ = await with_app(api, headers, clock)
    clock.advance(seconds=60)
    half, begun = await log_in("caregiver")
    assert begun["standing"] == "must_prove"
    for path in ("/facilities", "/factors", "/sessions"):
        refused = await api.get(path, headers=half)
        assert refused.json()["code"] == "second_factor_due", path
    show = "/sessions/current/second-factor"
    wrong = await api.post(show, json={"code": "000000"}, headers=half)
    assert (wrong.status_code, wrong.json()["code"]) == (401, "wrong_code")
    code = {"code": code_of(secret, clock)}
    shown = await api.post(show, json=code, headers=half)
    assert (shown.status_code, shown.json()["standing"]) == (201, "full")
    assert (await api.get("/facilities", headers=half)).status_code == 401
    again, _ = await log_in("caregiver")
    replayed = await api.post(show, json=code, headers=again)
    assert replayed.status_code == 401


@pytest.mark.parametrize(("steps", "told"), [(-2, 401), (-1, 201), (1, 201), (2, 401)])
async def test_a_code_is_good_one_step_around(
    api: httpx.AsyncClient, log_in: LogIn, clock: Clock, steps: int, told: int
) -> None:
    headers, _ = await log_in("caregiver")
    secret, _ = await with_app(api, headers, clock)
    clock.advance(minutes=5)
    half, _ = await log_in("caregiver")
    body = {"code": code_of(secret, clock, steps=steps)}
    answer = await api.post("/sessions/current/second-factor", json=body, headers=half)
    assert answer.status_code == told


async def test_guessing_codes_closes_the_door_for_five_minutes(
    api: httpx.AsyncClient, log_in: LogIn, clock: Clock
) -> None:
    headers, _ = await log_in("caregiver")
    secret, _ = await with_app(api, headers, clock)
    half, _ = await log_in("caregiver")
    show = "/sessions/current/second-factor"
    told = [
        (await api.post(show, json={"code": f"{n:06}"}, headers=half)).status_code for n in range(7)
    ]
    assert told == [401] * 5 + [429] * 2
    clock.advance(minutes=5)
    right = await api.post(show, json={"code": code_of(secret, clock)}, headers=half)
    assert right.status_code == 201


async def test_a_recovery_code_lets_in_once_and_new_ones_void_the_old(
    api: httpx.AsyncClient, log_in: LogIn, clock: Clock
) -> None:
    headers, _ = await log_in("caregiver")
    _, made = await with_app(api, headers, clock)
    code = made["recovery_codes"][3]
    show = "/sessions/current/second-factor"
    half, _ = await log_in("caregiver")
    typed = {"code": code.replace("-", " ").upper()}
    shown = await api.post(show, json=typed, headers=half)
    assert shown.status_code == 201
    full = bearer(shown.json())
    assert (await api.get("/factors", headers=full)).json()["recovery_codes_left"] == 9
    once_more, _ = await log_in("caregiver")
    assert (await api.post(show, json={"code": code}, headers=once_more)).status_code == 401
    renewed = await api.post("/factors/recovery-codes", headers=full)
    assert renewed.status_code == 201
    old = {"code": made["recovery_codes"][4]}
    assert (await api.post(show, json=old, headers=once_more)).status_code == 401
    new = {"code": renewed.json()["codes"][0]}
    assert (await api.post(show, json=new, headers=once_more)).status_code == 201


async def test_a_secret_is_sealed_where_it_lies(
    api: httpx.AsyncClient, log_in: LogIn, clock: Clock, engine: AsyncEngine
) -> None:
    headers, _ = await log_in("caregiver")
    secret, made = await with_app(api, headers, clock)
    async with engine.connect() as connection:
        kept = repr(
            [
                tuple(row)
                for table in ("totp_secret", "recovery_code", "session", "known_device")
                for row in await connection.execute(text(f"SELECT * FROM {table}"))  # noqa: S608 - our own names
            ]
        )
    assert secret not in kept
    assert made["recovery_codes"][0] not in kept
    assert headers["Authorization"].removeprefix("Bearer ") not in kept


async def test_a_passkey_alone_logs_in_and_says_whose_it_is(
    api: httpx.AsyncClient, log_in: LogIn, clock: Clock
) -> None:
    headers, _ = await log_in("officer")
    key, made = await with_passkey(api, headers)
    assert made.status_code == 201, made.text
    assert len(made.json()["recovery_codes"]) == 10
    options = (await api.post("/sessions/passkey/options")).json()
    assert options["userVerification"] == "required"
    begun = await api.post("/sessions/passkey", json={"credential": key.get(options)})
    assert begun.status_code == 201, begun.text
    assert (begun.json()["standing"], begun.json()["user"]["name"]) == ("full", "Officer")
    assert (await api.get("/facilities", headers=bearer(begun.json()))).status_code == 200


async def attempt(api: httpx.AsyncClient, one: Authenticator, **bent: Any) -> httpx.Response:
    options = (await api.post("/sessions/passkey/options")).json()
    return await api.post("/sessions/passkey", json={"credential": one.get(options, **bent)})


async def test_a_passkey_that_lies_opens_nothing(
    api: httpx.AsyncClient, log_in: LogIn, clock: Clock
) -> None:
    headers, _ = await log_in("officer")
    key, _ = await with_passkey(api, headers)
    bends: dict[str, dict[str, Any]] = {
        "another site's page": {"origin": "http://evil.test"},
        "another site's name": {"host": "evil.test"},
        "what was not asked": {"challenge": "AAAA"},
        "a registration": {"type": "webauthn.create"},
        "another key": {"key": ec.generate_private_key(ec.SECP256R1())},
        "another's handle": {"handle": b"somebody else"},
    }
    for name, bent in bends.items():
        answer = await attempt(api, key, **bent)
        assert (answer.status_code, answer.json()["code"]) == (401, "wrong_passkey"), name
    stranger = Authenticator(ORIGIN)
    assert (await attempt(api, stranger)).status_code == 401
    key.flags = PRESENT
    assert (await attempt(api, key)).status_code == 401
    key.flags |= 0x04
    key.count = 0
    assert (await attempt(api, key)).status_code == 201
    key.count = 0
    copied = await attempt(api, key)
    assert copied.status_code == 401
    nonsense = await api.post("/sessions/passkey", json={"credential": {"id": 7}})
    assert nonsense.status_code == 401


async def test_a_challenge_is_answered_once_and_soon(
    api: httpx.AsyncClient, log_in: LogIn, clock: Clock
) -> None:
    headers, _ = await log_in("officer")
    key, _ = await with_passkey(api, headers)
    options = (await api.post("/sessions/passkey/options")).json()
    body = {"credential": key.get(options)}
    assert (await api.post("/sessions/passkey", json=body)).status_code == 201
    assert (await api.post("/sessions/passkey", json=body)).status_code == 401
    late = (await api.post("/sessions/passkey/options")).json()
    clock.advance(minutes=5)
    answer = await api.post("/sessions/passkey", json={"credential": key.get(late)})
    assert answer.status_code == 401


async def test_a_challenge_for_one_is_not_answered_by_another(
    api: httpx.AsyncClient, log_in: LogIn, province: Province
) -> None:
    headers, _ = await log_in("officer")
    options = (await api.post("/factors/passkeys/options", headers=headers)).json()
    body = {"name": "x", "credential": Authenticator(ORIGIN).create(options)}
    told = await api.post("/factors/passkeys", json=body, headers=province.inspector)
    assert told.status_code == 422
    anonymous = (await api.post("/sessions/passkey/options")).json()
    options["challenge"] = anonymous["challenge"]
    body["credential"] = Authenticator(ORIGIN).create(options)
    assert (await api.post("/factors/passkeys", json=body, headers=headers)).status_code == 422


@pytest.mark.parametrize(
    "bent", [{"origin": "http://evil.test"}, {"host": "evil.test"}, {"type": "webauthn.get"}]
)
async def test_a_passkey_of_another_site_is_not_kept(
    api: httpx.AsyncClient, log_in: LogIn, bent: dict[str, str]
) -> None:
    headers, _ = await log_in("officer")
    _, told = await with_passkey(api, headers, **bent)
    assert told.status_code == 422


async def test_the_last_factor_stays_where_a_role_needs_it(
    api: httpx.AsyncClient, log_in: LogIn, clock: Clock
) -> None:
    headers, _ = await log_in("officer")
    _, made = await with_app(api, headers, clock)
    full = bearer(made["session"])
    refused = await api.delete("/factors/app", headers=full)
    assert (refused.status_code, refused.json()["code"]) == (409, "last_factor")
    _, added = await with_passkey(api, full)
    assert added.json() == {"session": None, "recovery_codes": None}
    assert (await api.delete("/factors/app", headers=full)).status_code == 204
    shown = (await api.get("/factors", headers=full)).json()
    assert (shown["app_since"], [one["name"] for one in shown["passkeys"]]) == (
        None, ["Điện thoại"],
    )  # fmt: skip


async def test_a_change_of_proofs_needs_one_that_is_fresh(
    api: httpx.AsyncClient, log_in: LogIn, clock: Clock
) -> None:
    headers, _ = await log_in("caregiver")
    clock.advance(minutes=11)
    old = await api.post("/factors/app", headers=headers)
    assert (old.status_code, old.json()["code"]) == (403, "proof_too_old")
    wrong = await api.post("/account/proof", json={"passphrase": "x"}, headers=headers)
    assert wrong.status_code == 401
    proven = await api.post("/account/proof", json={"passphrase": PASSPHRASE}, headers=headers)
    assert proven.status_code == 201
    assert (await api.post("/factors/app", headers=headers)).status_code == 401
    fresh = bearer(proven.json())
    assert (await api.post("/factors/app", headers=fresh)).status_code == 201
