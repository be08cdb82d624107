"""SpeedSMS.vn: it knows no key, takes 60 requests a minute, and tells what is left of the money.

What an answer means: https://speedsms.vn/sms-api-service/
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from http import HTTPStatus
from typing import Final

from services.alerts.sms.gateway import Fault, GatewayError, ShortMessage, Taken, Traits
from services.alerts.sms.http import Answer, Wire, must_have_worked, wait_of

SEND: Final = "sms/send"
ACCOUNT: Final = "user/info"
RESET: Final = "X-Rate-Limit-Reset"
TAKEN: Final = "00"
_FAULTS: Final[Mapping[str, Fault]] = {
    "007": Fault.GATEWAY,  # our address is locked
    "008": Fault.GATEWAY,  # the account is blocked
    "009": Fault.GATEWAY,  # the account may not do this
    "101": Fault.GATEWAY,  # parameters: the sender's name is not ours, most often
    "105": Fault.NUMBER,
    "110": Fault.TEXT,
    "113": Fault.TEXT,
    "300": Fault.GATEWAY,  # balance
}


@dataclass(frozen=True, slots=True)
class Account:
    sms_type: int
    sender: str


class SpeedSms:
    traits = Traits(is_keyed=False, promises_receipts=True, takes_replies=False)

    def __init__(self, name: str, account: Account, wire: Wire) -> None:
        self.name = name
        self._account = account
        self._wire = wire

    async def send(self, message: ShortMessage) -> Taken:
        answer = await self._wire.post_json(
            SEND,
            {
                "to": [message.number.removeprefix("+")],
                "content": message.text,
                "sms_type": self._account.sms_type,
                "sender": self._account.sender,
            },
        )
        told = _told(answer)
        ref = told.get("tranId") if isinstance(told, dict) else None
        if ref is None:
            raise GatewayError(Fault.UNKNOWN, "no tranId")
        return Taken(str(ref)[:60])

    async def balance(self) -> Decimal | None:
        """In the account's currency; nothing if it does not say. Raises GatewayError."""
        told = _told(await self._wire.get(ACCOUNT))
        try:
            return Decimal(str(told.get("balance", ""))) if isinstance(told, dict) else None
        except InvalidOperation:
            return None

    async def close(self) -> None:
        await self._wire.close()


def _told(answer: Answer) -> object:
    """Raises GatewayError."""
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise GatewayError(Fault.GATEWAY, "http 429", wait=wait_of(answer, RESET))
    must_have_worked(answer)
    said = answer.json()
    code = str(said.get("code", ""))
    if said.get("status") == "success" and code in {TAKEN, ""}:
        return said.get("data")
    # "500: internal error" too may have happened after it was taken.
    raise GatewayError(_FAULTS.get(code, Fault.UNKNOWN), f"code {code[:8]}")
