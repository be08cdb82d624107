"""Pictures through the real process that looks at them."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import cv2
import psutil
import pytest

from shared.contracts import topics
from shared.contracts.topics import Leaf
from shared.domain.heartbeat import SECOND_US
from shared.domain.states import WatchState
from shared.vision.scene import Scene, Trouble
from tests.services.ingest.rooms import FACILITY, Room, a_camera
from tests.support.waiting import eventually

FRAME = topics.of(FACILITY, "CAM-1", Leaf.FRAME)


def photo(room: Scene, at_s: float) -> bytes:
    return bytes(cv2.imencode(".jpg", room.frame(at_s), [cv2.IMWRITE_JPEG_QUALITY, 80])[1])


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    room = Room(a_camera())
    yield room
    await room.gallery.close()


async def test_a_room_that_is_seen_is_covered_and_a_covered_lens_is_not(room: Room) -> None:
    camera = room.site.devices["CAM-1"]
    scene = Scene(7)
    started_us = room.now_us

    async def show(second: int) -> None:
        room.now_us = started_us + second * SECOND_US
        room.hear(FRAME, photo(scene, float(second)))
        assert room.post.packet_ids == [], "nothing is acknowledged before it was looked at"
        assert (await room.gallery.look_at_next())[2] is None
        assert len(room.post.packet_ids) == 1
        room.post.packet_ids.clear()

    for second in range(40):
        await show(second)
    assert camera.watched.pending
    assert camera.faults is None
    scene.cause(Trouble.COVER)
    for second in range(40, 70):
        await show(second)
    assert camera.faults is not None
    assert WatchState.COVERED in camera.faults


async def test_what_is_no_picture_is_refused_without_keeping_it(room: Room) -> None:
    room.hear(FRAME, b"\xff\xd8 no picture")
    looking = asyncio.create_task(room.look_at_pictures())

    async def is_settled() -> bool:
        return bool(room.post.packet_ids)

    await eventually(is_settled)
    looking.cancel()
    (entry,) = room.flushed().entries
    assert (entry.reason, entry.kept, entry.sample) == ("unreadable", [], "(a picture)")


async def test_a_newer_picture_replaces_one_that_still_waits(room: Room) -> None:
    scene = Scene(3)
    for second in range(3):
        room.hear(FRAME, photo(scene, float(second)))
    assert len(room.post.packet_ids) == 2
    await room.gallery.look_at_next()
    assert len(room.post.packet_ids) == 3


async def test_a_process_that_dies_is_replaced(room: Room) -> None:
    scene = Scene(3)
    room.hear(FRAME, photo(scene, 0.0))
    await room.gallery.look_at_next()
    (eye,) = (
        child
        for child in psutil.Process().children()
        if "services.ingest.frames.eye" in child.cmdline()
    )
    os.kill(eye.pid, signal.SIGKILL)
    room.hear(FRAME, photo(scene, 1.0))
    assert (await room.gallery.look_at_next())[2] == "unreadable"
    room.hear(FRAME, photo(scene, 2.0))
    assert (await room.gallery.look_at_next())[2] is None
