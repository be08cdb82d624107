"""What every request may use."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.broker_access import BrokerAccess
from services.api.oauth.rate import Rates
from services.api.sessions.passwords import Hasher
from services.api.settings import Settings
from shared.runtime.egress import Egress
from shared.runtime.sealed_box import SealedBox


@dataclass(frozen=True, slots=True)
class Resources:
    """Made once at start; `now` is the only way to the time."""

    engine: AsyncEngine
    broker: BrokerAccess
    settings: Settings
    now: Callable[[], datetime]
    hasher: Hasher = field(default_factory=Hasher)
    rates: Rates = field(default_factory=Rates)
    egress: Egress = field(default_factory=Egress)

    @property
    def box(self) -> SealedBox:
        """For what proves people and lies in the database."""
        return SealedBox.of(self.settings.people_key)


def of(request: Request) -> Resources:
    found: Resources = request.app.state.resources
    return found


#: A route's parameter of this type is given the resources.
Given = Annotated[Resources, Depends(of)]
