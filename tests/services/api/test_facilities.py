import httpx

from tests.support.people import LOTUS, SUNFLOWER, Province


async def test_list_shows_only_what_is_in_the_callers_place(
    api: httpx.AsyncClient, province: Province
) -> None:
    seen = {}
    for name in ("admin", "officer", "commune", "manager", "lotus_manager"):
        listed = await api.get("/facilities", headers=getattr(province, name))
        seen[name] = [item["code"] for item in listed.json()["items"]]
    assert seen == {
        "admin": [LOTUS, SUNFLOWER],
        "officer": [LOTUS, SUNFLOWER],
        "commune": [SUNFLOWER],
        "manager": [SUNFLOWER],
        "lotus_manager": [LOTUS],
    }


async def test_registered_facility_takes_defaults_and_is_read_back(
    api: httpx.AsyncClient, province: Province
) -> None:
    made = await api.post(
        "/facilities", json={"code": "NEW-01", "name": "Mái ấm"}, headers=province.officer
    )
    assert made.status_code == 201, made.text
    assert made.json() == {
        "code": "NEW-01",
        "name": "Mái ấm",
        "ownership": "non_public",
        "admin_unit": "79",
        "children": 0,
        "time_zone": "Asia/Ho_Chi_Minh",
        "registered_at": "2026-07-01T08:00:00Z",
        "retired_at": None,
    }
    read = await api.get(made.headers["Location"].removeprefix("/api/v1"), headers=province.officer)
    assert read.json() == made.json()


async def test_foreign_facility_looks_exactly_like_a_missing_one(
    api: httpx.AsyncClient, province: Province
) -> None:
    answers = []
    for code in (LOTUS, "NONE-01"):
        answer = await api.get(f"/facilities/{code}", headers=province.manager)
        answers.append((answer.status_code, answer.json()["code"], answer.json()["detail"]))
    assert answers[0] == answers[1]
    assert answers[0][0] == 404
