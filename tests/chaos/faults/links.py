"""What happens on the way to the broker: from the facilities, and from ingest."""

import asyncio

from tests.chaos import ledger as ledgers
from tests.chaos.stage import Stage
from tests.support.tcp_proxy import Conditions, TcpProxy, Way


async def senders_cut(stage: Stage) -> None:
    """F26: the facilities' link, cut and restored."""
    line = stage.from_senders
    line.conditions = Conditions(is_refusing=True)
    line.cut()
    await asyncio.sleep(stage.rng.uniform(0.2, 1.5))
    line.restore()


async def senders_cut_mid_message(stage: Stage) -> None:
    """The connection ends somewhere in a message, or in its acknowledgement."""
    stage.from_senders.cut_after(stage.rng.randint(1, 5_000), stage.rng.choice(list(Way)))
    await asyncio.sleep(0.3)


async def senders_half_open(stage: Stage) -> None:
    """F27: no FIN, no RST, no bytes."""
    await swallowed(stage, stage.from_senders, frozenset(Way))


async def acknowledgements_lost(stage: Stage) -> None:
    """F28: neither PUBACK nor end-to-end acknowledgement reaches a sender."""
    await swallowed(stage, stage.from_senders, frozenset({Way.DOWN}))


async def ingest_half_open(stage: Stage) -> None:
    """F27: between broker and workers, in both directions or in one."""
    ways = stage.rng.choice((frozenset(Way), frozenset({Way.UP}), frozenset({Way.DOWN})))
    await swallowed(stage, stage.to_broker, ways)


async def ingest_unheard(stage: Stage) -> None:
    """F27: the broker goes on speaking to the workers, and hears nothing they say."""
    await swallowed(stage, stage.to_broker, frozenset({Way.UP}))


async def swallowed(stage: Stage, line: TcpProxy, ways: frozenset[Way]) -> None:
    """Bytes vanish for a while; what swallowed some stays dead."""
    line.conditions = Conditions(swallows=ways)
    await asyncio.sleep(stage.rng.uniform(0.3, 1.0))
    line.restore()


async def senders_slow(stage: Stage) -> None:
    """F30: 16 kbit/s and latency."""
    stage.from_senders.conditions = Conditions(latency_s=0.2, bytes_per_s=2_000)
    await asyncio.sleep(1.5)
    stage.from_senders.restore()


async def senders_without_power(stage: Stage) -> None:
    """Every device starts anew; what it had not been told of it finds on its disk."""
    await stage.ledger.sync()
    untold = ledgers.read(stage.ledger.path).untold
    for sender in stage.senders:
        sender.lose_power(untold)


async def ingest_cut(stage: Stage) -> None:
    """F29: between broker and workers."""
    line = stage.to_broker
    line.conditions = Conditions(is_refusing=True)
    line.cut()
    await asyncio.sleep(stage.rng.uniform(0.1, 1.0))
    line.restore()


async def ingest_cut_mid_message(stage: Stage) -> None:
    stage.to_broker.cut_after(stage.rng.randint(1, 5_000), stage.rng.choice(list(Way)))
    await asyncio.sleep(0.3)
