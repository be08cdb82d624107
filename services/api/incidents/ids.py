"""The number of an incident in a path."""

from typing import Annotated

from fastapi import Path

IncidentId = Annotated[int, Path(alias="id", ge=1, lt=2**63)]
