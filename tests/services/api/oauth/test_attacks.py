"""What somebody could send in an agency's name: nothing of it gets a token, or data."""

import base64
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from joserfc import jwk

from services.api.oauth.granting import ASSERTION_TYPE
from shared.runtime import jose
from tests.services.api.conftest import Clock
from tests.support.agency import (
    ISSUER,
    TOKEN,
    Agency,
    algorithm_of,
    new_key,
    public,
    registration,
)
from tests.support.people import Province

OWN = "/agency/grants"
OWN_URL = f"{ISSUER}/api/v1{OWN}"


@dataclass
class Scene:
    """An honest agency, another one that is dishonest, and a clock."""

    agency: Agency
    thief: Agency
    clock: Clock
    api: httpx.AsyncClient

    @property
    def now(self) -> int:
        return int(self.clock.at.timestamp())


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def part(value: object) -> str:
    return b64(json.dumps(value).encode())


def by_hmac(scene: Scene, secret: bytes, algorithm: str = "HS256") -> str:
    header = part({"alg": algorithm, "typ": "JWT", "kid": "first"})
    body = f"{header}.{part(scene.agency.claims())}"
    return f"{body}.{b64(hmac.digest(secret, body.encode(), hashlib.sha256))}"


def pem_of(key: dict[str, Any]) -> bytes:
    return bytes(jwk.ECKey.import_key(public(key)).as_pem(private=False))


def forged(scene: Scene, header: dict[str, Any], signature: str = "") -> str:
    return f"{part(header)}.{part(scene.agency.claims())}.{signature}"


def signed_by(key: dict[str, Any], scene: Scene, **header: object) -> str:
    told = {"alg": algorithm_of(key), "typ": "JWT", "kid": "first", **header}
    return jose.sign(scene.agency.claims(), key, told)


def changed(scene: Scene, **claims: object) -> str:
    return scene.agency.assertion(scene.agency.claims(**claims))


def flipped(text: str) -> str:
    """A claim changed after it was signed."""
    header, claims, signature = text.split(".")
    said = json.loads(base64.urlsafe_b64decode(claims + "=="))
    return f"{header}.{part({**said, 'exp': said['exp'] + 1})}.{signature}"


OTHER_KEY, RSA = new_key("first"), new_key("first", "PS256")

