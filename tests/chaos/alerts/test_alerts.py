"""A sample of the fault runs, small enough for every day; `make chaos` is the real thing."""

import tempfile
from email.message import EmailMessage
from pathlib import Path

from tests.chaos.alerts import runs
from tests.chaos.alerts.oracle import REPEATED, judge
from tests.chaos.alerts.stage import open_house
from tests.chaos.alerts.town import Expected

SEED = 20261122


async def test_nothing_is_lost_and_nothing_doubled() -> None:
    # Not below pytest's own folder, which every other run shuts to PostgreSQL's user.
    with tempfile.TemporaryDirectory(prefix="giamsat-chaos-") as folder:
        async with open_house(Path(folder)) as house:
            outcome = await runs.run(house, SEED, facilities=15, seconds=18)
    assert outcome.verdict.lost == []
    assert outcome.is_good
    # How many there is time for is the machine's business; `make chaos` counts a hundred.
    assert outcome.casebook.kills >= 1


WANTED = [Expected("Facility-00001.", "email", "m1@example.org")]


def mail(subject: str = "Facility-00001.: x", to: str = "m1@example.org") -> EmailMessage:
    message = EmailMessage()
    message["Subject"], message["To"] = subject, to
    return message


def test_what_did_not_come_is_lost() -> None:
    assert judge(WANTED, [], []).lost == WANTED


def test_a_repeat_has_to_say_so() -> None:
    marked = judge(WANTED, [mail(), mail(f"Facility-00001.: x {REPEATED}")], [])
    assert (marked.repeats_smtp, marked.unmarked) == (1, 0)
    assert marked.is_good(1)
    assert not marked.is_good(0)
    assert judge(WANTED, [mail(), mail()], []).unmarked == 1


def test_the_same_under_two_keys_is_doubled() -> None:
    short = {"text": "giamsat: Facility-00001.: x", "to": "+84900000001"}
    wanted = [Expected("Facility-00001.", "sms", "+84900000001")]
    assert judge(wanted, [], [short, short]).doubled_keyed == 1


def test_who_should_not_be_told_is_strange() -> None:
    assert judge(WANTED, [mail(), mail(to="m2@example.org")], []).strange == 1
