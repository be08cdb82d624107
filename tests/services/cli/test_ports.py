import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.cli import ports
from services.cli.ports import CannotListenError, NoSuchPortError, PortTakenError

HERE = "127.0.0.1"
OUTGOING = Path("/proc/sys/net/ipv4/ip_local_port_range")


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


def test_a_port_is_never_chosen_twice() -> None:
    chosen: list[int] = []
    for _ in range(50):
        chosen.append(ports.any_free(HERE, besides=chosen))
    assert len(set(chosen)) == 50


def test_no_outgoing_connection_can_sit_on_a_port_that_was_chosen() -> None:
    lowest_outgoing = int(OUTGOING.read_text().split()[0])
    assert ports.any_free(HERE) < lowest_outgoing


@pytest.mark.parametrize("number", [-1, 65_536, 99_999])
def test_a_number_that_is_no_port_is_refused_by_the_name_of_its_option(number: int) -> None:
    with pytest.raises(NoSuchPortError, match=f"--port {number}: .* 1 to 65535"):
        ports.check(number, option="--port")


def test_an_address_that_is_not_ours_is_not_called_taken() -> None:
    with pytest.raises(CannotListenError, match=r"192\.0\.2\.1"):
        ports.is_free("192.0.2.1", 8080)


def test_what_dies_down_on_a_port_does_not_keep_its_server_away() -> None:
    with socket.create_server((HERE, 0)) as server:
        port: int = server.getsockname()[1]
        with socket.create_connection((HERE, port)) as client:
            server.accept()[0].close()
            client.recv(1)
    assert ports.is_free(HERE, port)


async def test_the_port_of_last_time_is_taken_again() -> None:
    before = ports.any_free(HERE)
    assert await ports.as_before(HERE, before) == before


async def test_another_port_is_taken_if_the_one_of_last_time_stays_taken(taken: int) -> None:
    assert await ports.as_before(HERE, taken, patience_s=0.1) != taken


def test_a_server_for_everyone_is_reached_here_on_loopback() -> None:
    assert ports.seen_from_here(ports.EVERYWHERE[0]) == HERE
