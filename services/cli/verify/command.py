"""The command line of `giamsat verify`: where to look, and how the answer is told."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from services.cli.layout import Layout
from services.cli.owner import MigrateSettings
from services.cli.verify.check import Report, check, in_words
from shared.db.session import SYSTEM, create_engine, reading
from shared.domain.ledger import SignedHead, fingerprint, heads_in
from shared.runtime import clock, settings
from shared.runtime.ed25519 import SigningKey
from shared.runtime.errors import GiamsatError

_MOST_TOLD: Final = 50
_KEY_BYTES: Final = 32


class VerifyError(GiamsatError):
    """It could not be checked at all."""


async def verify(
    data: Path, *, database_url: str | None, heads: Path | None, keys: Sequence[str]
) -> tuple[bool, list[str]]:
    """Whether all is as it was written, and what to tell."""
    layout = Layout(data)
    kept = heads or layout.witness
    witnesses = _heads_of(kept) if heads or kept.exists() else []
    trusted = frozenset(map(_key, keys)) or _own_keys(layout)
    engine = create_engine(database_url or _database_url(layout), application="verify")
    try:
        async with reading(engine, SYSTEM) as connection:
            report = await check(
                connection,
                witnesses=witnesses,
                trusted=trusted or frozenset(one.head.public_key for one in witnesses),
                now=clock.now(),
            )
    finally:
        await engine.dispose()
    told = [*_findings(report), *_summary(report, kept), *_limits(report, trusted)]
    return not report.findings, told


def _findings(report: Report) -> Iterator[str]:
    yield from map(in_words, report.findings[:_MOST_TOLD])
    if len(report.findings) > _MOST_TOLD:
        yield f"… and {len(report.findings) - _MOST_TOLD} findings more."


def _summary(report: Report, kept: Path) -> Iterator[str]:
    answer = "is NOT what was written" if report.findings else "is what was written"
    yield (
        f"The access log {answer}: {report.lines:,} lines, {len(report.seals):,} heads, "
        f"{len(report.witnesses):,} of them kept in {kept}."
    )


def _limits(report: Report, trusted: frozenset[bytes]) -> Iterator[str]:
    """What this answer cannot say."""
    if report.unsealed > 0:
        yield (
            f"{report.unsealed:,} lines lie after the last head. Until they are sealed, within a "
            "minute, whoever rules the database could still rewrite them unseen."
        )
    if not report.witnesses:
        yield (
            "No heads from outside were compared, so a log cut short together with its seals, or "
            "an older copy, would not show: give --heads."
        )
    if not trusted and report.seals:
        names = sorted({fingerprint(one.head.public_key) for one in report.seals})
        yield f"No key was given to trust, so these were believed: {', '.join(names)}."


def _heads_of(file: Path) -> list[SignedHead]:
    try:
        return heads_in(file.read_text())
    except ValueError as exc:
        raise VerifyError(f"{file}: {exc}") from exc


def _key(text: str) -> bytes:
    """A public key, as heads name it."""
    try:
        key = bytes.fromhex(text)
    except ValueError as exc:
        raise VerifyError(f"A key is 64 hex digits, as in a head: {text}") from exc
    if len(key) != _KEY_BYTES:
        raise VerifyError(f"A key is 64 hex digits, as in a head: {text}")
    return key


def _own_keys(layout: Layout) -> frozenset[bytes]:
    """The one that seals here, and those that did before."""
    file = layout.secrets / "api_seal_key"
    if not file.exists():
        return frozenset()
    return frozenset(SigningKey.load(line.encode()).public_key for line in file.read_text().split())


def _database_url(layout: Layout) -> str:
    file = layout.secrets / "migrate_database_url"
    return file.read_text() if file.exists() else settings.load(MigrateSettings).database_url
