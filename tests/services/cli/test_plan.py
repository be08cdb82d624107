import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from socket import create_server

import pytest

from services.cli import plan as planning
from services.cli import ports
from services.cli.plan import LOOPBACK, Options, Plan
from services.cli.ports import NoSuchPortError, PortTakenError


async def any_plan(data: Path) -> Plan:
    return await planning.make(Options(data, port=0, mqtt_port=0), {})


def lasting(plan: Plan) -> tuple[int, int, int]:
    return plan.api_port, plan.broker.port, plan.postgres.port


@contextmanager
def servers_on(numbers: tuple[int, ...]) -> Iterator[None]:
    with ExitStack() as stack:
        for number in numbers:
            stack.enter_context(create_server((LOOPBACK, number)))
        yield


async def test_any_port_means_best_the_one_of_last_time(tmp_path: Path) -> None:
    first = await any_plan(tmp_path)
    with servers_on(lasting(first)):
        pass  # It ran, and was stopped.
    assert lasting(await any_plan(tmp_path)) == lasting(first)


async def test_a_port_that_was_asked_for_is_remembered_too(tmp_path: Path) -> None:
    asked = ports.any_free(LOOPBACK)
    await planning.make(Options(tmp_path, port=asked, mqtt_port=0), {})
    assert (await any_plan(tmp_path)).api_port == asked


async def test_a_port_asked_for_is_not_given_to_what_had_it_last_time(tmp_path: Path) -> None:
    first = await any_plan(tmp_path)
    second = await planning.make(Options(tmp_path, port=first.postgres.port, mqtt_port=0), {})
    assert second.api_port == first.postgres.port
    assert len(set(lasting(second))) == 3


async def test_a_certain_port_that_is_taken_is_refused_and_nothing_forgotten(
    tmp_path: Path,
) -> None:
    first = await any_plan(tmp_path)
    with servers_on((first.broker.port,)), pytest.raises(PortTakenError, match="--mqtt-port 0"):
        await planning.make(Options(tmp_path, port=0, mqtt_port=first.broker.port), {})
    assert json.loads((tmp_path / "ports.json").read_text())["mqtt"] == first.broker.port


@pytest.mark.parametrize(("port", "mqtt_port"), [(99_999, 0), (-1, 0), (0, -1)])
async def test_a_number_that_is_no_port_is_refused(
    tmp_path: Path, port: int, mqtt_port: int
) -> None:
    with pytest.raises(NoSuchPortError):
        await planning.make(Options(tmp_path, port=port, mqtt_port=mqtt_port), {})
