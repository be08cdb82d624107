"""eSMS.vn: a key for every message (`RequestId`), so that a repeat within a day goes out once.

What an answer means: https://developers.esms.vn/esms-api/bang-ma-loi
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.alerts.sms.gateway import Fault, GatewayError, ShortMessage, Taken, Traits
from services.alerts.sms.http import Wire, must_have_worked
from shared.domain import short_text, telephone
from shared.domain.short_text import Alphabet

SEND: Final = "MainService.svc/json/SendMultipleMessage_V4_post_json/"
TAKEN: Final = "100"
#: The same `RequestId` within a day: it has the message already.
HAD: Final = "124"
_FAULTS: Final[Mapping[str, Fault]] = {
    "99": Fault.NUMBER,  # blocked there, or, as older pages say, nobody knows what went wrong
    "101": Fault.GATEWAY,  # keys
    "102": Fault.GATEWAY,  # no price list
    "103": Fault.GATEWAY,  # balance
    "104": Fault.GATEWAY,  # the brand name does not exist
    "108": Fault.NUMBER,
    "118": Fault.GATEWAY,  # the type of messages
    "140": Fault.GATEWAY,  # our address is not on their list
    "146": Fault.TEXT,  # not as the template that was registered
    "177": Fault.NUMBER,  # the brand name is not registered with that network
}


@dataclass(frozen=True, slots=True)
class Account:
    api_key: str
    secret_key: str
    brandname: str
    sms_type: str
    callback_url: str


class Esms:
    """Reports come under our own key, whatever happened to the answer."""

    traits = Traits(is_keyed=True, promises_receipts=True, takes_replies=False)

    def __init__(self, name: str, account: Account, wire: Wire) -> None:
        self.name = name
        self._account = account
        self._wire = wire

    async def send(self, message: ShortMessage) -> Taken:
        answer = await self._wire.post_json(SEND, self._request(message))
        must_have_worked(answer)
        said = answer.json()
        code = str(said.get("CodeResult", ""))
        if code == TAKEN:
            return Taken(message.key, f"SMSID {str(said.get('SMSID', ''))[:60]}")
        if code == HAD:
            return Taken(message.key, "124", is_repeat=True)
        # What no page explains may be anything.
        raise GatewayError(_FAULTS.get(code, Fault.UNKNOWN), f"CodeResult {code[:8]}")

    async def close(self) -> None:
        await self._wire.close()

    def _request(self, message: ShortMessage) -> dict[str, object]:
        account = self._account
        is_plain = short_text.alphabet_of(message.text) is Alphabet.GSM7
        request = {
            "ApiKey": account.api_key,
            "SecretKey": account.secret_key,
            "Phone": telephone.national(message.number),
            "Content": message.text,
            "SmsType": account.sms_type,
            "IsUnicode": "0" if is_plain else "1",
            "Sandbox": "0",
            "RequestId": message.key,
        }
        if account.brandname:
            request["Brandname"] = account.brandname
        if account.callback_url:
            request["CallbackUrl"] = account.callback_url
        return dict(request)
