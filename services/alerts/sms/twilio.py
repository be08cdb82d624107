"""Gateways that speak as Twilio does: a form in, a message with its `sid` out, reports by a call.

What an error means: https://www.twilio.com/docs/api/errors
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from services.alerts.sms.gateway import Fault, GatewayError, ShortMessage, Taken, Traits
from services.alerts.sms.http import Wire, must_have_worked

_FAULTS: Final[Mapping[int, Fault]] = {
    21211: Fault.NUMBER,  # not valid
    21214: Fault.NUMBER,  # cannot be reached
    21217: Fault.NUMBER,
    21408: Fault.NUMBER,  # that country is not allowed
    21610: Fault.NUMBER,  # its owner said STOP
    21612: Fault.NUMBER,
    21614: Fault.NUMBER,  # no mobile telephone
    21617: Fault.TEXT,  # too long
    30007: Fault.TEXT,
}


@dataclass(frozen=True, slots=True)
class Account:
    """`sender` is a number of ours, a name, or the number of a messaging service (MG…)."""

    sid: str
    sender: str
    callback_url: str


class Twilio:
    traits = Traits(is_keyed=False, promises_receipts=True, takes_replies=True)

    def __init__(self, name: str, account: Account, wire: Wire) -> None:
        self.name = name
        self._account = account
        self._wire = wire

    async def send(self, message: ShortMessage) -> Taken:
        path = f"2010-04-01/Accounts/{self._account.sid}/Messages.json"
        answer = await self._wire.post_form(path, self._request(message))
        said = answer.json()
        if answer.status == HTTPStatus.BAD_REQUEST:
            code = said.get("code")
            fault = _FAULTS.get(code, Fault.GATEWAY) if isinstance(code, int) else Fault.GATEWAY
            raise GatewayError(fault, f"code {str(code)[:8]}")
        must_have_worked(answer)
        ref = said.get("sid")
        if not isinstance(ref, str):
            raise GatewayError(Fault.UNKNOWN, "no sid")
        return Taken(ref[:60])

    async def close(self) -> None:
        await self._wire.close()

    def _request(self, message: ShortMessage) -> dict[str, str]:
        account = self._account
        is_service = account.sender.startswith("MG")
        request = {
            "To": message.number,
            "MessagingServiceSid" if is_service else "From": account.sender,
            "Body": message.text,
        }
        if account.callback_url:
            request["StatusCallback"] = account.callback_url
        return request
