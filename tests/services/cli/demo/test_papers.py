from datetime import date, timedelta

from services.cli.demo.papers import PAPERS, facts_of
from services.cli.demo.province import FACILITIES
from shared.domain.facility_status import Fact, Status, standing_on, timeline

TODAY = date(2026, 11, 22)


def status(code: str) -> Status:
    facts = [
        Fact(
            one.kind,
            one.effective_on,
            n,
            one.last_day + timedelta(days=1) if one.last_day else None,
        )
        for n, one in enumerate(facts_of(PAPERS[code], TODAY))
    ]
    return standing_on(timeline(facts), TODAY).status


def test_the_demo_shows_papers_in_every_condition() -> None:
    assert {code: status(code) for code in PAPERS} == {
        "hoa-sen": Status.CONDITIONAL,
        "hoa-mai": Status.LICENSED,
        "hy-vong": Status.LICENSED,
        "ban-mai": Status.REGISTERED,
        "ctxh-quang-ngai": Status.LICENSED,
    }
    assert set(PAPERS) < {place.code for place in FACILITIES}
