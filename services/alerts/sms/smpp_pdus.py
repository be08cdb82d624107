"""SMPP 3.4 on the wire: smpplib enters here, and its PDUs become plain values of ours."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from smpplib import consts, smpp
from smpplib.exceptions import PDUError, UnknownCommandError

from services.alerts.sms.gateway import Fault, GatewayError, ShortMessage
from shared.domain import gsm_alphabet, short_text
from shared.domain.short_text import Alphabet

HEADER_BYTES: Final = 16
#: No PDU that concerns us comes near it.
MOST_BYTES: Final = 64 * 1024
OK: Final = int(consts.SMPP_ESME_ROK)
#: A temporary fault of ours: the centre tries again.
TRY_LATER: Final = 0x00000064
_CODING: Final = {Alphabet.GSM7: 0, Alphabet.UCS2: 8}
_LATIN_1: Final = 3
_UCS2: Final = 8
_HAS_HEADER: Final = 0x40
_KIND: Final = 0x3C
_IS_RECEIPT: Final = 0x04
#: What the centre says of a message that it does not take (SMPP 3.4, 5.1.3).
_FAULTS: Final = {0x0B: Fault.NUMBER, 0x01: Fault.TEXT, 0x48: Fault.NUMBER, 0x49: Fault.NUMBER}
#: (state, by its name or its number): what became of a message.
ARRIVED: Final = frozenset({"DELIVRD", 2})
DID_NOT_ARRIVE: Final = frozenset({"EXPIRED", "DELETED", "UNDELIV", "REJECTD", 3, 4, 5, 8})


class Numbers:
    """Sequence numbers, as the library asks for them."""

    def __init__(self) -> None:
        self.sequence = 0

    def next_sequence(self) -> int:
        self.sequence = self.sequence % 0x7FFFFFFF + 1
        return self.sequence


@dataclass(frozen=True, slots=True)
class Pdu:
    """What came in: `command` as the standard calls it, without the rest that nobody needs."""

    command: str
    status: int
    sequence: int
    message_id: str = ""
    sender: str = ""
    content: bytes = b""
    coding: int = 0
    is_receipt: bool = False
    is_part: bool = False
    receipted_id: str = ""
    state: int | None = None

    @property
    def is_answer(self) -> bool:
        return self.command.endswith("_resp") or self.command == "generic_nack"

    @property
    def text(self) -> str:
        if self.coding == _UCS2:
            return self.content.decode("utf-16-be", errors="replace")
        if self.coding == _LATIN_1:
            return self.content.decode("latin-1")
        return gsm_alphabet.text_of(self.content)


def read(raw: bytes) -> Pdu:
    """Raises GatewayError for what is no PDU."""
    try:
        found = smpp.parse_pdu(raw, client=Numbers(), allow_unknown_opt_params=True)
    except UnknownCommandError:
        _, _, status, sequence = struct.unpack(">4I", raw[:HEADER_BYTES])
        return Pdu("unknown", status, sequence)
    except (PDUError, struct.error, IndexError, ValueError, TypeError) as exc:
        raise GatewayError(Fault.GATEWAY, f"no PDU: {type(exc).__name__}") from exc
    esm_class = getattr(found, "esm_class", None) or 0
    content = getattr(found, "short_message", None) or b""
    content = content or getattr(found, "message_payload", None) or b""
    is_part = bool(esm_class & _HAS_HEADER)
    return Pdu(
        command=found.command,
        status=found.status,
        sequence=found.sequence,
        message_id=_text(getattr(found, "message_id", None)),
        sender=_text(getattr(found, "source_addr", None)),
        content=content[content[0] + 1 :] if is_part and content else content,
        coding=getattr(found, "data_coding", None) or 0,
        is_receipt=esm_class & _KIND == _IS_RECEIPT,
        is_part=is_part,
        receipted_id=_text(getattr(found, "receipted_message_id", None)),
        state=getattr(found, "message_state", None),
    )


def bind(numbers: Numbers, *, system_id: str, password: str) -> tuple[int, bytes]:
    return _written(
        "bind_transceiver", numbers, system_id=system_id, password=password, system_type="",
        interface_version=0x34, addr_ton=0, addr_npi=0, address_range="",
    )  # fmt: skip


def enquire(numbers: Numbers) -> tuple[int, bytes]:
    return _written("enquire_link", numbers)


def unbind(numbers: Numbers) -> tuple[int, bytes]:
    return _written("unbind", numbers)


def answer(command: str, sequence: int, *, status: int = OK) -> bytes:
    """To what the centre asks of us."""
    pdu = smpp.make_pdu(command, client=Numbers(), status=status)
    pdu.sequence, pdu.status = sequence, status
    raw: bytes = pdu.generate()
    return raw


def submissions(
    message: ShortMessage, numbers: Numbers, *, sender: str
) -> Sequence[tuple[int, bytes]]:
    """One for each segment. The report is asked for once, of the last."""
    parts = short_text.parts(message.text)
    alphabet = short_text.alphabet_of(message.text)
    joint = int(message.key[:2], 16)  # the same for the same message
    found = []
    for number, part in enumerate(parts, start=1):
        header = bytes([5, 0, 3, joint, len(parts), number]) if len(parts) > 1 else b""
        content = header + _coded(part, alphabet)
        found.append(
            _written(
                "submit_sm", numbers, service_type="",
                source_addr_ton=_kind_of(sender), source_addr_npi=1 if sender.isdecimal() else 0,
                source_addr=sender, dest_addr_ton=1, dest_addr_npi=1,
                destination_addr=message.number.removeprefix("+"),
                esm_class=_HAS_HEADER if header else 0, protocol_id=0, priority_flag=0,
                schedule_delivery_time="", validity_period="",
                registered_delivery=int(number == len(parts)), replace_if_present_flag=0,
                data_coding=_CODING[alphabet], sm_default_msg_id=0,
                sm_length=len(content), short_message=content,
            )
        )  # fmt: skip
    return found


def fault_of(status: int) -> Fault:
    """Whatever else it may be: it says that it did not take the message."""
    return _FAULTS.get(status, Fault.GATEWAY)


def _kind_of(sender: str) -> int:
    """An international number, a short one of the network's own, or a name."""
    if not sender.isdecimal():
        return 5
    return 1 if len(sender) > 8 else 3


def _coded(part: str, alphabet: Alphabet) -> bytes:
    return gsm_alphabet.octets(part) if alphabet is Alphabet.GSM7 else part.encode("utf-16-be")


def _written(command: str, numbers: Numbers, **fields: object) -> tuple[int, bytes]:
    pdu = smpp.make_pdu(command, client=numbers, **fields)
    raw: bytes = pdu.generate()
    return pdu.sequence, raw


def _text(value: object) -> str:
    return value.decode("latin-1").rstrip("\0") if isinstance(value, bytes) else str(value or "")
