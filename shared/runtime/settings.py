"""How a process reads its settings: environment for what is plain, files for what is secret."""

import os
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings

from shared.domain import ack_link, web_push

SECRETS_DIR = "GIAMSAT_SECRETS_DIR"

S = TypeVar("S", bound=BaseSettings)


def _are_link_keys(text: str) -> str:
    ack_link.keys_of(text)
    return text


#: Signs the links with which people take incidents up; `ack_link.keys_of` reads it. Two services
#: hold the same, so it has one name for both. Empty: no links.
LinkKey = Annotated[
    str, AfterValidator(_are_link_keys), Field(validation_alias="link_key", repr=False)
]


def _is_push_key(text: str) -> str:
    web_push.key_of(text)
    return text


#: Signs what is pushed to browsers; `web_push.key_of` reads it. Whoever lets browsers subscribe
#: needs its public half, so two services hold it. Empty: nothing is pushed.
PushKey = Annotated[
    str, AfterValidator(_is_push_key), Field(validation_alias="push_key", repr=False)
]


def load(kind: type[S]) -> S:
    """The settings of this process.

    A secret is a file named like its variable, in lower case, in `GIAMSAT_SECRETS_DIR`.
    Exits with one line per setting that is missing or wrong.
    """
    folder = os.environ.get(SECRETS_DIR)
    secrets_dir = folder if folder and Path(folder).is_dir() else None
    try:
        return kind(_secrets_dir=secrets_dir)
    except ValidationError as exc:
        lines = [
            f"{_variable(kind, '_'.join(str(part) for part in fault['loc']))}: {fault['msg']}"
            for fault in exc.errors()
        ]
        raise SystemExit("These settings are missing or wrong:\n  " + "\n  ".join(lines)) from exc


def _variable(kind: type[BaseSettings], name: str) -> str:
    """As whoever sets it knows it: what two services share bears neither's name."""
    is_shared = any(field.validation_alias == name for field in kind.model_fields.values())
    return (name if is_shared else f"{kind.model_config.get('env_prefix', '')}{name}").upper()
