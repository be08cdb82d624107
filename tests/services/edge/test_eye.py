import pytest

from services.edge.eye import learn_past
from services.edge.frames import EVERY_S
from shared.domain.states import WatchState
from shared.vision.health import CameraHealth
from shared.vision.scene import Scene, Trouble

START_S = 5_000.0


def states(health: CameraHealth, room: Scene, *, from_s: float, until_s: float) -> list[WatchState]:
    count = int((until_s - from_s) / EVERY_S)
    instants = [from_s + number * EVERY_S for number in range(count)]
    return [health.update(room.frame(at_s), at_s).state for at_s in instants]


@pytest.mark.parametrize("seed", [3, 7])
def test_a_cover_one_second_after_the_start_is_found_within_15_s(seed: int) -> None:
    room, health = Scene(seed, caption="Mái ấm Hoa Sen"), CameraHealth()
    learn_past(health, room, until_s=START_S)
    before = states(health, room, from_s=START_S, until_s=START_S + 1)
    room.cause(Trouble.COVER)
    after = states(health, room, from_s=START_S + 1, until_s=START_S + 16)
    assert set(before) == {WatchState.OK}
    assert after[-1] is WatchState.COVERED


def test_a_room_without_trouble_stays_well_after_its_past_was_learned() -> None:
    room, health = Scene(7), CameraHealth()
    learn_past(health, room, until_s=START_S)
    assert set(states(health, room, from_s=START_S, until_s=START_S + 45)) == {WatchState.OK}


def test_a_machine_that_has_just_started_has_less_of_a_past() -> None:
    room, health = Scene(7), CameraHealth()
    learn_past(health, room, until_s=9.0)
    assert states(health, room, from_s=9.0, until_s=10.0) == [WatchState.OK] * 2
