"""What gateways tell us, each in its own words and with its own proof."""

import base64
from collections.abc import Mapping

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.sms.callers import signature
from services.api.sms.routes import MOST_GUESSES
from shared.db.session import reading
from shared.db.tables.channels import sms_inbound, sms_receipt
from tests.services.api.sms.conftest import CONSOLE, NUMBER, SECRET

ESMS = {
    "SMSID": "dc712784", "SendFailed": "0", "SendStatus": "5", "SendSuccess": "1",
    "TotalPrice": "450.0000", "TotalReceiver": "1", "TotalSent": "1", "RequestId": "k1",
    "TypeId": "2", "telcoid": "1", "phonenumber": "0901234567", "switchsmsid": "",
}  # fmt: skip
BASIC = {"Authorization": "Basic " + base64.b64encode(f"any:{SECRET}".encode()).decode()}


async def receipts(engine: AsyncEngine) -> list[tuple[str, str, str]]:
    async with reading(engine) as connection:
        rows = await connection.execute(
            select(sms_receipt.c.provider, sms_receipt.c.provider_ref, sms_receipt.c.receipt)
            .order_by(sms_receipt.c.id)
        )  # fmt: skip
        return [tuple(row) for row in rows]


async def inbound(engine: AsyncEngine) -> list[tuple[str, str, str]]:
    async with reading(engine) as connection:
        rows = await connection.execute(
            select(sms_inbound.c.provider, sms_inbound.c.sender, sms_inbound.c.body)
        )
        return [tuple(row) for row in rows]


async def twilio(
    gateway: httpx.AsyncClient, path: str, form: Mapping[str, str], token: str = SECRET
) -> httpx.Response:
    signed = signature(f"{CONSOLE}/api/v1/sms/twilio/{path}", form, token)
    return await gateway.post(
        f"/sms/twilio/{path}", data=dict(form), headers={"X-Twilio-Signature": signed}
    )


def test_a_signature_is_that_of_the_documentation() -> None:
    form = {
        "CallSid": "CA1234567890ABCDE", "Caller": "+12349013030", "Digits": "1234",
        "From": "+12349013030", "To": "+18005551212",
    }  # fmt: skip
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert signature(url, form, "12345") == "0/KCTR6DLpKmkAf8muzZqo1nDgQ="


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, [("esms", "k1", "delivered")]),
        ({"RequestId": ""}, [("esms", "dc712784", "delivered")]),
        ({"SendFailed": "1", "SendSuccess": "0"}, [("esms", "k1", "failed")]),
        ({"SendStatus": "4"}, [("esms", "k1", "failed")]),
        ({"SendStatus": "7"}, []),
        ({"SendStatus": "x"}, []),
        ({"RequestId": "", "SMSID": ""}, []),
        ({"RequestId": "x" * 200}, []),
    ],
)
async def test_esms_reports_in_the_address(
    gateway: httpx.AsyncClient,
    engine: AsyncEngine,
    changes: dict[str, str],
    expected: list[tuple[str, str, str]],
) -> None:
    answer = await gateway.get("/sms/esms/receipts", params=ESMS | {"secret": SECRET} | changes)
    assert answer.status_code == 204
    assert await receipts(engine) == expected


@pytest.mark.parametrize(
    ("status", "expected"), [("0", "delivered"), ("64", "failed"), ("3", None), ("x", None)]
)
async def test_speedsms_reports_as_json(
    gateway: httpx.AsyncClient, engine: AsyncEngine, status: str, expected: str | None
) -> None:
    body = {"type": "report", "tranId": 77, "phone": "84901234567", "status": status}
    answer = await gateway.post("/sms/speed/receipts", json=body, headers=BASIC)
    assert answer.status_code == 204
    assert await receipts(engine) == ([("speed", "77", expected)] if expected else [])


@pytest.mark.parametrize(
    ("status", "expected"),
    [("delivered", "delivered"), ("undelivered", "failed"), ("failed", "failed"), ("sent", None)],
)
async def test_twilio_reports_under_its_signature(
    gateway: httpx.AsyncClient, engine: AsyncEngine, status: str, expected: str | None
) -> None:
    form = {"MessageSid": "SM1", "MessageStatus": status, "To": NUMBER, "ErrorCode": "30003"}
    answer = await twilio(gateway, "receipts", form)
    assert answer.status_code == 204
    assert await receipts(engine) == ([("twilio", "SM1", expected)] if expected else [])


