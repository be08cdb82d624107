"""Which channels are in use, and who carries messages through each: one set for each deliverer."""

import ssl
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from services.alerts.deliver.channel import Carrier
from services.alerts.deliver.email import Mailer, Server
from services.alerts.deliver.mail import Mail
from services.alerts.deliver.return_path import ReturnPath
from services.alerts.outbox.links import Links
from services.alerts.push.channel import PushChannel, Sender
from services.alerts.settings import Settings
from shared.domain import ack_link, web_push
from shared.domain.delivery import Channel
from shared.runtime.egress import Egress

#: A push service answers at once; one that does not must not hold up what others are sent.
PUSH_PATIENCE_S: Final = 5.0


def limits(config: Settings) -> Mapping[Channel, int]:
    """Messages an hour to one address, by channel in use."""
    texts = {Channel.SMS: config.sms_per_hour} if config.sms_gateways else {}
    pushes = {Channel.PUSH: config.pushes_per_hour} if config.push_key else {}
    return {Channel.EMAIL: config.mails_per_hour, **texts, **pushes}


def carriers(config: Settings) -> dict[Channel, Carrier]:
    """Each keeps connections of its own."""
    return {Channel.EMAIL: Mail(Mailer(mail_server(config)), config.mail_from, return_path(config))}


def way_to_push_services() -> Egress:
    """What is trusted is read once, not for each message."""
    return Egress(patience_s=PUSH_PATIENCE_S, tls=ssl.create_default_context())


def pushes(
    config: Settings, engine: AsyncEngine, egress: Egress, *, now: Callable[[], datetime]
) -> PushChannel:
    """Without a key it takes nothing."""
    key = web_push.key_of(config.push_key)
    contact = f"mailto:{config.mail_from}"
    sender = Sender.of(key, contact=contact, egress=egress) if key else None
    return PushChannel(engine, sender, now=now)


def return_path(config: Settings) -> ReturnPath:
    keys = ack_link.keys_of(config.link_key)
    return ReturnPath(config.bounce_address, keys[0] if keys else b"")


def links(config: Settings) -> Links:
    keys = ack_link.keys_of(config.link_key)
    return Links(config.console_url, keys[0] if keys else None)


def mail_server(config: Settings) -> Server:
    return Server(
        config.smtp_host,
        config.smtp_port,
        config.smtp_tls,
        config.smtp_username,
        config.smtp_password,
        config.smtp_timeout_s,
    )
