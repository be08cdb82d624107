"""From what is set to gateways that work."""

from typing import assert_never

from services.alerts.sms import esms, speedsms, twilio
from services.alerts.sms.config import (
    EsmsConfig,
    GatewayConfig,
    ModemConfig,
    SmppConfig,
    SpeedSmsConfig,
    TwilioConfig,
)  # fmt: skip
from services.alerts.sms.gateway import SmsGateway
from services.alerts.sms.http import Wire
from services.alerts.sms.modem import Device, Modem
from services.alerts.sms.smpp import Centre, Smpp


def gateway_of(config: GatewayConfig) -> SmsGateway:
    match config:
        case EsmsConfig():
            return _esms(config)
        case SpeedSmsConfig():
            wire = Wire(
                config.base_url,
                timeout_s=config.timeout_s,
                auth=(config.token.get_secret_value(), "x"),
            )
            account = speedsms.Account(config.sms_type, config.sender)
            return speedsms.SpeedSms(config.name, account, wire)
        case TwilioConfig():
            return _twilio(config)
        case SmppConfig():
            return _smpp(config)
        case ModemConfig():
            device = Device(config.program, config.config_file, config.inbox_file, config.timeout_s)
            return Modem(config.name, device)
        case _:
            assert_never(config)


def _esms(config: EsmsConfig) -> SmsGateway:
    account = esms.Account(
        config.api_key.get_secret_value(),
        config.secret_key.get_secret_value(),
        config.brandname,
        config.sms_type,
        config.callback_url.get_secret_value(),
    )
    wire = Wire(config.base_url, timeout_s=config.timeout_s, auth=None)
    return esms.Esms(config.name, account, wire)


def _twilio(config: TwilioConfig) -> SmsGateway:
    wire = Wire(
        config.base_url,
        timeout_s=config.timeout_s,
        auth=(config.account_sid, config.token.get_secret_value()),
    )
    account = twilio.Account(config.account_sid, config.sender, config.callback_url)
    return twilio.Twilio(config.name, account, wire)


def _smpp(config: SmppConfig) -> SmsGateway:
    centre = Centre(
        config.host,
        config.port,
        config.system_id,
        config.password.get_secret_value(),
        config.sender,
        is_tls=config.is_tls,
        timeout_s=config.timeout_s,
        enquire_every_s=config.enquire_every_s,
    )
    return Smpp(config.name, centre)
