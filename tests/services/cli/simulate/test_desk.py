"""What is sent was written down before, and what became of it afterwards."""

import json
from collections.abc import Sequence

from hypothesis import given

from services.cli.simulate import truth
from services.cli.simulate.dialects.base import Published
from services.cli.simulate.options import DialectName, Options
from shared.contracts.acknowledgement import Acknowledged, Refused
from shared.runtime.mqtt_session import MqttError
from tests.services.cli.simulate.plays import START_US, Ear, Play, options


def lines(play: Play, kind: type[truth.Line]) -> list[truth.Line]:
    return [line for line in play.lines if isinstance(line, kind)]


class Suspicious(Ear):
    """Asks with every message whether the truth has it already."""

    play: Play

    def publish(self, n: int, messages: Published) -> None:
        assert any(isinstance(line, truth.Sent) and line.n == n for line in self.play.lines)
        super().publish(n, messages)


@given(options())
def test_a_message_is_written_down_before_it_leaves(asked: Options) -> None:
    ear = Suspicious()
    ear.play = Play(asked, ear=ear)
    ear.play.perform()
    assert len(ear.heard) == len(lines(ear.play, truth.Sent)) == ear.play.desk.tally.sent


@given(options())
def test_what_is_lost_on_its_way_never_leaves(asked: Options) -> None:
    play = Play(asked).perform()
    lost = {line.n for line in play.lines if isinstance(line, truth.Lost)}
    assert not lost & {n for n, _, _ in play.ear.heard}
    assert len(lost) == play.desk.tally.lost


def test_a_message_says_what_the_truth_file_says_of_it() -> None:
    play = Play(Options(devices=2, seconds=31, jitter=0)).perform()
    [(n, topic, payload)] = play.ear.heard
    [sent] = [line for line in play.lines if isinstance(line, truth.Sent)]
    assert (sent.n, sent.topic) == (n, topic) == (1, "giamsat/v1/SIM-T-0000/gw/heartbeats")
    entries = json.loads(payload)
    assert [entry["device"] for entry in entries] == ["gw", "d01", "d02"]
    assert {entry["at"] for entry in entries} == {sent.at_us // 1000}
    assert {entry["since"] for entry in entries} == {START_US // 1000}
    assert [entry["seq"] for entry in entries] == [0, 1, 2]
    assert sent.seq == (0, 2)


def test_a_plain_device_says_when_and_nothing_else() -> None:
    asked = Options(devices=1, seconds=31, plain=1, dialects={DialectName.HEARTBEAT: 1})
    [(_, topic, payload)] = Play(asked).perform().ear.heard
    assert topic == "giamsat/v1/SIM-T-0000/d01/heartbeat"
    assert json.loads(payload).keys() == {"at"}


def awaiting(numbers: int) -> Play:
    """So many messages of one gateway, all of which wait for the platform's word."""
    play = Play(Options(devices=1, seconds=1_000, interval_s=10, messages=numbers))
    play.desk._wants_acks = True
    return play.perform()


def test_the_broker_s_answers_and_the_platform_s_word_are_written_down() -> None:
    play = awaiting(3)
    play.answer([1, 2]).answer([3], 0x10)
    boot = json.loads(play.ear.heard[0][2])[0]["boot"]
    play.desk.on_acknowledged(Acknowledged(boot, ((0, 3),), (Refused(2, "empty"),)))
    play.desk.tend(START_US)
    assert play.lines[-3:] == [
        truth.Answered(((1, 2),), 0, START_US),
        truth.Answered(((3, 3),), 0x10, START_US),
        truth.Acknowledged(((1, 2),), START_US, ((2, "empty"),)),
    ]
    assert play.desk.tally.refused == {"empty": 1}


def test_a_new_connection_says_again_what_the_old_one_left_open() -> None:
    play = awaiting(3).answer([2])
    play.ear.heard.clear()
    play.desk.on_connected(0)
    assert [n for n, _, _ in play.ear.heard] == [1, 3]
    assert play.lines[-1] == truth.Again(((1, 1), (3, 3)), START_US)


class Deaf(Ear):
    def publish(self, n: int, messages: Sequence[tuple[str, bytes]]) -> None:
        raise MqttError(f"gone with {n} and {messages}")


def test_what_cannot_leave_now_is_kept_for_the_next_connection() -> None:
    play = Play(Options(seconds=31, messages=1), ear=Deaf()).perform()
    assert play.desk.outbox.unanswered(0) == [1]
