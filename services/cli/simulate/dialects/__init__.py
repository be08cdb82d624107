"""How what is attested looks on the wire, one file for each dialect."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from services.cli.simulate.dialects import gateway, heartbeat
from services.cli.simulate.dialects.base import Encode
from services.cli.simulate.options import DialectName

ENCODERS: Final[Mapping[DialectName, Encode]] = MappingProxyType(
    {
        DialectName.GATEWAY: gateway.encode,
        DialectName.HEARTBEAT: heartbeat.encode,
    }
)
