"""A mail server on loopback that keeps every mail as a file, for machines without one."""

import asyncio
import os
import time
import uuid
from logging import WARNING, getLogger
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.runtime import liveness, logging, settings

log = logging.get(__name__)
MAX_MAIL_BYTES = 10 * 1024 * 1024


class Settings(BaseSettings):
    """Read from the environment as MAIL_…"""

    model_config = SettingsConfigDict(env_prefix="MAIL_", frozen=True)

    folder: Path
    host: str = "127.0.0.1"
    port: int


class Keeper:
    """What aiosmtpd calls for each mail: it is accepted once it is safely on disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(  # noqa: N802 - the name aiosmtpd looks for
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content
        raw = content if isinstance(content, bytes) else (content or "").encode()
        await asyncio.to_thread(keep, self._folder, raw)
        log.info("mail_kept", recipients=len(envelope.rcpt_tos), size=len(raw))
        return "250 Kept"


def keep(folder: Path, raw: bytes) -> Path:
    """Write one mail, whole or not at all. Names sort in the order of arrival."""
    name = f"{time.monotonic_ns():020d}-{uuid.uuid4().hex[:12]}"
    draft = folder / f".{name}.part"
    with draft.open("xb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    target = folder / f"{name}.eml"
    draft.rename(target)
    return target


async def serve(config: Settings, stop: asyncio.Event) -> None:
    config.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    keeper = Keeper(config.folder)

    def session() -> SMTP:
        return SMTP(keeper, enable_SMTPUTF8=True, data_size_limit=MAX_MAIL_BYTES)

    loop = asyncio.get_running_loop()
    server = await loop.create_server(session, config.host, config.port)
    log.info("mail_sink_listens", port=config.port)
    async with server:
        await stop.wait()


async def main() -> None:
    logging.configure("mail")
    # Its own log would name who gets mail.
    getLogger("mail.log").setLevel(WARNING)
    await serve(settings.load(Settings), liveness.stop_on_signals())


if __name__ == "__main__":
    asyncio.run(main())
