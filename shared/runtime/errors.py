"""The root of every error that giamsat raises on purpose."""


class GiamsatError(Exception):
    """What failed; the attributes say with what. Callers branch on `retryable`, never on text."""

    def __init__(self, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.retryable = retryable
