"""What a simulated program of another make says, understood as it will be when it arrives."""

import pytest

from services.cli.simulate import cast, truth
from services.cli.simulate.dialects import PREFIXES, name_of
from services.cli.simulate.options import DialectName, Options, Trouble
from shared.contracts.adapters.base import Attestation
from shared.contracts.adapters.rules import READERS, Dialect, Rule, interpret
from shared.domain.states import WatchState
from tests.services.cli.simulate.plays import Play


def said(dialect: DialectName, **more: object) -> tuple[truth.Sent, str, bytes]:
    """The first message of a facility with one device."""
    asked = Options(devices=1, seconds=40, dialects={dialect: 1}, **more)  # type: ignore[arg-type]  # each is what it is named
    play = Play(asked).perform()
    _, topic, payload = play.ear.heard[0]
    return next(line for line in play.lines if isinstance(line, truth.Sent)), topic, payload


def understood(dialect: DialectName, topic: str, payload: bytes, received_us: int) -> Attestation:
    _, _, _, speaker, rest = topic.split("/", 4)
    assert speaker == ("d01" if dialect in cast.WITHOUT_HUB else "gw")
    rule = Rule(Dialect(dialect), PREFIXES[dialect], name_of(dialect, "d01"), "d01")
    meaning = interpret([rule], rest, payload, received_us=received_us, is_retained=False)
    [found] = [
        statement
        for device, statement in meaning.statements
        if isinstance(statement, Attestation) and device == "d01"
    ]
    assert not meaning.unmapped
    return found


@pytest.mark.parametrize("dialect", PREFIXES)
def test_a_message_attests_its_device_when_it_says(dialect: DialectName) -> None:
    sent, topic, payload = said(dialect)
    received_us = sent.sent_us + 123_456
    found = understood(dialect, topic, payload, received_us)
    is_on_arrival = dialect in cast.TIMED_ON_ARRIVAL
    assert found.at_us == (received_us if is_on_arrival else sent.at_us)
    assert (found.since_us, found.state) == (None, WatchState.OK)


def test_every_dialect_that_is_understood_can_be_simulated() -> None:
    assert {Dialect(dialect) for dialect in PREFIXES} == set(READERS)


def test_a_camera_without_a_picture_is_one_in_frigate_s_statistics() -> None:
    sent, topic, payload = said(DialectName.FRIGATE, faulty=Trouble(0.99, 1_000), seed=3)
    found = understood(DialectName.FRIGATE, topic, payload, sent.sent_us)
    assert found.state is WatchState.SIGNAL_LOSS
