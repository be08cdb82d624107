"""Logging in through an identity provider, and what is not believed of it."""

import base64
import json
import re
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_network
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.app import create_app
from services.api.resources import Resources
from shared.db.session import unit_of_work
from shared.runtime import jose
from shared.runtime.egress import Egress
from tests.services.api.conftest import Clock
from tests.support.identity_provider import (
    CLIENT,
    SECRET,
    Claims,
    IdentityProvider,
    identity_provider,
    new_key,
    public,
)
from tests.support.people import Province

SUBJECT = "0123456789"


@dataclass
class Traveller:
    """A browser that goes to the provider and comes back."""

    browser: httpx.AsyncClient
    provider: IdentityProvider

    async def goes(self, path: str = "/login/identity") -> dict[str, str]:
        answer = await self.browser.get(path)
        assert answer.status_code == 303, answer.text
        address = answer.headers["location"]
        assert address.startswith(f"{self.provider.issuer}/authorize?")
        return self.provider.logged_in(address, SUBJECT)

    async def returns(self, back: dict[str, str]) -> str:
        answer = await self.browser.get("/login/identity/callback", params=back)
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])

    async def is_in(self) -> bool:
        return (await self.browser.get("/account")).status_code == 200


async def _loopback(_host: str, _port: int) -> Sequence[str]:
    return ["127.0.0.1"]


@pytest.fixture
async def provider(clock: Clock) -> AsyncIterator[IdentityProvider]:
    async with identity_provider(clock) as running:
        yield running


@pytest.fixture
async def away(resources: Resources, provider: IdentityProvider) -> Resources:
    settings = resources.settings.model_copy(
        update={
            "oidc_issuer": provider.issuer,
            "oidc_client_id": CLIENT,
            "oidc_client_secret": SECRET,
            "oidc_second_factor": ("urn:vn:loa3", "hwk"),
        }
    )
    egress = Egress(
        resolve=_loopback,
        allowed=(ip_network("127.0.0.0/8"),),
        ports=frozenset({provider.port}),
        tls=provider.trust,
    )
    return replace(resources, settings=settings, egress=egress)


@pytest.fixture
async def traveller(away: Resources, provider: IdentityProvider) -> AsyncIterator[Traveller]:
    transport = httpx.ASGITransport(create_app(away), raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport,
        base_url="http://console.test",
        headers={"Origin": "http://console.test"},
    ) as browser:
        yield Traveller(browser, provider)


@pytest.fixture
async def linked(engine: AsyncEngine, province: Province, provider: IdentityProvider) -> None:
    """The caregiver has linked their identity."""
    async with unit_of_work(engine) as connection:
        await connection.execute(
            text("INSERT INTO external_identity VALUES (:issuer, :subject, :who, now())"),
            {
                "issuer": provider.issuer,
                "subject": SUBJECT,
                "who": province.user_ids["caregiver"],
            },
        )


@pytest.mark.usefixtures("linked")
async def test_whoever_linked_their_identity_logs_in_with_it(traveller: Traveller) -> None:
    page = (await traveller.browser.get("/login?next=/facilities")).text
    assert "VNeID" in page
    back = await traveller.goes("/login/identity?next=/facilities")
    assert await traveller.returns(back) == "/facilities"
    assert await traveller.is_in()


async def test_nobody_is_made_of_an_identity(
    traveller: Traveller, province: Province, engine: AsyncEngine
) -> None:
    assert await traveller.returns(await traveller.goes()) == "/login?fault=not_linked"
    assert not await traveller.is_in()
    async with engine.connect() as connection:
        people = await connection.scalar(text("SELECT count(*) FROM user_account"))
    assert people == len(province.user_ids)


async def test_an_identity_is_linked_by_whoever_is_logged_in(
    traveller: Traveller, province: Province
) -> None:
    token = province.caregiver["Authorization"].removeprefix("Bearer ")
    traveller.browser.cookies.set("giamsat_session", token)
    assert await traveller.returns(await traveller.goes("/account/identity")) == "/account"
    traveller.browser.cookies.clear()
    assert await traveller.returns(await traveller.goes()) == "/"
    assert await traveller.is_in()


