"""Puts the vigil together from settings."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from services.alerts import carriers
from services.alerts.alarm.overdue import SecondWay
from services.alerts.alarm.post import Post
from services.alerts.settings import Settings
from services.alerts.watchdog.settings import WatchdogSettings
from services.alerts.watchdog.vigil import Vigil


def vigil(
    config: Settings, own: WatchdogSettings, engine: AsyncEngine, now: Callable[[], datetime]
) -> Vigil:
    """Without a second mail server, the first is all there is; an outage is told through it."""
    sender = own.alarm_mail_from or config.mail_from
    second, first = own.alarm_server, carriers.mail_server(config)
    second_way = None
    if second is not None:
        second_way = SecondWay(
            engine,
            Post([second], sender),
            carriers.links(config),
            now,
            timedelta(seconds=own.alarm_after_s),
        )
    servers = [first] if second is None else [second, first]
    return Vigil(own, engine, post=Post(servers, sender), second_way=second_way, now=now)
