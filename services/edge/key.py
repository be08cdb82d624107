"""Makes a device's signing key in a file, and prints the public half, which is to be registered.

python -m services.edge.key FILE
"""

import base64
import os
import sys
from pathlib import Path

from shared.runtime.ed25519 import SigningKey, SigningKeyError


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: python -m services.edge.key FILE", file=sys.stderr)  # noqa: T201
        return 2
    try:
        key = kept(Path(arguments[0]))
    except (OSError, SigningKeyError) as fault:
        print(fault, file=sys.stderr)  # noqa: T201
        return 1
    print(base64.b64encode(key.public_key).decode())  # noqa: T201
    return 0


def kept(file: Path) -> SigningKey:
    """The key in the file; a new one if there is no such file. One that is there is never lost."""
    if file.exists():
        return SigningKey.load(file.read_bytes())
    key = SigningKey.new()
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as opened:
        opened.write(key.pem)
        opened.flush()
        os.fsync(opened.fileno())
    return key


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