async def test_an_identity_of_one_is_not_linked_to_another(
    traveller: Traveller, province: Province
) -> None:
    """Somebody else is logged in when the browser comes back."""
    first = province.caregiver["Authorization"].removeprefix("Bearer ")
    traveller.browser.cookies.set("giamsat_session", first)
    back = await traveller.goes("/account/identity")
    other = province.leader["Authorization"].removeprefix("Bearer ")
    traveller.browser.cookies.set("giamsat_session", other)
    assert await traveller.returns(back) == "/login?fault=not_linked"


@pytest.mark.usefixtures("linked")
@pytest.mark.parametrize(
    ("said", "has_two"),
    [({}, False), ({"acr": "urn:vn:loa3"}, True), ({"amr": ["pwd", "hwk"]}, True),
     ({"amr": "hwk"}, False), ({"acr": "urn:vn:loa1"}, False)],
)  # fmt: skip
async def test_two_factors_count_only_as_agreed(
    traveller: Traveller, engine: AsyncEngine, said: Claims, *, has_two: bool
) -> None:
    traveller.provider.bend = lambda claims, _: claims.update(said)
    await traveller.returns(await traveller.goes())
    async with engine.connect() as connection:
        found = await connection.scalar(
            text("SELECT assurance FROM session ORDER BY id DESC LIMIT 1")
        )
    assert found == ("two_factors" if has_two else "passphrase")


def setting(**changed: Any) -> Callable[[Claims, Claims], None]:
    return lambda claims, _: claims.update(changed)


def heading(**changed: Any) -> Callable[[Claims, Claims], None]:
    return lambda _, header: header.update(changed)


def unsigned(claims: Claims, _header: Claims) -> str:
    return ".".join([encoded({"alg": "none"}), encoded(claims), ""])


def encoded(part: Claims) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


NOW = 1_782_892_800  # 2026-07-01T08:00:00Z
LIES: dict[str, Callable[[Claims, Claims], None]] = {
    "another nonce": setting(nonce="another"),
    "no nonce": setting(nonce=None),
    "another issuer": setting(iss="https://evil.example"),
    "no issuer": setting(iss=None),
    "another audience": setting(aud="another"),
    "others in the audience": setting(aud=[CLIENT, "another"]),
    "another authorized party": setting(azp="another"),
    "expired": setting(exp=NOW - 61),
    "no end": setting(exp=None),
    "an end in words": setting(exp="tomorrow"),
    "not yet": setting(nbf=NOW + 120),
    "issued tomorrow": setting(iat=NOW + 86_400),
    "issued yesterday": setting(iat=NOW - 86_400),
    "nobody": setting(sub=None),
    "an empty subject": setting(sub=""),
    "an access token": heading(typ="at+jwt"),
    "a key nobody publishes": heading(kid="unheard-of"),
    "a header that asks for more": heading(crit=["exp"]),
}


@pytest.mark.usefixtures("linked")
@pytest.mark.parametrize("lie", LIES)
async def test_a_lie_in_a_signed_token_lets_nobody_in(traveller: Traveller, lie: str) -> None:
    traveller.provider.bend = LIES[lie]
    assert await traveller.returns(await traveller.goes()) == "/login?fault=provider_refused"
    assert not await traveller.is_in()


def _with_another_key(claims: Claims, header: Claims) -> str:
    return jose.sign(claims, new_key("first"), header)


def _tampered(claims: Claims, header: Claims) -> str:
    signed = jose.sign({**claims, "sub": "another"}, new_key("first"), header)
    head, _, signature = signed.split(".")
    return ".".join([head, encoded(claims), signature])


@pytest.mark.usefixtures("linked")
@pytest.mark.parametrize("sign", [unsigned, _with_another_key, _tampered, lambda *_: None])
async def test_what_is_not_signed_by_the_provider_lets_nobody_in(
    traveller: Traveller, sign: Callable[[Claims, Claims], str | None]
) -> None:
    traveller.provider.sign = sign
    assert await traveller.returns(await traveller.goes()) == "/login?fault=provider_refused"


@pytest.mark.usefixtures("linked")
async def test_a_public_key_is_no_shared_secret(traveller: Traveller) -> None:
    import hmac  # noqa: PLC0415 - forging is only here

    def forged(claims: Claims, _header: Claims) -> str:
        head = f"{encoded({'alg': 'HS256', 'kid': 'first'})}.{encoded(claims)}"
        secret = json.dumps(public(traveller.provider.key)).encode()
        digest = hmac.new(secret, head.encode(), "sha256").digest()
        return f"{head}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"

    traveller.provider.sign = forged
    assert await traveller.returns(await traveller.goes()) == "/login?fault=provider_refused"


