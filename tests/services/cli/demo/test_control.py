import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.cli.demo import control, names
from services.cli.demo.control import Deed, DemoNotRunningError, Order, RefusedError
from services.cli.demo.line import Line
from services.cli.demo.names import DeviceName, UnknownNameError


@pytest.fixture
async def socket_file(tmp_path: Path) -> AsyncIterator[Path]:
    # Longer than the address of a socket may be.
    file = tmp_path / ("a" * 100) / "demo" / "control.sock"
    file.parent.parent.mkdir()

    async def obey(order: Order) -> str:
        return f"{order.do} {names.facility(order.to or '')}"

    async with await control.listen(file, obey):
        yield file


async def test_an_order_is_answered_in_words(socket_file: Path) -> None:
    assert await control.ask(socket_file, Order(Deed.CUT, "hoa-sen")) == "cut hoa-sen"


async def test_an_unknown_name_is_refused_with_the_known_ones(socket_file: Path) -> None:
    with pytest.raises(RefusedError, match=r"no facility nowhere.*hoa-sen, hoa-mai"):
        await control.ask(socket_file, Order(Deed.CUT, "nowhere"))


async def test_a_demo_that_does_not_run_says_how_to_start_it(tmp_path: Path) -> None:
    with pytest.raises(DemoNotRunningError, match="giamsat up --demo"):
        await control.ask(tmp_path / "demo" / "control.sock", Order(Deed.STATUS))


async def test_only_its_owner_may_give_orders(socket_file: Path) -> None:
    assert socket_file.parent.stat().st_mode & 0o777 == 0o700


def test_a_device_is_meant_by_its_full_name() -> None:
    assert names.device("hoa-sen/cam-1") == DeviceName("hoa-sen", "cam-1")


def test_a_code_that_only_one_device_has_is_enough() -> None:
    assert names.device("ph-1") == DeviceName("anh-duong", "ph-1")


def test_a_code_of_several_devices_is_refused_with_their_names() -> None:
    with pytest.raises(UnknownNameError, match="hoa-sen/cam-1, hoa-mai/cam-1"):
        names.camera("cam-1")


def test_a_sensor_is_no_camera() -> None:
    with pytest.raises(UnknownNameError, match="no camera ph-1"):
        names.camera("ph-1")


async def test_a_cut_line_is_silent_until_it_is_restored() -> None:
    begun: asyncio.Queue[str] = asyncio.Queue()

    async def talk() -> None:
        begun.put_nowait("hello")
        await asyncio.Event().wait()

    line = Line(talk)
    keeping = asyncio.create_task(line.keep())
    async with asyncio.timeout(5):
        await begun.get()
        line.cut()
        line.restore()
        await begun.get()
        line.cut()
    assert line.is_cut
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