async def test_the_same_report_again_changes_nothing(
    gateway: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    for _ in range(3):
        await gateway.get("/sms/esms/receipts", params=ESMS | {"secret": SECRET})
    assert len(await receipts(engine)) == 1


async def test_answers_are_kept_once(gateway: httpx.AsyncClient, engine: AsyncEngine) -> None:
    form = {"MessageSid": "SM2", "From": NUMBER, "To": "+15005550006", "Body": "OK 1234"}
    for _ in range(2):
        assert (await twilio(gateway, "inbound", form)).status_code == 204
    body = {"type": "sms", "phone": "84901234567", "content": "Đã nhận 1234"}
    for _ in range(2):
        await gateway.post("/sms/speed/inbound", json=body, headers={"X-Callback-Secret": SECRET})
    assert await inbound(engine) == [
        ("twilio", NUMBER, "OK 1234"),
        ("speed", NUMBER, "Đã nhận 1234"),
    ]


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"[" * 5000, b"\xff", b'{"type": "sms"}', b'{"type": "sms", "phone": "VIETTEL"}',
     b'{"type": "sms", "phone": "0901234567", "content": "a\\u0000b"}',
     b'{"type": "sms", "phone": "0901234567", "content": ["x"]}'],
)  # fmt: skip
async def test_what_is_no_message_is_not_kept(
    gateway: httpx.AsyncClient, engine: AsyncEngine, body: bytes
) -> None:
    answer = await gateway.post("/sms/speed/inbound", content=body, headers=BASIC)
    assert answer.status_code == 204
    assert await inbound(engine) == []


async def test_a_stranger_finds_nothing_whichever_gateway_there_is(
    gateway: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    answers = [
        await gateway.get("/sms/esms/receipts", params=ESMS | {"secret": "wrong"}),
        await gateway.get("/sms/esms/receipts", params=ESMS),
        await gateway.get("/sms/nobody/receipts", params=ESMS | {"secret": SECRET}),
        await gateway.post("/sms/speed/inbound", json={}, headers={"Authorization": "Basic !"}),
        await gateway.post("/sms/twilio/receipts", data={}, params={"secret": SECRET}),
        await twilio(gateway, "receipts", {"MessageSid": "SM1"}, token="other"),
        await twilio(gateway, "inbound", {"From": NUMBER}, token=""),
        await gateway.post("/sms/x/receipts", headers=BASIC),
    ]
    assert {answer.status_code for answer in answers} == {404}
    told = [{**answer.json(), "trace_id": "", "instance": ""} for answer in answers]
    assert all(one == told[0] for one in told)
    assert await receipts(engine) == []


async def test_a_signature_is_good_for_what_it_signs_only(gateway: httpx.AsyncClient) -> None:
    form = {"MessageSid": "SM1", "MessageStatus": "delivered"}
    signed = signature(f"{CONSOLE}/api/v1/sms/twilio/receipts", form, SECRET)
    changed = await gateway.post(
        "/sms/twilio/receipts",
        data=form | {"MessageSid": "SM2"},
        headers={"X-Twilio-Signature": signed},
    )
    elsewhere = await gateway.post(
        "/sms/twilio/inbound", data=form, headers={"X-Twilio-Signature": signed}
    )
    assert {changed.status_code, elsewhere.status_code} == {404}


async def test_whoever_guesses_must_wait(gateway: httpx.AsyncClient) -> None:
    for _ in range(MOST_GUESSES):
        await gateway.get("/sms/esms/receipts", params={"secret": "x"})
    refused = await gateway.get("/sms/esms/receipts", params={"secret": "x"})
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    # The gateway itself is heard all the same.
    heard = await gateway.get("/sms/esms/receipts", params=ESMS | {"secret": SECRET})
    assert heard.status_code == 204


async def test_the_description_of_the_api_does_not_name_them(gateway: httpx.AsyncClient) -> None:
    document = (await gateway.get("/openapi.json")).json()
    assert not [path for path in document["paths"] if path.startswith("/api/v1/sms")]
