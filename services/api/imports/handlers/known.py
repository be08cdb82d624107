"""Every kind of sheet there is."""

from collections.abc import Mapping
from typing import Final

from services.api.imports.handlers.devices import Devices
from services.api.imports.handlers.facilities import Facilities
from services.api.imports.handlers.zones import Zones
from services.api.imports.handling import Handler
from shared.domain.bulk import Kind

HANDLERS: Final[Mapping[Kind, Handler]] = {
    Kind.FACILITIES: Facilities(),
    Kind.ZONES: Zones(),
    Kind.DEVICES: Devices(),
}
