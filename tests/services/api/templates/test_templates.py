from typing import Any

import httpx
import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.session import reading, unit_of_work
from shared.db.tables.channels import contact_point, message_template, person_text
from shared.db.tables.invitations import person_mail
from tests.services.api.conftest import Clock
from tests.support.people import HOA_BINH, PROVINCE, Headers, Province

MAIL = "/templates/alert/email/vi"
SMS = "/templates/alert/sms/vi"
OURS = {"unit": PROVINCE}
WORDS = {"subject": "[Khẩn] {facility}", "body": "Kính gửi ông/bà,\n\n{what}.\n{lines}\n\n{link}"}


async def put(api: httpx.AsyncClient, who: Headers, path: str = MAIL, **said: Any) -> Any:
    answer = await api.put(path, json=WORDS | said, headers=who, params=OURS)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_words_are_set_changed_and_taken_back(
    api: httpx.AsyncClient, province: Province, clock: Clock
) -> None:
    first = (await api.get(MAIL, params=OURS, headers=province.officer)).json()
    assert (first["source"], first["subject"], first["versions"]) == ("shipped", "{what}", [])
    assert first["body"].startswith("{what}.\n")

    made = await put(api, province.officer)
    assert (made["source"], made["subject"]) == ("own", "[Khẩn] {facility}")
    clock.advance(minutes=10)
    await put(api, province.officer, subject="{zones}")
    clock.advance(minutes=10)
    gone = await api.delete(MAIL, params=OURS, headers=province.officer)
    assert gone.status_code == 204

    last = (await api.get(MAIL, params=OURS, headers=province.officer)).json()
    assert (last["source"], last["subject"]) == ("shipped", "{what}")
    assert [(one["subject"], one["valid_from"], one["valid_to"]) for one in last["versions"]] == [
        ("{zones}", "2026-07-01T08:10:00Z", "2026-07-01T08:20:00Z"),
        ("[Khẩn] {facility}", "2026-07-01T08:00:00Z", "2026-07-01T08:10:00Z"),
    ]
    assert {(one["changed_by"], one["ended_by"]) for one in last["versions"]} == {
        ("Officer", "Officer")
    }
    again = await api.delete(MAIL, params=OURS, headers=province.officer)
    assert again.status_code == 404


