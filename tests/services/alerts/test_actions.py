from itertools import permutations
from typing import Any

import pytest

from shared.domain.handling import LONGEST_SNOOZE
from shared.domain.states import Severity
from tests.support.alerting import World, after
from tests.support.climbing import (
    COUNTED_S,
    act,
    at,
    no_steps,
    one_silent_room,
    snooze,
    step,
    watch_again,
)

MANAGER, OFFICER = "FACILITY_MANAGER", "COMMUNE_CPO"


async def told_at_10(world: World) -> tuple[int, int, int]:
    """Facility, incident, and its manager, who was told of it."""
    facility, incident = await one_silent_room(world)
    await world.usual_people(facility)
    await at(world, COUNTED_S + 10)
    (manager,) = await world.rows("SELECT id FROM user_account WHERE name = :n", n=MANAGER)
    return facility, incident, manager.id


async def user(world: World, role: str) -> int:
    (row,) = await world.rows("SELECT id FROM user_account WHERE name = :n", n=role)
    return int(row.id)


async def incident_row(world: World) -> Any:
    (row,) = await world.rows("SELECT * FROM incident WHERE facility_id IS NOT NULL")
    return row


async def test_what_is_put_off_rests_and_then_goes_on_where_it_was(world: World) -> None:
    """The officer's step was due 60 s after the opening; it is put off at 20 s for 5 minutes."""
    _, incident, manager = await told_at_10(world)
    await snooze(world, incident, manager, COUNTED_S + 20, COUNTED_S + 320)
    await at(world, COUNTED_S + 21, COUNTED_S + 60, COUNTED_S + 320, COUNTED_S + 359)
    assert await world.mails() == [("alert", "facility_manager")]
    await at(world, COUNTED_S + 360)
    assert await world.mails() == [("alert", "facility_manager"), ("escalation", "commune_cpo")]


async def test_reminders_rest_while_it_is_put_off(world: World) -> None:
    await no_steps(world)
    await step(world, 1, MANAGER, 10, repeat_s=60)
    _, incident, manager = await told_at_10(world)
    await snooze(world, incident, manager, COUNTED_S + 40, COUNTED_S + 140)
    await at(world, COUNTED_S + 41, COUNTED_S + 70, COUNTED_S + 140, COUNTED_S + 169)
    assert await world.mails() == [("alert", "facility_manager")]
    await at(world, COUNTED_S + 170)
    assert await world.mails() == [("alert", "facility_manager"), ("reminder", "facility_manager")]


async def test_nobody_puts_it_off_for_longer_than_it_may_be(world: World) -> None:
    _, incident, manager = await told_at_10(world)
    await snooze(world, incident, manager, COUNTED_S + 20, COUNTED_S + 1_000_000)
    await at(world, COUNTED_S + 21)
    row = await incident_row(world)
    longest = LONGEST_SNOOZE[Severity(row.severity)]
    assert row.snoozed_until == after(COUNTED_S + 20) + longest


async def test_what_people_did_is_taken_in_once_however_often_it_is_looked_at(
    world: World,
) -> None:
    _, incident, manager = await told_at_10(world)
    officer = await user(world, OFFICER)
    await act(world, incident, manager, "comment", COUNTED_S + 20)
    await act(world, incident, manager, "explain", COUNTED_S + 21, documents=[4])
    await act(world, incident, officer, "review", COUNTED_S + 22, explanation=2, verdict="accepted")
    await act(world, incident, officer, "resolve", COUNTED_S + 23, resolution="power_cut")
    await act(world, incident, officer, "assign", COUNTED_S + 24, user_id=manager)
    await at(world, COUNTED_S + 25, COUNTED_S + 26, COUNTED_S + 27)
    row = await incident_row(world)
    assert (row.state, row.resolution, row.assigned_to) == ("open", "power_cut", manager)
    events = await world.rows("SELECT kind, detail FROM event WHERE action_id IS NOT NULL")
    assert [event.kind for event in events] == [
        "commented", "explained", "explanation_reviewed", "resolution_given", "assigned",
    ]  # fmt: skip
    assert "because" not in str([event.detail for event in events])
    assert await world.mails() == [("alert", "facility_manager"), ("assigned", "facility_manager")]


async def test_after_it_is_over_words_count_and_putting_off_does_not(world: World) -> None:
    _, incident, manager = await told_at_10(world)
    await watch_again(world, COUNTED_S + 20)
    mails = len(await world.mails())
    await act(world, incident, manager, "explain", COUNTED_S + 70, documents=[])
    await act(world, incident, manager, "resolve", COUNTED_S + 71, resolution="internet_down")
    await act(world, incident, manager, "assign", COUNTED_S + 72, user_id=manager)
    await snooze(world, incident, manager, COUNTED_S + 73, COUNTED_S + 100)
    await at(world, COUNTED_S + 74, COUNTED_S + 75)
    row = await world.rows("SELECT * FROM incident WHERE id = :id", id=incident)
    assert (row[0].resolution, row[0].assigned_to, row[0].snoozed_until) == (
        "internet_down", None, None,
    )  # fmt: skip
    found = await world.rows("SELECT detail FROM event WHERE action_id IS NOT NULL ORDER BY id")
    assert [one.detail.get("reason") for one in found] == [None, None, "over", "over"]
    assert len(await world.mails()) == mails


