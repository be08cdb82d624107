"""What can happen in a scenario: a word of the language each."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from shared.db.tables import alerting, approvals
from tests.scenarios.language import Step, seconds
from tests.support.alerting import after

#: As closely as things are looked at while something goes on.
FINE_S: Final = 10

if TYPE_CHECKING:
    from tests.scenarios.stage import Stage


async def _turn(stage: "Stage", who: str, _: list[str], *, state: str) -> None:
    """`A off`, `A/c1 on`, `A-A/c1 dark`."""
    for name in stage.named(who):
        stage.on[name] = state


async def _broker(stage: "Stage", _: str, rest: list[str]) -> None:
    """`broker off`, `broker on`: what was published meanwhile is lost, and we say so."""
    if rest == ["off"]:
        stage.broker_since = stage.now_s
    elif stage.broker_since is not None:
        await stage.world.be_blind(stage.broker_since, stage.now_s)
        stage.broker_since = None


async def _alerts(stage: "Stage", _: str, rest: list[str]) -> None:
    """`alerts off`, `alerts on`: evidence goes on, nobody judges it."""
    stage.is_ticking = rest != ["off"]
    if stage.is_ticking:
        await stage.world.catch_up(stage.now_s)


async def _late(stage: "Stage", who: str, rest: list[str]) -> None:
    """`A/c1 late 10:00-12:00`: it had watched, and says so only now."""
    since, until = (seconds(word) for word in rest[0].split("-"))
    for name in stage.named(who):
        await stage.world.attest(stage.devices[name], since, until, kind="late", told_s=stage.now_s)


async def _hint(stage: "Stage", who: str, rest: list[str]) -> None:
    """`A/gw hint power_failure`: it said so before it fell silent."""
    for name in stage.named(who):
        await stage.sql(
            "INSERT INTO device_condition (device_id, condition, holds, since, changed_at) "
            "VALUES (:id, :condition, true, :at, :at)",
            id=stage.devices[name],
            condition=rest[0],
            at=after(stage.now_s),
        )


async def _acknowledged(stage: "Stage", facility: str, rest: list[str]) -> None:
    """`A acknowledged by manager.A`."""
    incident_id = await _open_incident(stage, facility)
    await stage.world.acknowledge(incident_id, stage.people[rest[1]], stage.now_s)


async def _snoozed(stage: "Stage", facility: str, rest: list[str]) -> None:
    """`A snoozed by officer.BaGia for 10:00`."""
    until = after(stage.now_s + seconds(rest[3])).isoformat()
    await _act(stage, facility, "snooze", rest[1], {"until": until})


async def _mail(stage: "Stage", _: str, rest: list[str]) -> None:
    """`mail off`, `mail on`: what is written meanwhile waits."""
    stage.has_mail = rest != ["off"]


async def _deaf(stage: "Stage", who: str, _: list[str]) -> None:
    """`manager.A deaf`: whatever is sent to them comes back."""
    stage.deaf.add(who)


async def _leaves(stage: "Stage", who: str, _: list[str]) -> None:
    """`manager.A leaves`: nobody else is there in this role."""
    await stage.sql(
        "UPDATE role_assignment SET valid_to = :at WHERE user_id = :user",
        at=after(stage.now_s),
        user=stage.people[who],
    )


async def _assigned(stage: "Stage", facility: str, rest: list[str]) -> None:
    """`A assigned to officer.BaGia by manager.A`."""
    await _act(stage, facility, "assign", rest[3], {"user_id": stage.people[rest[1]]})


async def _explained(stage: "Stage", facility: str, rest: list[str]) -> None:
    """`A explained by manager.A`."""
    await _act(stage, facility, "explain", rest[1], {"documents": []})


async def _act(
    stage: "Stage", facility: str, kind: str, who: str, detail: dict[str, object]
) -> None:
    await stage.world.add(
        alerting.incident_action,
        incident_id=await _open_incident(stage, facility),
        kind=kind,
        user_id=stage.people[who],
        acted_at=after(stage.now_s),
        note="Because it is so.",
        detail=detail,
    )


async def _open_incident(stage: "Stage", place: str) -> int:
    """The latest of a facility, or of a commune."""
    found = await stage.world.rows(
        "SELECT id FROM incident WHERE state = 'open' AND "
        "(facility_id = :facility OR admin_unit_id = :commune) ORDER BY id",
        facility=stage.facilities.get(place, 0),
        commune=stage.communes.get(place, 0),
    )
    assert found, f"{place} has no open incident"
    return int(found[-1].id)


async def _exempt(stage: "Stage", who: str, rest: list[str], *, kind: str) -> None:
    """`A maintenance 04:00-20:00`, `A/living mute …`: asked for, and approved at once."""
    approval_id = await _request(stage, who, kind, rest[0])
    await stage.sql(
        "UPDATE approval SET decision = 'approved', decided_at = :at, decided_by = :by "
        "WHERE id = :id",
        at=after(stage.now_s),
        by=stage.people["department"],
        id=approval_id,
    )


async def _asked(stage: "Stage", who: str, rest: list[str]) -> None:
    """`A request 04:00-20:00`: asked for, and nobody has decided."""
    await _request(stage, who, "maintenance", rest[0])


async def _request(stage: "Stage", who: str, kind: str, window: str) -> int:
    facility, _, zone = who.partition("/")
    starts, ends = (after(seconds(word)) for word in window.split("-"))
    return await stage.world.add(
        approvals.approval,
        kind=kind,
        subject={"zone": zone} if zone else {},
        facility_id=stage.facilities[facility],
        reason="Electricians",
        requested_by=stage.people[f"manager.{facility}"],
        requested_at=after(stage.now_s),
        starts_at=starts,
        ends_at=ends,
        expires_at=ends,
    )


async def _flaps(stage: "Stage", who: str, rest: list[str]) -> None:
    """`A/c1 flaps 90 for 10:00`: off and on by turns, so many seconds each."""
    length_s, until_s = float(rest[0]), stage.now_s + seconds(rest[2])
    while stage.now_s < until_s:
        for state in ("off", "watched"):
            await _turn(stage, who, [], state=state)
            turn_ends_s = stage.now_s + length_s
            while stage.now_s < turn_ends_s:
                await stage.pass_to(min(stage.now_s + FINE_S, turn_ends_s))


async def _end(_: "Stage", __: str, ___: list[str]) -> None:
    """The story is over."""


Deed = Callable[["Stage", str, list[str]], Awaitable[None]]
#: By their first word.
_OWN: Final[Mapping[str, Deed]] = {"broker": _broker, "alerts": _alerts, "mail": _mail, "end": _end}
#: By their second; the first is who.
_OF_SOMEBODY: Final[Mapping[str, Deed]] = {
    "off": partial(_turn, state="off"),
    "on": partial(_turn, state="watched"),
    "dark": partial(_turn, state="impaired"),
    "late": _late,
    "hint": _hint,
    "flaps": _flaps,
    "acknowledged": _acknowledged,
    "snoozed": _snoozed,
    "assigned": _assigned,
    "explained": _explained,
    "maintenance": partial(_exempt, kind="maintenance"),
    "deaf": _deaf,
    "leaves": _leaves,
    "mute": partial(_exempt, kind="mute"),
    "request": _asked,
}


async def happen(stage: "Stage", step: Step) -> None:
    """Play one line."""
    first, *rest = step.what
    if first in _OWN:
        await _OWN[first](stage, first, rest)
    elif rest and rest[0] in _OF_SOMEBODY:
        await _OF_SOMEBODY[rest[0]](stage, first, rest[1:])
    else:
        raise AssertionError(f"nobody knows how to play {' '.join(step.what)!r}")