async def test_the_list_says_whose_words_count(api: httpx.AsyncClient, province: Province) -> None:
    await put(api, province.officer)
    answer = await api.put(SMS, json={"body": "{what} {link}"}, headers=province.admin)
    assert (answer.status_code, answer.json()["unit"]) == (200, None)

    for params, own in (({}, ["sms"]), (OURS, ["email"])):
        listed = (await api.get("/templates", params=params, headers=province.admin)).json()
        assert len(listed) == 44
        of_alerts = [one for one in listed if (one["kind"], one["language"]) == ("alert", "vi")]
        assert [one["channel"] for one in of_alerts if one["source"] == "own"] == own
    around = [one for one in listed if one["source"] == "around"]
    assert [(one["channel"], one["source_unit"], one["body"]) for one in around] == [
        ("sms", None, "{what} {link}")
    ]
    below = (
        await api.get("/templates", params={"unit": HOA_BINH}, headers=province.officer)
    ).json()
    of_others = [one for one in below if one["source"] != "shipped"]
    assert [(one["source"], one["source_unit"]) for one in of_others] == [
        ("around", PROVINCE), ("around", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("who", "params", "status"),
    [
        ("officer", OURS, 200),
        ("officer", {"unit": HOA_BINH}, 200),
        ("officer", {}, 403),
        ("officer", {"unit": "52"}, 404),
        ("officer", {"unit": "no-such"}, 404),
        ("admin", {}, 200),
        ("admin", {"unit": "52"}, 200),
        ("manager", OURS, 403),
        ("inspector", OURS, 403),
    ],
)
async def test_words_are_set_within_ones_place_only(
    api: httpx.AsyncClient,
    province: Province,
    engine: AsyncEngine,
    who: str,
    params: dict[str, str],
    status: int,
) -> None:
    async with unit_of_work(engine) as connection:
        await connection.execute(
            text(
                "INSERT INTO admin_unit (code, name, level, kind, valid_from) "
                "VALUES ('52', 'Gia Lai', 'province', 'province', '2025-07-01')"
            )
        )
    headers = getattr(province, who)
    answer = await api.put(MAIL, json=WORDS, headers=headers, params=params)
    assert answer.status_code == status, answer.text
    seen = await api.get(MAIL, headers=headers, params=params)
    assert seen.status_code == (200 if who == "officer" and not params else status)


async def test_what_is_not_worded_anew_is_not_there(
    api: httpx.AsyncClient, province: Province
) -> None:
    for path in ("/templates/account/email/vi", "/templates/alert/push/vi"):
        for method in ("GET", "PUT"):
            answer = await api.request(
                method, path, json=WORDS, params=OURS, headers=province.officer
            )
            assert answer.status_code == 404
    answer = await api.get("/templates/alert/email/fr", params=OURS, headers=province.officer)
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("path", "said", "faults"),
    [
        (MAIL, {"subject": "{what}", "body": "no way out"}, ["body.body"]),
        (MAIL, {"subject": "{child}", "body": "{n}"}, ["body.subject", "body.body", "body.body"]),
        (MAIL, {"subject": "", "body": "{link}"}, ["body.subject"]),
        (MAIL, {"subject": "{what", "body": "{link}"}, ["body.subject"]),
        (SMS, {"subject": "no", "body": "{what} {link}"}, ["body.subject"]),
        (SMS, {"body": "{link} {what}"}, ["body.body"]),
        (MAIL, {"subject": "a\u200bb", "body": "{link}"}, ["body.subject"]),
    ],
)
async def test_words_that_could_not_be_used_are_refused_with_all_that_is_wrong(
    api: httpx.AsyncClient, province: Province, path: str, said: dict[str, str], faults: list[str]
) -> None:
    for method, address in (("PUT", path), ("POST", f"{path}/preview"), ("POST", f"{path}/test")):
        answer = await api.request(
            method, address, json=said, params=OURS, headers=province.officer
        )
        assert answer.status_code == 422, answer.text
        assert [one["field"] for one in answer.json()["errors"]] == faults


async def test_a_preview_of_a_mail_is_filled_and_keeps_nothing(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine
) -> None:
    answer = await api.post(f"{MAIL}/preview", json=WORDS, params=OURS, headers=province.officer)
    assert answer.status_code == 200, answer.text
    seen = answer.json()
    assert seen["subject"] == "[Khẩn] Mái ấm Ví Dụ"
    first, blank, what, *_, link = seen["text"].rstrip().split("\n")
    assert (first, blank) == ("Kính gửi ông/bà,", "")
    assert what == "Mái ấm Ví Dụ: gián đoạn giám sát – Phòng chơi 2."
    assert link.startswith("http://console.test/a/A")
    assert seen["segments"] is None
    async with reading(engine) as connection:
        assert (await connection.execute(select(message_template.c.id))).all() == []


async def test_a_preview_of_a_short_message_says_what_it_costs(
    api: httpx.AsyncClient, province: Province
) -> None:
    said = {"body": "Cảnh báo: {facility}, {zones} mất giám sát từ {since}. {link}"}
    answer = await api.post(f"{SMS}/preview", json=said, params=OURS, headers=province.officer)
    seen = answer.json()
    assert seen["unmarked"].startswith("Canh bao: Mai am Vi Du, Phong choi 2 mat giam sat tu 14:53")
    assert " OK 1234 http://console.test/a/A" in seen["unmarked"]
    assert (seen["alphabet"], seen["segments"], seen["segments_marked"]) == ("ucs2", 1, 3)


