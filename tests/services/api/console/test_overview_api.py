from tests.services.api.console.conftest import LogIn, Reader
from tests.support import town

PATH = "/api/v1/overview"


async def test_programs_get_the_same_answer_as_people(log_in: LogIn) -> None:
    told = (await (await log_in(town.LEADER)).get(PATH)).json()
    assert told["figures"]["facilities_unwatched"] == 2
    assert told["figures"]["children_unwatched"] == 171
    assert [one["facility"] for one in told["unwatched"]] == ["HOA-SEN", "BAN-MAI"]
    assert told["unwatched"][1]["incidents"][0]["acknowledged"][0]["name"] == "A Trung"


async def test_spans_lie_within_the_window_and_do_not_overlap(admin: Reader) -> None:
    told = (await admin.get(PATH)).json()
    for facility in told["facilities"]:
        bounds = [bound for span in facility["spans"] for bound in (span["from"], span["to"])]
        assert bounds == sorted(bounds)
        assert (bounds[0], bounds[-1]) == (told["from"], told["to"])


async def test_a_commune_officer_is_told_of_the_own_commune_only(log_in: LogIn) -> None:
    officer = await log_in(town.OFFICER)
    told = (await officer.get(PATH)).json()
    assert [one["code"] for one in told["facilities"]] == ["BAN-MAI"]


async def test_nobody_is_told_nothing(nobody: Reader) -> None:
    assert (await nobody.get(PATH)).status_code == 401
