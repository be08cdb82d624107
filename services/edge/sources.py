"""Where a camera's pictures come from: a live stream, a film, or a rendered room."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class _Source(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Stream(_Source):
    """A network camera; the address may hold its password."""

    kind: Literal["stream"] = "stream"
    url: SecretStr


class Film(_Source):
    """A file, shown again and again."""

    kind: Literal["film"] = "film"
    path: str


class Room(_Source):
    """A rendered room, for trying things out."""

    kind: Literal["room"] = "room"
    seed: int = 1
    caption: str | None = None


Source = Annotated[Stream | Film | Room, Field(discriminator="kind")]