@pytest.mark.parametrize("kind", ["escalation", "reminder", "news", "recovery", "correction",
                                  "handed_over", "unstable", "steady", "exemption_ended",
                                  "assigned"])  # fmt: skip
async def test_the_words_we_ship_can_be_previewed(
    api: httpx.AsyncClient, province: Province, kind: str
) -> None:
    for channel in ("email", "sms"):
        for language in ("vi", "en"):
            path = f"/templates/{kind}/{channel}/{language}"
            known = (await api.get(path, params=OURS, headers=province.officer)).json()
            said = {name: known[f"shipped_{name}"] for name in ("subject", "body")}
            seen = await api.post(
                f"{path}/preview", json=said, params=OURS, headers=province.officer
            )
            assert seen.status_code == 200, seen.text
            assert "{" not in seen.json()["text"]


async def test_a_test_mail_goes_to_who_asks_and_says_that_it_is_one(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine
) -> None:
    answer = await api.post(f"{MAIL}/test", json=WORDS, params=OURS, headers=province.officer)
    assert answer.status_code == 202, answer.text
    assert answer.json() == {"channel": "email", "to": "officer@giamsat.example"}
    async with reading(engine) as connection:
        (mail,) = (await connection.execute(select(person_mail))).all()
    assert (mail.address, mail.user_id) == ("officer@giamsat.example", province.user_ids["officer"])
    assert mail.subject == "Thử: [Khẩn] Mái ấm Ví Dụ"
    assert mail.body.startswith("Đây là thư thử")


async def test_a_test_text_goes_to_a_proved_telephone_of_ones_own(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine, clock: Clock
) -> None:
    said = {"body": "{what} {link}"}
    path = f"{SMS}/test"
    none = await api.post(path, json=said, params=OURS, headers=province.officer)
    assert (none.status_code, none.json()["code"]) == (409, "no_telephone")
    numbers = {}
    async with unit_of_work(engine) as connection:
        for number, (who, proved) in enumerate(
            (("officer", None), ("officer", clock.at), ("admin", clock.at))
        ):
            row = await connection.execute(
                contact_point.insert()
                .values(
                    user_id=province.user_ids[who], channel="sms", verified_at=proved,
                    address=f"+8490000000{number}", created_at=clock.at,
                )
                .returning(contact_point.c.id)
            )  # fmt: skip
            numbers[number] = row.scalar_one()
    for foreign in (numbers[0], numbers[2]):
        answer = await api.post(
            path, json=said | {"telephone": foreign}, params=OURS, headers=province.officer
        )
        assert answer.status_code == 404
    sent = await api.post(path, json=said, params=OURS, headers=province.officer)
    assert sent.json() == {"channel": "sms", "to": "+84900000001"}
    async with reading(engine) as connection:
        (row,) = (await connection.execute(select(person_text))).all()
    assert (row.contact_point_id, row.kind) == (numbers[1], "test")
    assert row.body.startswith("Thử: Mái ấm Ví Dụ")
    assert row.body.endswith("http://console.test/incidents")


async def test_tests_are_not_sent_without_end(api: httpx.AsyncClient, province: Province) -> None:
    for _ in range(20):
        answer = await api.post(f"{MAIL}/test", json=WORDS, params=OURS, headers=province.officer)
        assert answer.status_code == 202
    answer = await api.post(f"{MAIL}/test", json=WORDS, params=OURS, headers=province.officer)
    assert answer.status_code == 429


async def test_who_sets_words_is_on_record(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine
) -> None:
    await put(api, province.officer)
    await api.delete(MAIL, params=OURS, headers=province.officer)
    async with reading(engine) as connection:
        rows = await connection.execute(
            text("SELECT verb, key FROM access_log WHERE subject = 'template' ORDER BY n")
        )
        lines = [tuple(row) for row in rows]
    assert lines == [
        ("change", "alert/email/vi"),
        ("read", "alert/email/vi"),
        ("remove", "alert/email/vi"),
    ]
