"""Which channels are in use, and who carries messages through each: one set for each deliverer."""

from collections.abc import Mapping

from services.alerts.deliver.channel import Carrier
from services.alerts.deliver.email import Mailer, Server
from services.alerts.deliver.mail import Mail
from services.alerts.deliver.return_path import ReturnPath
from services.alerts.outbox.links import Links
from services.alerts.settings import Settings
from shared.domain import ack_link
from shared.domain.delivery import Channel


def limits(config: Settings) -> Mapping[Channel, int]:
    """Messages an hour to one address, by channel in use."""
    texts = {Channel.SMS: config.sms_per_hour} if config.sms_gateways else {}
    return {Channel.EMAIL: config.mails_per_hour, **texts}


def carriers(config: Settings) -> dict[Channel, Carrier]:
    """Each keeps connections of its own."""
    return {Channel.EMAIL: Mail(Mailer(mail_server(config)), config.mail_from, return_path(config))}


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
