from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.edge.gateway import BEHIND_AFTER_S, Gateway
from services.edge.journal import Journal
from services.edge.link import LinkError
from services.edge.messages import SMALLEST
from services.edge.watch import Look, Reading, Watch
from shared.contracts import acknowledgement, topics
from shared.contracts.heartbeat import GatewayHeartbeat, decode_entry, decode_many
from shared.domain import identity
from shared.domain.identity import Finding
from shared.domain.states import WatchState

OK, COVERED = WatchState.OK, WatchState.COVERED
FACILITY, CODE = "hoa-sen", "gw"
ACK = topics.of(FACILITY, CODE, topics.Leaf.ACK)


@dataclass
class Server:
    """Takes messages; `commit` acknowledges what it took."""

    delivers: bool = True
    messages: list[list[GatewayHeartbeat]] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    now_s: float = 0
    takes_s: float = 0

    async def publish(self, _topic: str, payload: bytes) -> bool:
        self.now_s += self.takes_s
        self.messages.append([decode_entry(raw) for raw in decode_many(payload)])
        self.sizes.append(len(payload))
        return self.delivers

    @property
    def entries(self) -> list[tuple[str, str, object, object]]:
        return [(b.device, b.state.value, b.since, b.at) for m in self.messages for b in m]

    def commit(self, gateway: Gateway) -> None:
        by_boot: dict[str, list[int]] = {}
        for beat in (beat for message in self.messages for beat in message):
            assert beat.boot is not None
            assert beat.seq is not None
            by_boot.setdefault(beat.boot, []).append(beat.seq)
        payload = acknowledgement.encode(acknowledgement.of(by_boot, {}))
        gateway.hearing.hear(ACK, payload)


@pytest.fixture
def server() -> Server:
    return Server()


def gateway_at(file: Path, server: Server) -> Gateway:
    return Gateway(FACILITY, CODE, Journal(file), now_s=lambda: server.now_s)


@pytest.fixture
def gateway(tmp_path: Path, server: Server) -> Gateway:
    return gateway_at(tmp_path / "journal.json", server)


def see(gateway: Gateway, *looks: tuple[str, WatchState, int]) -> None:
    for look in looks:
        gateway.see(Look(*look))


async def test_one_message_repairs_all_that_were_lost(gateway: Gateway, server: Server) -> None:
    see(gateway, *(("cam-1", OK, at_ms) for at_ms in range(1000, 60_000, 1000)))
    await gateway.tell(server.publish)
    assert server.entries == [("cam-1", "ok", 1000, 59_000)]


ENDED = ("c", "ok", 1000, 2000)
GOING_ON = ("c", "covered", 2000, 3000)


async def test_being_delivered_is_not_enough_to_be_forgotten(
    gateway: Gateway, server: Server
) -> None:
    see(gateway, ("c", OK, 1000), ("c", OK, 2000), ("c", COVERED, 3000))
    await gateway.tell(server.publish)
    server.now_s += 5
    await gateway.tell(server.publish)
    assert server.entries == [GOING_ON, ENDED] * 2


async def test_an_ended_watch_is_told_until_it_is_acknowledged(
    gateway: Gateway, server: Server
) -> None:
    see(gateway, ("c", OK, 1000), ("c", OK, 2000), ("c", COVERED, 3000))
    await gateway.tell(server.publish)
    server.commit(gateway)
    server.now_s += 5
    await gateway.tell(server.publish)
    assert server.entries == [GOING_ON, ENDED, GOING_ON]


async def test_told_again_it_has_the_same_number(gateway: Gateway, server: Server) -> None:
    see(gateway, ("c", OK, 1000), ("c", OK, 2000), ("c", COVERED, 3000))
    for _ in range(2):
        await gateway.tell(server.publish)
        server.now_s += 5
    ended = [beat.seq for message in server.messages for beat in message if beat.state is OK]
    assert ended[0] == ended[1]


async def test_what_was_not_acknowledged_is_told_after_a_restart(
    tmp_path: Path, server: Server
) -> None:
    first = gateway_at(tmp_path / "journal.json", server)
    see(first, ("c", OK, 1000), ("c", OK, 2000), ("c", COVERED, 3000))
    await first.tell(server.publish)
    server.messages.clear()
    await gateway_at(tmp_path / "journal.json", server).tell(server.publish)
    assert server.entries == [GOING_ON, ENDED]


async def test_what_is_told_is_on_disk_before(tmp_path: Path, server: Server) -> None:
    file = tmp_path / "journal.json"
    gateway = gateway_at(file, server)
    see(gateway, ("c", OK, 1000), ("c", OK, 2000), ("c", COVERED, 3000))

    async def publish(_topic: str, _payload: bytes) -> bool:
        assert Watch("c", OK, 1000, 2000) in Journal(file).past
        return True

    await gateway.tell(publish)


async def test_a_link_that_breaks_takes_nothing_with_it(gateway: Gateway, server: Server) -> None:
    see(gateway, ("c", OK, 1000), ("c", OK, 2000), ("c", COVERED, 3000))

    async def publish(_topic: str, _payload: bytes) -> bool:
        raise LinkError("lost")

    with pytest.raises(LinkError):
        await gateway.tell(publish)
    await gateway.tell(server.publish)
    assert server.entries == [GOING_ON, ENDED]