#: From a scene to the assertion that is sent.
ASSERTIONS: dict[str, Callable[[Scene], str]] = {
    "alg none": lambda s: forged(s, {"alg": "none", "typ": "JWT", "kid": "first"}),
    "alg None": lambda s: forged(s, {"alg": "None", "typ": "JWT", "kid": "first"}),
    "alg none with a signature": lambda s: forged(
        s, {"alg": "none", "typ": "JWT", "kid": "first"}, "AAAA"
    ),
    "no alg": lambda s: forged(s, {"typ": "JWT", "kid": "first"}, "AAAA"),
    "alg is a list": lambda s: forged(s, {"alg": ["ES256"], "typ": "JWT", "kid": "first"}, "AAAA"),
    "signature empty": lambda s: s.agency.assertion().rpartition(".")[0] + ".",
    "signature left out": lambda s: s.agency.assertion().rpartition(".")[0],
    "signature of zeros": lambda s: s.agency.assertion().rpartition(".")[0] + "." + b64(bytes(64)),
    "signature in DER": lambda s: (
        s.agency.assertion().rpartition(".")[0] + "." + b64(bytes.fromhex("3006020100020100"))
    ),
    "claims changed": lambda s: flipped(s.agency.assertion()),
    "public key as a shared secret, JSON": lambda s: by_hmac(
        s, json.dumps(public(s.agency.key)).encode()
    ),
    "public key as a shared secret, PEM": lambda s: by_hmac(s, pem_of(s.agency.key)),
    "public key as a shared secret, x": lambda s: by_hmac(
        s, base64.urlsafe_b64decode(s.agency.key["x"] + "==")
    ),
    "empty shared secret": lambda s: by_hmac(s, b""),
    "HMAC called ES256": lambda s: by_hmac(s, pem_of(s.agency.key), "ES256"),
    "by another's key of the same name": lambda s: signed_by(OTHER_KEY, s),
    "by a key of another kind": lambda s: signed_by(RSA, s),
    "by RS256": lambda s: signed_by(RSA, s, alg="RS256"),
    "key brought along": lambda s: signed_by(OTHER_KEY, s, jwk=public(OTHER_KEY)),
    "address of a key brought along": lambda s: signed_by(
        OTHER_KEY, s, jku="https://evil.example/jwks"
    ),
    "certificate brought along": lambda s: signed_by(OTHER_KEY, s, x5c=["MIIB"]),
    "address of a certificate": lambda s: signed_by(OTHER_KEY, s, x5u="https://evil.example/c"),
    "own key, and one brought along": lambda s: s.agency.assertion(jwk=public(OTHER_KEY)),
    "kid unknown": lambda s: s.agency.assertion(kid="second"),
    "kid left out": lambda s: s.agency.assertion(kid=None),
    "kid is a path": lambda s: s.agency.assertion(kid="../../../../dev/null"),
    "kid is SQL": lambda s: s.agency.assertion(kid="x' UNION SELECT '1"),
    "kid with NUL": lambda s: s.agency.assertion(kid="first\x00"),
    "kid of another agency": lambda s: s.agency.assertion(kid="theirs"),
    "typ of a proof": lambda s: s.agency.assertion(typ="dpop+jwt"),
    "typ of an access token": lambda s: s.agency.assertion(typ="at+jwt"),
    "typ left out": lambda s: s.agency.assertion(typ=None),
    "critical header": lambda s: signed_by(s.agency.key, s, crit=["b64"], b64=True),
    "iss of another": lambda s: changed(s, iss="police"),
    "sub of another": lambda s: changed(s, sub="police"),
    "iss and sub of another": lambda s: changed(s, iss="police", sub="police"),
    "iss unknown": lambda s: changed(s, iss="nobody", sub="nobody"),
    "iss left out": lambda s: changed(s, iss=None),
    "sub left out": lambda s: changed(s, sub=None),
    "iss is a list": lambda s: changed(s, iss=["moh-children"], sub=["moh-children"]),
    "iss with NUL": lambda s: changed(s, iss="moh-children\x00", sub="moh-children\x00"),
    "iss in capitals": lambda s: changed(s, iss="MOH-CHILDREN", sub="MOH-CHILDREN"),
    "aud of another": lambda s: changed(s, aud="https://other.example"),
    "aud left out": lambda s: changed(s, aud=None),
    "aud empty": lambda s: changed(s, aud=[]),
    "aud also of another": lambda s: changed(s, aud=[ISSUER, "https://other.example"]),
    "aud longer than ours": lambda s: changed(s, aud=f"{ISSUER}.evil.example"),
    "aud is true": lambda s: changed(s, aud=True),
    "aud of the resource": lambda s: changed(s, aud=f"{ISSUER}/api/v1/agency"),
    "ended": lambda s: changed(s, iat=s.now - 61, exp=s.now - 1),
    "ends now": lambda s: changed(s, iat=s.now - 60, exp=s.now),
    "not yet issued": lambda s: changed(s, iat=s.now + 30, exp=s.now + 60),
    "not yet valid": lambda s: changed(s, nbf=s.now + 30),
    "lives too long": lambda s: changed(s, exp=s.now + 61),
    "lives for years": lambda s: changed(s, iat=s.now, exp=s.now + 10**9),
    "exp left out": lambda s: changed(s, exp=None),
    "iat left out": lambda s: changed(s, iat=None),
    "exp is text": lambda s: changed(s, exp=str(s.now + 60)),
    "exp is true": lambda s: changed(s, exp=True),
    "exp is beyond all time": lambda s: changed(s, exp=10**30),
    "jti left out": lambda s: changed(s, jti=None),
    "jti empty": lambda s: changed(s, jti=""),
    "jti is a number": lambda s: changed(s, jti=7),
    "jti without end": lambda s: changed(s, jti="x" * 300),
    "no token": lambda _: "x",
    "five parts": lambda s: s.agency.assertion() + ".x.y",
    "blanks inside": lambda s: s.agency.assertion().replace(".", ". "),
    "padding": lambda s: s.agency.assertion() + "==",
    "names twice": lambda s: (
        b64(b'{"alg":"none","alg":"ES256","typ":"JWT","kid":"first"}')
        + s.agency.assertion()[s.agency.assertion().index(".") :]
    ),
    "claims are a list": lambda _: f"{part({'alg': 'ES256', 'typ': 'JWT'})}.{part([])}.AAAA",
    "nested too deep": lambda _: (
        f"{part({'alg': 'ES256', 'typ': 'JWT', 'kid': 'first'})}.{b64(b'[' * 4000)}.AAAA"
    ),
    "JSON instead of compact": lambda _: '{"payload":"e30","signatures":[]}',
    "an access token": lambda s: s.agency.token,
    "a proof of possession": lambda s: s.agency.proof(),
}


