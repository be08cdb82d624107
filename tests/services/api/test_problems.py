import json
import re
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import APIRouter
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.app import create_app
from services.api.broker_access import BrokerAccess
from services.api.http.body_limit import LIMIT
from services.api.resources import Resources
from services.api.settings import Settings
from shared.db.session import create_engine
from shared.runtime.sealed_box import new_key
from tests.services.api.conftest import Clock
from tests.support.people import SUNFLOWER, Province
from tests.support.ports import free_port

#: Those that are there to find out who asks, or whose secret is in the request.
OPEN_TO_ANYBODY = {
    "log_in", "log_in_with_passkey", "ask_passkey_to_log_in", "redeem_enrolment",
    "read_oauth_metadata", "issue_agency_token", "revoke_agency_token", "accept_invitation",
}  # fmt: skip
MEMBERS = {"type", "title", "status", "detail", "instance", "code", "trace_id"}


def assert_problem(answer: httpx.Response, status: int, code: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body.keys() - {"errors"} == MEMBERS
    assert (body["status"], body["code"]) == (status, code)
    assert body["trace_id"] == answer.headers["X-Request-Id"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


async def test_every_kind_of_wrong_request_is_a_problem(
    api: httpx.AsyncClient, province: Province
) -> None:
    who = province.officer
    assert_problem(await api.get("/nowhere", headers=who), 404, "no_such_address")
    assert_problem(await api.get("/facilities"), 401, "not_logged_in")
    wrong_method = await api.put("/facilities", headers=who)
    assert_problem(wrong_method, 405, "method_not_allowed")
    assert wrong_method.headers["Allow"]
    assert_problem(await api.get("/facilities/NONE", headers=who), 404, "not_found")
    assert_problem(await api.get("/facilities/%00", headers=who), 422, "invalid")
    assert_problem(await api.get("/facilities?limit=0", headers=who), 422, "invalid")
    assert_problem(await api.get("/facilities?cursor=%ff!", headers=who), 422, "invalid")
    assert_problem(await api.get("/gaps?cursor=WzEsMl0", headers=who), 422, "invalid")
    assert_problem(await api.get("/incidents/x", headers=who), 422, "invalid")


async def test_body_that_is_no_json_is_told_apart_from_wrong_json(
    api: httpx.AsyncClient, province: Province
) -> None:
    json_type = {**province.officer, "Content-Type": "application/json"}
    form_type = {**province.officer, "Content-Type": "application/x-www-form-urlencoded"}
    broken = await api.post("/facilities", content="{", headers=json_type)
    assert_problem(broken, 400, "malformed_json")
    form = await api.post("/facilities", content='{"code": "X"}', headers=form_type)
    assert_problem(form, 415, "not_json")
    array = await api.post("/facilities", content="[]", headers=json_type)
    assert_problem(array, 422, "invalid")


async def test_validation_lists_what_is_wrong_where_and_what_to_do(
    api: httpx.AsyncClient, province: Province
) -> None:
    body = {"code": "a b", "children": -1, "time_zone": "Mars/Base"}
    answer = await api.post("/facilities", json=body, headers=province.officer)
    assert_problem(answer, 422, "invalid")
    faults = {fault["field"]: fault for fault in answer.json()["errors"]}
    assert faults.keys() == {"body.code", "body.name", "body.children", "body.time_zone"}
    assert faults["body.name"]["advice"] == "Send this field."
    assert all(fault["wrong"] and fault["advice"] for fault in faults.values())


async def test_too_large_a_body_is_refused_told_or_not(
    api: httpx.AsyncClient, province: Province
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(LIMIT // 65_536 + 1):
            yield b" " * 65_536

    headers = {**province.officer, "Content-Type": "application/json"}
    told = await api.post("/facilities", content=b" " * (LIMIT + 1), headers=headers)
    assert_problem(told, 413, "too_large")
    untold = await api.post("/facilities", content=chunks(), headers=headers)
    assert_problem(untold, 413, "too_large")


async def test_callers_own_request_id_is_kept_if_it_is_one(api: httpx.AsyncClient) -> None:
    kept = await api.get("/facilities", headers={"X-Request-Id": "abc-12345"})
    assert kept.json()["trace_id"] == "abc-12345"
    refused = await api.get("/facilities", headers={"X-Request-Id": "a b\tc" * 20})
    assert len(refused.json()["trace_id"]) == 32


async def test_crash_is_told_without_a_trace_and_counted(
    resources: Resources, caplog: pytest.LogCaptureFixture
) -> None:
    crashing = APIRouter()

    @crashing.get("/api/v1/crash")
    async def crash() -> None:
        raise ZeroDivisionError("secret of the house")

    app = create_app(resources)
    app.include_router(crashing)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://giamsat") as client:
        answer = await client.get("/api/v1/crash")
        metrics = (await client.get("/metrics")).text
    assert_problem(answer, 500, "internal")
    assert "secret" not in answer.text
    assert 'route="/api/v1/crash",status="500"' in metrics


async def test_lost_database_is_503_and_health_tells_why(api_broker: object, clock: Clock) -> None:
    url = f"postgresql://giamsat_api:api@127.0.0.1:{free_port()}/giamsat"
    engine = create_engine(url, application="api")
    away = BrokerAccess(host="127.0.0.1", port=1, username="", password="", timeout_s=0.1)
    settings = Settings(database_url=url, mqtt_password="", people_key=new_key())
    transport = httpx.ASGITransport(create_app(Resources(engine, away, settings, clock)))
    async with httpx.AsyncClient(transport=transport, base_url="http://giamsat") as client:
        answer = await client.get("/api/v1/facilities", headers={"Authorization": "Bearer x"})
        assert_problem(answer, 503, "unavailable")
        assert int(answer.headers["Retry-After"]) > 0
        assert (await client.get("/livez")).status_code == 200
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.text) == (503, "no session with the broker")
    await engine.dispose()


async def test_ready_with_database_and_broker(api: httpx.AsyncClient, access: BrokerAccess) -> None:
    await access.revoke(["nobody"])
    ready = await api.get("http://giamsat/readyz")
    assert (ready.status_code, ready.text) == (200, "ready")


async def test_metrics_name_routes_and_never_what_was_asked_for(
    api: httpx.AsyncClient, province: Province
) -> None:
    await api.get(f"/facilities/{SUNFLOWER}/zones", headers=province.officer)
    await api.get("/nowhere/at/all")
    metrics = await api.get("http://giamsat/metrics")
    assert metrics.headers["content-type"].startswith("application/openmetrics-text")
    assert 'route="/api/v1/facilities/{code}/zones",status="200"' in metrics.text
    assert 'route="unmatched",status="404"' in metrics.text
    assert SUNFLOWER not in metrics.text


async def test_etag_saves_sending_what_is_known(api: httpx.AsyncClient, province: Province) -> None:
    address = f"/facilities/{SUNFLOWER}"
    first = await api.get(address, headers=province.officer)
    known = {**province.officer, "If-None-Match": f'"other", W/{first.headers["ETag"]}'}
    again = await api.get(address, headers=known)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    await api.patch(address, json={"name": "Tên mới"}, headers=province.officer)
    changed = await api.get(address, headers=known)
    assert changed.status_code == 200
    assert changed.headers["ETag"] != first.headers["ETag"]


async def test_api_describes_itself_with_problems(api: httpx.AsyncClient) -> None:
    document = (await api.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    operations = [
        operation
        for path, methods in document["paths"].items()
        # What fails at /oauth is told as RFC 6749 has it.
        if path.startswith("/api/v1/") and not path.startswith("/api/v1/oauth/")
        for operation in methods.values()
    ]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names) >= 24
    answers = [
        (operation["operationId"], status, answer)
        for operation in operations
        for status, answer in operation["responses"].items()
    ]
    wrong = [
        (name, status)
        for name, status, answer in answers
        if status[0] in "45" and list(answer["content"]) != ["application/problem+json"]
    ]
    assert wrong == []
    bare = [
        name
        for name, status, answer in answers
        if status not in {"204", "304"} and "content" not in answer
    ]
    assert bare == []
    assert "HTTPValidationError" not in json.dumps(document)


async def test_restarted_database_is_found_again(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine
) -> None:
    assert (await api.get("/facilities", headers=province.officer)).status_code == 200
    async with engine.connect() as connection:
        await connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE usename = 'giamsat_api' AND datname = current_database()"
            )
        )
    lost = await api.get("/facilities", headers=province.officer)
    assert lost.status_code in {200, 503}
    assert (await api.get("/facilities", headers=province.officer)).status_code == 200


async def test_description_refers_to_nothing_that_is_not_in_it(api: httpx.AsyncClient) -> None:
    described = (await api.get("/openapi.json")).text
    document = json.loads(described)
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', described))
    assert named == document["components"]["schemas"].keys()
    secured = [
        operation["operationId"]
        for methods in document["paths"].values()
        for operation in methods.values()
        if operation.get("security")
    ]
    described_at_all = {
        operation["operationId"]
        for methods in document["paths"].values()
        for operation in methods.values()
    }
    assert described_at_all - set(secured) == OPEN_TO_ANYBODY