def flicker(gateway: Gateway, times: int) -> None:
    """So many watches that ended, and one that goes on."""
    for number in range(times + 1):
        state = COVERED if number % 2 else OK
        see(gateway, ("c", state, number * 2000), ("c", state, number * 2000 + 1000))


async def test_a_week_of_backlog_is_told_in_few_messages(gateway: Gateway, server: Server) -> None:
    flicker(gateway, 7 * 1440)
    await gateway.tell(server.publish)
    server.commit(gateway)
    assert len(server.messages) < 35
    assert max(server.sizes) <= 64 * 1024
    await gateway.tell(server.publish)
    assert len(server.messages[-1]) == 1


async def test_the_present_comes_before_the_backlog_and_its_newest_first(
    gateway: Gateway, server: Server
) -> None:
    flicker(gateway, 1000)
    await gateway.tell(server.publish)
    ats = [int(beat.at) for message in server.messages for beat in message]  # type: ignore[arg-type]  # numbers, as sent
    assert ats == sorted(ats, reverse=True)
    assert len(server.messages[0]) == 1


async def test_on_a_slow_link_the_present_is_told_between_pieces_of_the_backlog(
    gateway: Gateway, server: Server
) -> None:
    flicker(gateway, 1000)
    server.takes_s = 4
    for _ in range(3):
        await gateway.tell(server.publish, within_s=10)
    going_on = [len(message) == 1 for message in server.messages]
    assert going_on == [True, False, False] * 3


async def test_a_device_that_never_rests_does_not_hold_up_the_backlog(
    gateway: Gateway, server: Server
) -> None:
    flicker(gateway, 200)

    async def publish(topic: str, payload: bytes) -> bool:
        gateway.changed.set()
        return await server.publish(topic, payload)

    for _ in range(10):
        await gateway.tell(publish)
    assert len({since for _, _, since, _ in server.entries}) == 201


async def test_no_more_is_sent_than_finds_out_that_nobody_listens(
    gateway: Gateway, server: Server
) -> None:
    flicker(gateway, 1000)
    server.delivers = False
    for _ in range(5):
        await gateway.tell(server.publish)
    assert len(server.messages) == 10
    assert server.sizes[-1] <= SMALLEST


async def test_a_change_of_state_is_told_at_once(gateway: Gateway) -> None:
    see(gateway, ("cam-1", OK, 1000))
    assert not gateway.changed.is_set()
    see(gateway, ("cam-1", COVERED, 2000))
    assert gateway.changed.is_set()


async def test_readings_are_told_with_the_watch(gateway: Gateway, server: Server) -> None:
    see(gateway, ("door-1", OK, 1000), ("door-1", OK, 2000))
    gateway.read("door-1", Reading(battery=64))
    await gateway.tell(server.publish)
    assert server.messages[0][0].battery == 64


async def test_a_gateway_is_behind_while_it_is_not_linked(gateway: Gateway, server: Server) -> None:
    assert gateway.is_behind
    await gateway.tell(server.publish)
    assert not gateway.is_behind


async def test_a_gateway_is_behind_when_nobody_acknowledges_for_long(
    gateway: Gateway, server: Server
) -> None:
    see(gateway, ("c", OK, 1000), ("c", OK, 2000))
    await gateway.tell(server.publish)
    server.now_s += BEHIND_AFTER_S
    assert not gateway.is_behind
    server.now_s += 1
    assert gateway.is_behind
    server.commit(gateway)
    assert not gateway.is_behind


states = st.sampled_from([OK, OK, OK, COVERED, WatchState.DARK])
seen = st.lists(st.tuples(st.sampled_from("ab"), states, st.integers(1, 20_000)), max_size=40)


async def all_told(looks: list[tuple[str, WatchState, int]]) -> list[GatewayHeartbeat]:
    server = Server()
    at_ms = 1_000_000
    with TemporaryDirectory() as folder:
        gateway = gateway_at(Path(folder) / "journal.json", server)
        for device, state, pause_ms in looks:
            at_ms += pause_ms
            server.now_s += 6
            see(gateway, (device, state, at_ms))
            await gateway.tell(server.publish)
    return [beat for message in server.messages for beat in message]


@settings(deadline=None)
@given(seen)
async def test_no_disorder_repeat_or_loss_looks_like_somebody_else(
    looks: list[tuple[str, WatchState, int]],
) -> None:
    """The numbers are such that ingest's rule against rollbacks never meets an honest gateway.

    It looks at pairs of one device's messages, in whatever order they arrive.
    """
    told = [beat for beat in await all_told(looks) if beat.device == "a"]
    numbered = [(str(b.boot), int(b.seq or 0), int(b.at) * 1000) for b in told]  # type: ignore[arg-type]  # numbers, as sent
    for boot, seq, at_us in numbered:
        known = identity.begun(boot, seq, said_us=at_us, received_us=at_us)
        found = {
            known.find(other, n, said_us=later_us, at_us=later_us)
            for other, n, later_us in numbered
        }
        assert found == {Finding.GOOD}
