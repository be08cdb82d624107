"""How a process reads its settings: environment for what is plain, files for what is secret."""

import os
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings

SECRETS_DIR = "GIAMSAT_SECRETS_DIR"

S = TypeVar("S", bound=BaseSettings)


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
        prefix = str(kind.model_config.get("env_prefix", ""))
        lines = [
            f"{prefix}{'_'.join(str(part) for part in fault['loc'])}".upper() + f": {fault['msg']}"
            for fault in exc.errors()
        ]
        raise SystemExit("These settings are missing or wrong:\n  " + "\n  ".join(lines)) from exc
