"""What happens to the broker."""

import asyncio

from tests.chaos.stage import Stage


async def broker_restarted(stage: Stage) -> None:
    """F20: in order; what it holds is saved."""
    await asyncio.to_thread(stage.broker.stop)
    await asyncio.to_thread(stage.broker.start)


async def broker_killed(stage: Stage) -> None:
    """F21: what it holds is as old as its last save."""
    stage.is_broker_honest = False
    await asyncio.to_thread(stage.broker.kill)
    stage.casebook.kills += 1
    await asyncio.to_thread(stage.broker.start)


async def broker_killed_and_store_deleted(stage: Stage) -> None:
    """F22: it knows nobody and nothing."""
    stage.is_broker_honest = False
    await asyncio.to_thread(stage.broker.kill)
    stage.casebook.kills += 1
    (stage.broker.folder / "mosquitto.db").unlink(missing_ok=True)
    await asyncio.to_thread(stage.broker.start)


async def broker_killed_and_store_torn(stage: Stage) -> None:
    """F22: the file is there, but not whole."""
    stage.is_broker_honest = False
    await asyncio.to_thread(stage.broker.stop)
    store = stage.broker.folder / "mosquitto.db"
    if store.exists():
        content = store.read_bytes()
        store.write_bytes(content[: stage.rng.randint(0, len(content))])
    try:
        await asyncio.to_thread(stage.broker.start)
    except RuntimeError:
        # Mosquitto refuses a store it cannot read: an operator takes it away.
        store.unlink()
        await asyncio.to_thread(stage.broker.start)