async def test_an_acknowledgement_cancels_at_one_stroke_what_has_not_gone_out(
    world: World,
) -> None:
    _, incident, manager = await told_at_10(world)
    await at(world, COUNTED_S + 60)
    await world.rows("UPDATE notification SET state = 'sent' WHERE kind = 'alert' RETURNING id")
    await world.acknowledge(incident, manager, COUNTED_S + 61)
    await at(world, COUNTED_S + 62, COUNTED_S + 63, COUNTED_S + 4000)
    states = await world.rows("SELECT kind, state FROM notification ORDER BY id")
    assert [tuple(row) for row in states] == [("alert", "sent"), ("escalation", "cancelled")]
    assert (await world.events()).count("sends_cancelled") == 1


async def test_whoever_was_never_told_is_not_told_that_it_is_over(world: World) -> None:
    _, incident, manager = await told_at_10(world)
    await at(world, COUNTED_S + 60)
    await world.rows("UPDATE notification SET state = 'sent' WHERE kind = 'alert' RETURNING id")
    await world.acknowledge(incident, manager, COUNTED_S + 61)
    await at(world, COUNTED_S + 62)
    await watch_again(world, COUNTED_S + 70)
    assert [mail for mail in await world.mails() if mail[0] == "recovery"] == [
        ("recovery", "facility_manager")
    ]


async def two_who_must_both(world: World) -> tuple[int, int, int]:
    await no_steps(world)
    await step(world, 1, MANAGER, 10, needs_all=True, repeat_s=60)
    await step(world, 2, OFFICER, 300)
    facility, incident = await one_silent_room(world)
    one = await world.user(MANAGER, facility_id=facility, email="one@x.org")
    two = await world.user(MANAGER, facility_id=facility, email="two@x.org")
    await world.user(OFFICER, admin_unit_id=world.commune_id)
    await at(world, COUNTED_S + 10)
    return incident, one, two


async def test_a_step_that_needs_all_goes_on_until_each_of_them_has_acknowledged(
    world: World,
) -> None:
    incident, one, two = await two_who_must_both(world)
    await world.acknowledge(incident, one, COUNTED_S + 20)
    await at(world, COUNTED_S + 21, COUNTED_S + 70)
    assert (await incident_row(world)).acknowledged_at is None
    assert (await world.mails())[2:] == [("reminder", "two")]
    await world.acknowledge(incident, two, COUNTED_S + 80)
    await at(world, COUNTED_S + 81, COUNTED_S + 900)
    assert (await incident_row(world)).acknowledged_at == after(COUNTED_S + 80)
    assert (await world.mails())[3:] == []
    assert (await world.events()).count("acknowledged") == 2


async def test_others_do_not_answer_for_those_who_must(world: World) -> None:
    incident, _, _ = await two_who_must_both(world)
    await world.acknowledge(incident, await user(world, OFFICER), COUNTED_S + 20)
    await at(world, COUNTED_S + 21, COUNTED_S + 300)
    assert (await incident_row(world)).acknowledged_at is None
    assert ("escalation", "commune_cpo") in await world.mails()


async def test_nobody_waits_for_one_whose_account_is_closed(world: World) -> None:
    incident, one, two = await two_who_must_both(world)
    await world.acknowledge(incident, one, COUNTED_S + 20)
    await world.rows(
        "UPDATE user_account SET disabled_at = :at WHERE id = :id RETURNING id",
        at=after(COUNTED_S + 21), id=two,
    )  # fmt: skip
    await at(world, COUNTED_S + 22)
    assert (await incident_row(world)).acknowledged_at is not None


DEEDS = ("acknowledge", "snooze", "step", "look")


@pytest.mark.parametrize("order", list(permutations(DEEDS)), ids="-".join)
async def test_whatever_comes_first_nobody_is_told_who_need_not_be(
    world: World, order: tuple[str, ...]
) -> None:
    """Taking up, putting off, a step's time and a look of ours, in every order: the officer is
    told exactly if, when his time came, nobody had taken it up or put it off."""
    _, incident, manager = await told_at_10(world)
    expected = not ({"acknowledge", "snooze"} & set(order[: order.index("step")]))
    seconds = COUNTED_S + 20.0
    for deed in order:
        match deed:
            case "acknowledge":
                await world.acknowledge(incident, manager, seconds)
            case "snooze":
                await snooze(world, incident, manager, seconds, seconds + 600)
            case "look":
                await at(world, seconds)
            case _:
                seconds = max(seconds, COUNTED_S + 60)
                await at(world, seconds)
        seconds += 1
    await at(world, seconds, COUNTED_S + 500)
    officer = [mail for mail in await world.mails() if mail[1] == "commune_cpo"]
    assert officer == [("escalation", "commune_cpo")] * expected
    row = await incident_row(world)
    assert row.acknowledged_at is not None
    assert row.snoozed_until is not None
    assert (await world.events()).count("snoozed") == 1