@pytest.mark.usefixtures("linked")
async def test_a_return_is_taken_once_soon_and_in_the_same_browser(
    traveller: Traveller, clock: Clock
) -> None:
    refused = "/login?fault=provider_refused"
    back = await traveller.goes()
    cookie = traveller.browser.cookies["giamsat_journey"]
    assert await traveller.returns({**back, "state": "another"}) == refused
    traveller.browser.cookies.set("giamsat_journey", cookie)
    assert await traveller.returns(back) == "/"
    traveller.browser.cookies.clear()
    traveller.browser.cookies.set("giamsat_journey", cookie)
    assert await traveller.returns(back) == refused
    stolen = await traveller.goes()
    traveller.browser.cookies.clear()
    assert await traveller.returns(stolen) == refused
    late = await traveller.goes()
    clock.advance(minutes=10)
    assert await traveller.returns(late) == refused
    assert not await traveller.is_in()


@pytest.mark.usefixtures("linked")
async def test_a_code_of_one_journey_is_worth_nothing_on_another(traveller: Traveller) -> None:
    """PKCE: the provider gives no token for a code with another's verifier."""
    first = await traveller.goes()
    second = await traveller.goes()
    mixed = {"code": first["code"], "state": second["state"]}
    assert await traveller.returns(mixed) == "/login?fault=provider_refused"


@pytest.mark.usefixtures("linked")
@pytest.mark.parametrize("says_so", [True, False])
async def test_an_answer_of_another_provider_is_not_taken(
    traveller: Traveller, *, says_so: bool
) -> None:
    """Mix-up: the answer names its issuer, or must and does not."""
    traveller.provider.metadata = {"authorization_response_iss_parameter_supported": True}
    back = await traveller.goes()
    more = {"iss": "https://evil.example"} if says_so else {}
    assert await traveller.returns({**back, **more}) == "/login?fault=provider_refused"
    again = await traveller.goes()
    assert await traveller.returns({**again, "iss": traveller.provider.issuer}) == "/"


@pytest.mark.usefixtures("linked")
async def test_a_refusal_of_the_provider_is_told(traveller: Traveller) -> None:
    back = await traveller.goes()
    told = {"error": "access_denied", "state": back["state"]}
    assert await traveller.returns(told) == "/login?fault=provider_refused"
    page = await traveller.browser.get("/login?fault=provider_refused")
    assert 'role="alert"' in page.text


@pytest.mark.parametrize(
    "said",
    [
        {"issuer": "https://evil.example"},
        {"authorization_endpoint": "https://evil.example/authorize"},
        {"token_endpoint": "http://id.giamsat-tests.vn/token"},
        {"jwks_uri": "https://169.254.169.254/keys"},
        {"jwks_uri": None},
    ],
)
async def test_a_provider_that_leads_elsewhere_is_not_followed(
    traveller: Traveller, province: Province, said: Claims
) -> None:
    traveller.provider.metadata = said
    assert (await traveller.browser.get("/login/identity")).status_code == 503


@pytest.mark.usefixtures("linked")
async def test_keys_change_without_a_stop_and_are_not_asked_for_with_every_lie(
    traveller: Traveller, clock: Clock
) -> None:
    await traveller.returns(await traveller.goes())
    traveller.provider.bend = heading(kid="unheard-of")
    for _ in range(5):
        await traveller.returns(await traveller.goes())
    assert traveller.provider.asked_for_keys == 1
    traveller.provider.bend = setting()
    old, traveller.provider.key = traveller.provider.key, new_key("second")
    traveller.provider.published = [old, traveller.provider.key]
    clock.advance(minutes=1)
    assert await traveller.returns(await traveller.goes()) == "/"


async def test_another_site_sends_nobody_away(traveller: Traveller, province: Province) -> None:
    answer = await traveller.browser.get(
        "/login/identity", headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 403


async def test_one_leaves_the_provider_too(traveller: Traveller, province: Province) -> None:
    answer = await traveller.browser.get("/logout/identity")
    assert re.match(
        r"https://[^/]+/leave\?client_id=giamsat&post_logout", answer.headers["location"]
    )


async def test_without_a_provider_there_is_no_such_page(
    resources: Resources, province: Province
) -> None:
    transport = httpx.ASGITransport(create_app(resources), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as browser:
        assert (await browser.get("/login/identity")).status_code == 404
        assert "VNeID" not in (await browser.get("/login")).text
