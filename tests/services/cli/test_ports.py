import socket
from collections.abc import Iterator

import pytest

from services.cli import ports
from services.cli.ports import PortTakenError

HERE = "127.0.0.1"


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as server:
        server.bind((HERE, 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_taken_port_is_refused_with_a_way_out(taken: int) -> None:
    with pytest.raises(PortTakenError) as refusal:
        ports.asked_for(HERE, taken, option="--port")
    assert str(taken) in str(refusal.value)
    assert "--port 0" in str(refusal.value)


def test_port_0_takes_a_free_one() -> None:
    assert ports.is_free(HERE, ports.asked_for(HERE, 0, option="--port"))


async def test_the_port_of_last_time_is_taken_again() -> None:
    before = ports.any_free(HERE)
    assert await ports.as_before(HERE, before) == before


async def test_another_port_is_taken_if_the_one_of_last_time_stays_taken(taken: int) -> None:
    assert await ports.as_before(HERE, taken, patience_s=0.1) != taken


def test_a_server_for_everyone_is_reached_here_on_loopback() -> None:
    assert ports.seen_from_here(ports.EVERYWHERE[0]) == HERE
