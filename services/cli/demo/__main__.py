"""Runs all simulated facilities, and makes trouble on request."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict

from services.cli.demo import control, passwords
from services.cli.demo.province import FACILITIES, Facility
from services.cli.demo.site import Site
from services.cli.demo.troubles import Troubles
from services.cli.layout import Layout
from services.cli.secret_files import SecretFiles
from services.edge.journal import Journal
from services.edge.link import Account
from shared.contracts import topics
from shared.runtime import clock, liveness, logging, settings


class Settings(BaseSettings):
    """Read from the environment as DEMO_…"""

    model_config = SettingsConfigDict(env_prefix="DEMO_", frozen=True)

    data: Path
    mqtt_host: str
    mqtt_port: int
    #: The end of the history, if it was made just now: the watch goes on from there.
    watching_since: datetime | None = None


async def main() -> None:
    logging.configure("demo")
    config = settings.load(Settings)
    layout = Layout(config.data)
    words = passwords.kept(SecretFiles(layout.secrets)).devices
    sites = {
        place.code: Site(
            place, _accounts(place, config, words), Journal(layout.demo / f"{place.code}.json")
        )
        for place in FACILITIES
    }
    stop = liveness.stop_on_signals()
    server = await control.listen(layout.demo_socket, Troubles(sites).obey)
    async with server, asyncio.TaskGroup() as group:
        running = [group.create_task(_run(site, config.watching_since)) for site in sites.values()]
        await stop.wait()
        for task in running:
            task.cancel()
    layout.demo_socket.unlink(missing_ok=True)


async def _run(site: Site, since: datetime | None) -> None:
    if since is not None:
        site.resume(since, now=clock.now())
    await site.run()


def _accounts(
    place: Facility, config: Settings, words: Mapping[str, str]
) -> Callable[[str], Account]:
    def account_of(device: str) -> Account:
        username = topics.username(place.code, device)
        return Account(config.mqtt_host, config.mqtt_port, username, words[username])

    return account_of


if __name__ == "__main__":
    asyncio.run(main())
