from datetime import timedelta

import pytest

from services.alerts.devices.culprits import Watcher, culprits
from services.alerts.tell import letters
from services.alerts.tell.story import GapLine, Story
from shared.domain.places import DeviceKind
from shared.domain.states import Cause, GapState, WatchState
from shared.i18n import translator
from tests.support.alerting import ZONE, World, after


def watcher(heard_s: float | None, state: WatchState | None = WatchState.OK) -> Watcher:
    """Of a gap since 100, told at 200."""
    heard_at = None if heard_s is None else after(heard_s)
    patience = timedelta(seconds=12)
    return Watcher("Camera", "c", DeviceKind.CAMERA, patience, heard_at, state, after(200))


@pytest.mark.parametrize(
    ("one", "is_culprit", "fault"),
    [
        (watcher(None, None), True, None),
        (watcher(100), True, None),
        (watcher(105), True, None),
        (watcher(90, WatchState.DARK), True, None),
        (watcher(150), True, None),
        (watcher(190), False, None),
        (watcher(190, WatchState.COVERED), True, WatchState.COVERED),
    ],
)
def test_who_is_silent_or_faulty_does_not_watch(
    one: Watcher,
    fault: WatchState | None,
    *,
    is_culprit: bool,
) -> None:
    found = culprits([one], since=after(100))
    assert [c.fault for c in found] == ([fault] if is_culprit else [])


async def told_to_manager(world: World) -> str:
    (mail,) = await world.rows("SELECT body FROM notification WHERE role = 'FACILITY_MANAGER'")
    return str(mail.body)


async def two_rooms(world: World, *, min_devices: int = 1) -> list[int]:
    """The device of the first room, those of the second, which goes on until 300."""
    facility = await world.facility()
    await world.usual_people(facility)
    first = await world.zone(facility, "z1", min_devices=min_devices)
    second = await world.zone(facility, "z2")
    found = [await world.device(facility, first, f"cam-{n}") for n in (1, 2)]
    other = await world.device(facility, second, "other")
    await world.attest(other, 0, 300)
    await world.last_word(other, 175)
    return found


async def test_a_mail_names_the_device_that_fell_silent_and_no_other(world: World) -> None:
    silent, watching = await two_rooms(world, min_devices=2)
    await world.attest(silent, 0, 100)
    await world.attest(watching, 0, 300)
    await world.last_word(silent, 98)
    await world.last_word(watching, 170)
    await world.pass_time(172, since_s=161, step_s=11)

    body = await told_to_manager(world)
    assert "cam-1 (cam-1): im lặng từ 12:01\n" in body
    assert "cam-2" not in body
    assert "other" not in body


async def test_a_mail_says_what_is_wrong_with_the_picture(world: World) -> None:
    covered, never = await two_rooms(world)
    await world.attest(covered, 0, 100)
    await world.attest(covered, 100, 300, kind="impaired")
    await world.last_word(covered, 170, "covered")
    await world.pass_time(172, since_s=161, step_s=11)

    body = await told_to_manager(world)
    assert await world.incidents() == [("picture", "open")]
    assert "cam-1 (cam-1): hình ảnh không dùng được (bị che)" in body
    assert "cam-2 (cam-2): chưa từng gửi tín hiệu" in body
    assert never


async def test_a_room_without_devices_is_told_as_such(world: World) -> None:
    facility = await world.facility()
    await world.usual_people(facility)
    await world.zone(facility, "z1")
    await world.device(facility, None, "gw", kind="gateway")
    await world.pass_time(72, since_s=61, step_s=11)

    assert "chưa có thiết bị nào được đăng ký tại đây" in await told_to_manager(world)


def test_that_a_whole_facility_is_silent_says_it_of_every_device() -> None:
    (culprit,) = culprits([watcher(100)], since=after(100))
    line = GapLine("Room", after(100), None, GapState.OPEN, (culprit,))

    def told(cause: Cause) -> str:
        story = Story(1, 1, cause, after(100), None, "Lotus", None, ZONE, (line,), (), after(180))
        return letters.alert(story, translator("en"), console_url="https://giamsat.example").body

    assert "Camera (c): silent since 12:01\n" in told(Cause.DEVICE_SILENT)
    assert "Camera" not in told(Cause.FACILITY_SILENT)
