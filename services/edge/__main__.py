"""Runs one facility gateway."""

import asyncio
from collections.abc import Coroutine

from services.edge import around, talk
from services.edge.account import account_of
from services.edge.around import Rounds
from services.edge.camera import Camera
from services.edge.gateway import Gateway
from services.edge.journal import Journal
from services.edge.link import Account
from services.edge.settings import Behind, Settings
from services.edge.watch import Look
from shared.domain.states import WatchState
from shared.runtime import clock, liveness, logging, settings
from shared.runtime.ed25519 import SigningKey, SigningKeyError

SEE_ITSELF_EVERY_S = 1.0


async def main() -> None:
    logging.configure("edge")
    config = settings.load(Settings)
    behind = Behind.model_validate_json(config.devices_file.read_text())
    journal = Journal(config.journal_file)
    keys = _keys(behind)
    account = await account_of(config, behind, keys.get(behind.gateway))
    gateway = Gateway(behind.facility, behind.gateway, journal, keys=keys)
    stop = liveness.stop_on_signals()
    tasks = [
        talk.keep_telling(gateway, account, interval_s=config.interval_s),
        talk.keep_saving(gateway),
        _keep_seeing_itself(gateway, behind.gateway),
        *([_looking_around(config, behind, account)] if config.discover_every_s else []),
        *(Camera(each.code, each.source, gateway.see).keep_looking() for each in behind.cameras),
    ]
    async with asyncio.TaskGroup() as group:
        running = [group.create_task(task) for task in tasks]
        app = liveness.health_app(lambda: "not acknowledged" if gateway.is_behind else None)
        await liveness.serve(app, host=config.health_host, port=config.health_port, stop=stop)
        for task in running:
            task.cancel()
    await gateway.save()


def _keys(behind: Behind) -> dict[str, SigningKey]:
    try:
        return behind.keys()
    except (OSError, SigningKeyError) as fault:
        raise SystemExit(f"A signing key cannot be used: {fault}") from fault


def _looking_around(
    config: Settings, behind: Behind, account: Account
) -> Coroutine[None, None, None]:
    rounds = Rounds(config.discover_every_s, config.discover_on)
    return around.keep_looking_around((behind.facility, behind.gateway), account, rounds)


async def _keep_seeing_itself(gateway: Gateway, code: str) -> None:
    while True:
        gateway.see(Look(code, WatchState.OK, clock.now_us() // 1000))
        await asyncio.sleep(SEE_ITSELF_EVERY_S)


if __name__ == "__main__":
    asyncio.run(main())