@pytest.fixture
async def scene(agency: Agency, api: httpx.AsyncClient, province: Province, clock: Clock) -> Scene:
    thief = Agency(api, clock, "police", new_key("theirs"), new_key("thief"))
    await api.post("/agencies", json=registration(thief), headers=province.admin)
    await agency.log_in()
    await thief.log_in()
    return Scene(agency, thief, clock, api)


def test_there_are_attacks_enough() -> None:
    assert len(ASSERTIONS) + len(FORMS) + len(PROOFS) + len(THEFTS) >= 100


async def test_no_forged_assertion_gets_a_token(scene: Scene) -> None:
    succeeded, answers = [], set()
    for name, make in ASSERTIONS.items():
        scene.clock.advance(seconds=1)
        answer = await scene.agency.ask(make(scene))
        answers.add((answer.status_code, answer.json()["error"]))
        if answer.status_code == 200:
            succeeded.append(name)
    assert succeeded == []
    assert answers == {(401, "invalid_client")}
    assert (await scene.agency.ask()).status_code == 200


async def test_an_assertion_is_taken_once(scene: Scene) -> None:
    assertion = scene.agency.assertion()
    answers = [(await scene.agency.ask(assertion)).status_code for _ in range(3)]
    assert answers == [200, 401, 401]
    same_jti = scene.agency.claims()
    first = await scene.agency.ask(scene.agency.assertion(same_jti))
    again = await scene.agency.ask(scene.agency.assertion({**same_jti, "nbf": scene.now}))
    assert (first.status_code, again.status_code) == (200, 401)


async def test_who_is_unknown_and_who_signs_wrongly_hear_the_same(scene: Scene) -> None:
    unknown = await scene.agency.ask(changed(scene, iss="nobody", sub="nobody"))
    wrong_key = await scene.agency.ask(scene.agency.assertion(kid="second"))
    assert unknown.json() == wrong_key.json()


