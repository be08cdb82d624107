from datetime import date

import httpx
import pytest

from services.api.console.forms import day_of
from tests.services.api.console.conftest import Reader


@pytest.mark.parametrize(
    "typed", ["", "today", "2026-13-01", "0001-01-01", "1999-12-31", "9999-12-31"]
)
def test_what_is_no_day_of_ours_narrows_nothing(typed: str) -> None:
    assert day_of(typed) is None


def test_a_day_is_read_as_it_is_typed() -> None:
    assert day_of("2026-11-23") == date(2026, 11, 23)


@pytest.mark.parametrize("page", ["/ladders?facility=a%00b", "/deliveries?facility=a%00b"])
async def test_what_no_database_can_hold_is_no_outage(admin: Reader, page: str) -> None:
    answer: httpx.Response = await admin.get(page)
    assert answer.status_code == 400
