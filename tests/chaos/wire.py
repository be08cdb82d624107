"""Recognises, in PostgreSQL's wire protocol, the COMMIT of a transaction that added coverage.

Messages of the frontend (protocol 3.0): the first ones are only a length and a body; after the
start-up message each has a letter before its length.
"""

from typing import Final

_SSL_REQUEST: Final = 80877103
_COVERAGE: Final = b"INTO device_day"


class CoverageCommits:
    """Follows one connection on its way up."""

    def __init__(self) -> None:
        self._data = b""
        self._has_started = False
        self._coverage_statements: set[bytes] = set()
        self._has_coverage = False

    def __call__(self, data: bytes) -> bool:
        """Whether such a COMMIT is complete with these bytes."""
        self._data += data
        taken = [self._take(kind, body) for kind, body in self._messages()]
        return any(taken)

    def _messages(self) -> list[tuple[bytes, bytes]]:
        """What is complete by now."""
        found: list[tuple[bytes, bytes]] = []
        while True:
            letter = 1 if self._has_started else 0
            if len(self._data) < letter + 4:
                return found
            end = letter + int.from_bytes(self._data[letter : letter + 4], "big")
            if len(self._data) < end:
                return found
            kind, body = self._data[:letter], self._data[letter + 4 : end]
            self._data = self._data[end:]
            if self._has_started:
                found.append((kind, body))
            else:
                self._has_started = int.from_bytes(body[:4], "big") != _SSL_REQUEST

    def _take(self, kind: bytes, body: bytes) -> bool:
        match kind:
            case b"P":  # Parse: name, text
                name, _, text = body.partition(b"\0")
                if _COVERAGE in text:
                    self._coverage_statements.add(name)
            case b"B":  # Bind: portal, name of the statement
                self._has_coverage |= body.split(b"\0", 2)[1] in self._coverage_statements
            case b"Q" if body.startswith((b"COMMIT", b"ROLLBACK")):  # Simple query
                is_ours = self._has_coverage and body.startswith(b"COMMIT")
                self._has_coverage = False
                return is_ours
        return False