#: Forms that are wrong though their assertion is right: (changes to the form, headers).
FORMS: dict[str, dict[str, str]] = {
    "another grant type": {"grant_type": "password"},
    "no grant type": {"grant_type": ""},
    "the assertion as a grant": {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer"},
    "no kind of assertion": {"client_assertion_type": ""},
    "SAML": {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"},
    "another client_id": {"client_id": "police"},
    "a scope that is none": {"scope": "dataset:children"},
    "a scope with another letter": {"scope": "dataset:gaps\tdataset:facilities"},
    "another resource": {"resource": "https://other.example"},
}


async def test_no_wrong_form_gets_a_token(scene: Scene) -> None:
    answers = {name: await scene.agency.ask(**form) for name, form in FORMS.items()}
    assert {name for name, answer in answers.items() if answer.status_code == 200} == set()
    assert {answer.status_code for answer in answers.values()} <= {400, 401}


def form_of(scene: Scene) -> dict[str, str]:
    return {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": scene.agency.assertion(),
    }


async def test_everything_comes_in_one_form_and_once(scene: Scene) -> None:
    headers = {"DPoP": scene.agency.proof()}
    in_address = await scene.api.post("/oauth/token", params=form_of(scene), headers=headers)
    as_json = await scene.api.post("/oauth/token", json=form_of(scene), headers=headers)
    twice = await scene.api.post(
        "/oauth/token",
        content="&".join(
            f"{name}={httpx.QueryParams({'x': text})['x']}" for name, text in form_of(scene).items()
        )
        + "&grant_type=client_credentials",
        headers={**headers, "Content-Type": "application/x-www-form-urlencoded"},
    )
    basic = await scene.api.post(
        "/oauth/token", data=form_of(scene), headers=headers, auth=("moh-children", "x")
    )
    assert {one.status_code for one in (in_address, as_json, twice, basic)} == {400}


def proof_with(scene: Scene, header: dict[str, Any], **claims: object) -> str:
    """Of the honest agency's key, but for what is changed in its header."""
    usual = {
        "alg": "ES256",
        "typ": "dpop+jwt",
        "jwk": {k: v for k, v in public(scene.agency.proof_key).items() if k != "kid"},
    }
    said = {
        "htm": "GET", "htu": OWN_URL, "iat": scene.now, "jti": f"x{id(header)}{scene.now}",
        "ath": b64(hashlib.sha256(scene.agency.token.encode()).digest()), **claims,
    }  # fmt: skip
    told = {name: value for name, value in {**usual, **header}.items() if value is not None}
    return jose.sign(said, scene.agency.proof_key, told)


def good(scene: Scene, **changes: object) -> str:
    return scene.agency.proof("GET", OWN_URL, scene.agency.token, **changes)


def of_thief(scene: Scene) -> str:
    return scene.thief.proof("GET", OWN_URL, scene.agency.token)


#: From a scene to the proof that is sent with the honest agency's token.
PROOFS: dict[str, Callable[[Scene], str]] = {
    "none": lambda _: "",
    "no token": lambda _: "x",
    "by another key": of_thief,
    "of another method": lambda s: s.agency.proof("POST", OWN_URL, s.agency.token),
    "of another address": lambda s: s.agency.proof("GET", TOKEN, s.agency.token),
    "of another host": lambda s: s.agency.proof(
        "GET", OWN_URL.replace("console", "evil"), s.agency.token
    ),
    "of another scheme": lambda s: s.agency.proof(
        "GET", OWN_URL.replace("http:", "https:"), s.agency.token
    ),
    "of another port": lambda s: s.agency.proof(
        "GET", OWN_URL.replace(".test", ".test:8443"), s.agency.token
    ),
    "of a longer address": lambda s: s.agency.proof("GET", f"{OWN_URL}/1", s.agency.token),
    "of an address with a user": lambda s: s.agency.proof(
        "GET", OWN_URL.replace("//", "//a@"), s.agency.token
    ),
    "of no address": lambda s: good(s, htu=None),
    "of a list of addresses": lambda s: good(s, htu=[OWN_URL]),
    "of an address that is none": lambda s: good(s, htu="http://[::1"),
    "of another token": lambda s: s.agency.proof("GET", OWN_URL, s.thief.token),
    "of no token": lambda s: s.agency.proof("GET", OWN_URL),
    "of a token as it is": lambda s: good(s, ath=s.agency.token),
    "too old": lambda s: good(s, iat=s.now - 61),
    "of the future": lambda s: good(s, iat=s.now + 6),
    "of no time": lambda s: good(s, iat=None),
    "of a time in words": lambda s: good(s, iat="now"),
    "without jti": lambda s: good(s, jti=None),
    "with an empty jti": lambda s: good(s, jti=""),
    "typ of an assertion": lambda s: proof_with(s, {"typ": "JWT"}),
    "without typ": lambda s: proof_with(s, {"typ": None}),
    "without a key": lambda s: proof_with(s, {"jwk": None}),
    "with a private key": lambda s: proof_with(s, {"jwk": s.agency.proof_key}),
    "with a shared key": lambda s: proof_with(s, {"jwk": {"kty": "oct", "k": "c2VjcmV0"}}),
    "with another's key, signed with ours": lambda s: proof_with(
        s, {"jwk": public(s.thief.proof_key)}
    ),
    "with an address of a key": lambda s: proof_with(s, {"jku": "https://evil.example/"}),
    "unsigned": lambda s: (
        part({"alg": "none", "typ": "dpop+jwt", "jwk": public(s.agency.proof_key)})
        + good(s)[good(s).index(".") :].rpartition(".")[0]
        + "."
    ),
    "an assertion": lambda s: s.agency.assertion(),
}


async def test_no_wrong_proof_opens_a_stolen_token(scene: Scene) -> None:
    succeeded = []
    for name, make in PROOFS.items():
        scene.clock.advance(milliseconds=10)
        headers = {"Authorization": f"DPoP {scene.agency.token}", "DPoP": make(scene)}
        answer = await scene.api.get(OWN, headers={k: v for k, v in headers.items() if v})
        assert answer.status_code in {200, 401}
        assert answer.status_code == 200 or "DPoP" in answer.headers["www-authenticate"]
        if answer.status_code == 200:
            succeeded.append(name)
    assert succeeded == []
    assert (await scene.agency.get(OWN)).status_code == 200


async def test_a_proof_is_taken_once(scene: Scene) -> None:
    headers = {"Authorization": f"DPoP {scene.agency.token}", "DPoP": good(scene)}
    answers = [(await scene.api.get(OWN, headers=headers)).status_code for _ in range(2)]
    assert answers == [200, 401]
    proof = scene.agency.proof()
    assert (await scene.agency.ask(proof=proof)).status_code == 200
    assert (await scene.agency.ask(proof=proof)).status_code == 400


Headers = list[tuple[str, str]]


async def _as_bearer(s: Scene) -> Headers:
    return [("Authorization", f"Bearer {s.agency.token}")]


async def _as_bearer_with_proof(s: Scene) -> Headers:
    return [("Authorization", f"Bearer {s.agency.token}"), ("DPoP", good(s))]


async def _with_two_proofs(s: Scene) -> Headers:
    own = ("DPoP", good(s))
    return [("Authorization", f"DPoP {s.agency.token}"), ("DPoP", of_thief(s)), own]


async def _with_two_tokens(s: Scene) -> Headers:
    return [
        ("Authorization", f"DPoP {s.thief.token}"),
        ("Authorization", f"DPoP {s.agency.token}"),
        ("DPoP", good(s)),
    ]


async def _cut_short(s: Scene) -> Headers:
    token = s.agency.token[:-1]
    return [("Authorization", f"DPoP {token}"), ("DPoP", s.agency.proof("GET", OWN_URL, token))]


async def _an_assertion_as_token(s: Scene) -> Headers:
    return [("Authorization", f"Bearer {s.agency.assertion()}")]


async def _nothing(s: Scene) -> Headers:
    return []


async def _basic(s: Scene) -> Headers:
    return [("Authorization", "Basic bW9oOng=")]


async def _by_cookie(s: Scene) -> Headers:
    return [("Cookie", f"giamsat_session={s.agency.token}")]


#: What a thief sends who holds the token and not the key.
THEFTS: dict[str, Callable[[Scene], Awaitable[Headers]]] = {
    "as a bearer's": _as_bearer,
    "as a bearer's, with a proof": _as_bearer_with_proof,
    "with two proofs": _with_two_proofs,
    "with two tokens": _with_two_tokens,
    "cut short": _cut_short,
    "an assertion as a token": _an_assertion_as_token,
    "nothing": _nothing,
    "a password": _basic,
    "in a cookie": _by_cookie,
}


async def test_no_stolen_token_opens_anything(scene: Scene) -> None:
    succeeded = []
    for name, make in THEFTS.items():
        answer = await scene.api.get(OWN, headers=await make(scene))
        if answer.status_code != 401:
            succeeded.append(name)
    assert succeeded == []


async def test_a_persons_session_is_no_agencys_token_and_the_other_way_round(
    scene: Scene, province: Province
) -> None:
    assert (await scene.api.get(OWN, headers=province.officer)).status_code == 401
    as_person = {"Authorization": f"Bearer {scene.agency.token}"}
    assert (await scene.api.get("/grants", headers=as_person)).status_code == 401
    assert (await scene.agency.get("/facilities")).status_code == 401
