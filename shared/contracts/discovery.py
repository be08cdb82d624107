"""What a gateway found on the network of its site, told to us: hints for whoever registers.

One JSON array on `giamsat/v1/{facility}/{gateway}/discovered`, all that answered when it last
looked. Whatever it says was said by strangers, so every field is bounded, and addresses that are
not private are none.
"""

from typing import Annotated, Final

import msgspec

#: What a device calls itself, whatever its address: RFC 4122, as WS-Discovery has it.
ENDPOINT_PATTERN: Final = r"^urn:uuid:[0-9A-Fa-f-]{32,36}$"
#: `http://192.168.1.20/onvif/device_service`: a numeric address only, so that nothing is looked up.
ADDRESS_PATTERN: Final = r"^https?://[0-9.]{7,15}(:[0-9]{1,5})?(/[A-Za-z0-9/._-]{0,150})?$"
MOST_FOUND: Final = 64
MAX_DISCOVERED: Final = 32 * 1024

Word = Annotated[str, msgspec.Meta(max_length=80)]


class Found(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A camera that answered."""

    endpoint: Annotated[str, msgspec.Meta(pattern=ENDPOINT_PATTERN)]
    address: Annotated[str, msgspec.Meta(pattern=ADDRESS_PATTERN)]
    name: Word = ""
    hardware: Word = ""


Report = Annotated[list[Found], msgspec.Meta(max_length=MOST_FOUND)]

encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(Report).decode
