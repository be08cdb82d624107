import hashlib
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.documents.kinds import LARGEST, media_type_of
from shared.db.session import reading
from shared.db.tables.access_log import access_log
from shared.db.tables.facilities import document
from tests.support.people import LOTUS, SUNFLOWER, Province

PDF = b"%PDF-1.7\n" + b"0" * 500
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 500
PAGE = b"<!doctype html><script>alert(1)</script>"
SCANS = f"/facilities/{SUNFLOWER}/documents"


async def send(
    api: httpx.AsyncClient, who: Any, content: bytes = PDF, **fields: Any
) -> httpx.Response:
    files = {"file": ("quyết định.pdf", content, "application/pdf")}
    return await api.post(
        SCANS, files=files, data={"title": "Giấy phép 12/GP", **fields}, headers=who
    )


async def test_a_scan_is_kept_as_it_is_and_handed_out_as_a_file(
    api: httpx.AsyncClient, province: Province
) -> None:
    made = await send(api, province.officer)
    assert made.status_code == 201, made.text
    kept = made.json()
    assert (kept["media_type"], kept["size"], kept["sha256"]) == (
        "application/pdf", len(PDF), hashlib.sha256(PDF).hexdigest(),
    )  # fmt: skip
    answer = await api.get(f"{SCANS}/{kept['id']}/content", headers=province.officer)
    assert answer.content == PDF
    assert answer.headers["content-disposition"].startswith(
        'attachment; filename="giay-phep-12-gp.pdf"; filename*='
    )
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("begin", "kind"),
    [
        (b"%PDF-1.4", "application/pdf"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (PNG, "image/png"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x00\x00\x00\x00AVI LIST", None),
        (PAGE, None),
        (b"<svg xmlns=", None),
        (b"", None),
    ],
)
def test_a_file_is_what_its_first_bytes_say(begin: bytes, kind: str | None) -> None:
    assert media_type_of(begin) == kind


@pytest.mark.parametrize("content", [PAGE, b"", b"PK\x03\x04docx"])
async def test_what_is_no_scan_is_refused_whatever_it_calls_itself(
    api: httpx.AsyncClient, province: Province, content: bytes
) -> None:
    refused = await send(api, province.officer, content)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "body.file")


async def test_ten_mebibytes_are_taken_and_a_byte_more_is_not(
    api: httpx.AsyncClient, province: Province
) -> None:
    most = PDF + b"0" * (LARGEST - len(PDF))
    assert (await send(api, province.officer, most)).status_code == 201
    assert (await send(api, province.officer, most + b"0")).status_code == 413
    assert (await send(api, province.officer, most + b"0" * 200_000)).status_code == 413


async def test_the_same_file_is_kept_once(api: httpx.AsyncClient, province: Province) -> None:
    first = (await send(api, province.officer)).json()["id"]
    refused = await send(api, province.officer)
    assert (refused.status_code, refused.json()["code"]) == (409, "document_known")
    assert str(first) in refused.json()["detail"]


async def test_every_look_is_on_record_before_it_is_had(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine
) -> None:
    number = (await send(api, province.officer)).json()["id"]
    await api.get(f"{SCANS}/{number}/content", headers=province.manager)
    await api.get(f"{SCANS}/{number}/content", headers=province.lotus_manager)
    await api.get(f"{SCANS}/{number}/content", headers=province.leader)
    async with reading(engine) as connection:
        rows = await connection.execute(
            select(access_log.c.actor, access_log.c.key)
            .where(access_log.c.subject == "document", access_log.c.verb == "read")
            .order_by(access_log.c.n)
        )
        told = [tuple(row) for row in rows]
    assert told == [(f"user:{province.user_ids['manager']}", f"{SUNFLOWER}/{number}")]


async def test_who_may_see_documents_and_nobody_else_does(
    api: httpx.AsyncClient, province: Province
) -> None:
    number = (await send(api, province.officer)).json()["id"]
    answers = {
        name: (
            await api.get(f"{SCANS}/{number}/content", headers=getattr(province, name))
        ).status_code
        for name in ("officer", "inspector", "commune", "manager", "caregiver", "admin",
                     "leader", "lotus_manager")
    }  # fmt: skip
    assert answers == {
        "officer": 200, "inspector": 200, "commune": 200, "manager": 200, "caregiver": 403,
        "admin": 403, "leader": 403, "lotus_manager": 404,
    }  # fmt: skip


async def test_a_document_is_not_found_under_another_facility(
    api: httpx.AsyncClient, province: Province
) -> None:
    number = (await send(api, province.officer)).json()["id"]
    answer = await api.get(
        f"/facilities/{LOTUS}/documents/{number}/content", headers=province.officer
    )
    assert answer.status_code == 404


async def test_a_paper_of_another_facility_takes_no_scan(
    api: httpx.AsyncClient, province: Province
) -> None:
    fact = {"kind": "establishment", "effective_on": "2020-01-01", "number": "1"}
    foreign = await api.post(f"/facilities/{LOTUS}/facts", json=fact, headers=province.officer)
    refused = await send(api, province.officer, fact=foreign.json()["id"])
    assert refused.status_code == 404
    own = await api.post(f"/facilities/{SUNFLOWER}/facts", json=fact, headers=province.officer)
    made = await send(api, province.officer, fact=own.json()["id"])
    assert (made.status_code, made.json()["fact"]) == (201, own.json()["id"])


async def test_what_was_put_there_by_mistake_loses_its_content(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine
) -> None:
    number = (await send(api, province.officer)).json()["id"]
    assert (await api.delete(f"{SCANS}/{number}", headers=province.manager)).status_code == 403
    assert (await api.delete(f"{SCANS}/{number}", headers=province.officer)).status_code == 204
    gone = await api.get(f"{SCANS}/{number}/content", headers=province.officer)
    assert gone.status_code == 404
    assert (await api.get(SCANS, headers=province.officer)).json() == []
    async with reading(engine) as connection:
        left = (await connection.execute(select(document.c.content, document.c.title))).one()
    assert tuple(left) == (None, "Giấy phép 12/GP")
    assert (await send(api, province.officer)).status_code == 201
