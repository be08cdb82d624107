import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import cv2
import numpy as np
from pydantic import SecretStr

from services.edge.camera import Camera
from services.edge.sources import Film, Room, Stream
from services.edge.watch import Look
from shared.domain.states import WatchState
from shared.vision.scene import Scene


async def looks_until(
    source: Stream | Film | Room, is_enough: Callable[[list[Look]], bool]
) -> list[Look]:
    looks: list[Look] = []
    enough = asyncio.Event()

    def see(look: Look) -> None:
        looks.append(look)
        if is_enough(looks):
            enough.set()

    looking = asyncio.create_task(Camera("cam-1", source, see).keep_looking())
    async with asyncio.timeout(20):
        await enough.wait()
    looking.cancel()
    await asyncio.gather(looking, return_exceptions=True)
    return looks


async def test_a_room_is_seen() -> None:
    looks = await looks_until(Room(seed=3), lambda seen: len(seen) == 3)
    assert {look.state for look in looks} == {WatchState.OK}
    assert {look.device for look in looks} == {"cam-1"}


async def test_a_film_is_seen_over_and_over(tmp_path: Path) -> None:
    film = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(film), cv2.VideoWriter.fourcc(*"MJPG"), 2, (320, 180))
    picture = np.random.default_rng(1).integers(0, 255, (180, 320, 3), dtype=np.uint8)
    writer.write(picture)
    writer.release()
    looks = await looks_until(Film(path=str(film)), lambda seen: len(seen) == 3)
    assert all(earlier.at_ms <= later.at_ms for earlier, later in itertools.pairwise(looks))


@asynccontextmanager
async def network_camera(frames: int) -> AsyncIterator[str]:
    """Shows a rendered room as motion JPEG, ten pictures a second, and then breaks off."""
    room = Scene(seed=5)

    async def show(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(
            b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=f\r\n\r\n"
        )
        for number in range(frames):
            _, picture = cv2.imencode(".jpg", room.frame(number / 10))
            head = f"--f\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
            writer.write(head.encode() + picture.tobytes() + b"\r\n")
            await writer.drain()
            await asyncio.sleep(0.1)
        writer.close()

    server = await asyncio.start_server(show, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


async def test_a_network_camera_is_seen_until_it_breaks_off() -> None:
    async with network_camera(frames=20) as url:
        looks = await looks_until(
            Stream(url=SecretStr(url)), lambda seen: seen[-1].state is WatchState.SIGNAL_LOSS
        )
    assert [look.state for look in looks[:3]] == [WatchState.OK] * 3


async def test_a_camera_that_does_not_answer_has_no_signal() -> None:
    nowhere = Stream(url=SecretStr("rtsp://127.0.0.1:9/none"))
    looks = await looks_until(nowhere, lambda seen: len(seen) == 1)
    assert looks[0].state is WatchState.SIGNAL_LOSS
