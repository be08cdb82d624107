import base64
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.access_log.seals import queries as seals
from services.api.access_log.seals.growing import growth
from services.cli.layout import Layout
from services.cli.verify.command import VerifyError, verify
from shared.domain.ledger import GENESIS, Head, SignedHead, line_of
from shared.runtime.ed25519 import SigningKey
from tests.conftest import Database
from tests.services.api.access_log.lines import write_in

SEED = base64.b64encode(b"k" * 32).decode()
KEY = SigningKey.load(SEED.encode())
OTHER = SigningKey.new()
BEFORE = base64.b64encode(b"b" * 32).decode()


@pytest.fixture
async def data(engine: AsyncEngine, database: Database, tmp_path: Path) -> Path:
    """The folder of a set-up that has sealed once."""
    async with engine.begin() as connection:
        await write_in(connection, 7)
        grown = await growth(connection, None)
        head = Head(
            number=1, size=7, at=datetime(2026, 7, 1, 8, tzinfo=UTC), root=grown.tree.root,
            previous=GENESIS, public_key=KEY.public_key,
        )  # fmt: skip
        signed = SignedHead(head, KEY.sign(head.content))
        await seals.add(connection, signed, grown.complete)
    layout = Layout(tmp_path)
    layout.secrets.mkdir()
    (layout.secrets / "migrate_database_url").write_text(database.url)
    (layout.secrets / "api_seal_key").write_text(f"{SEED}\n{BEFORE}\n")
    layout.witness.parent.mkdir()
    layout.witness.write_text(line_of(signed))
    return tmp_path


async def test_a_folder_is_all_it_needs(data: Path) -> None:
    is_good, told = await verify(data, database_url=None, heads=None, keys=[])
    assert is_good
    assert told == [
        "The access log is what was written: 7 lines, 1 heads, 1 of them kept in "
        f"{Layout(data).witness}."
    ]


async def test_it_says_what_is_wrong_and_that_it_is(data: Path, engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("ALTER TABLE access_log DISABLE TRIGGER USER"))
        await connection.execute(text("UPDATE access_log SET actor = 'user:1' WHERE n = 3"))
    is_good, told = await verify(data, database_url=None, heads=None, keys=[])
    assert not is_good
    assert told[0].startswith("Line 3: does not follow")
    assert told[-1].startswith("The access log is NOT what was written")


async def test_a_key_that_was_noted_down_is_believed_and_no_other(data: Path) -> None:
    good, _ = await verify(data, database_url=None, heads=None, keys=[KEY.public_key.hex()])
    bad, told = await verify(data, database_url=None, heads=None, keys=[OTHER.public_key.hex()])
    assert (good, bad) == (True, False)
    assert "signed with a key that is not ours" in told[0]


async def test_without_key_and_heads_it_says_what_it_cannot_say(
    data: Path, database: Database, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    is_good, told = await verify(elsewhere, database_url=database.url, heads=None, keys=[])
    assert is_good
    assert any("No heads from outside were compared" in one for one in told)
    assert any("No key was given to trust" in one for one in told)


@pytest.mark.parametrize("key", ["zz", "00"])
async def test_what_is_no_key_is_refused(data: Path, key: str) -> None:
    with pytest.raises(VerifyError, match="64 hex digits"):
        await verify(data, database_url=None, heads=None, keys=[key])


async def test_what_is_no_file_of_heads_is_refused(data: Path) -> None:
    (data / "kept").write_text("{}\n")
    with pytest.raises(VerifyError, match="line 1 of the heads"):
        await verify(data, database_url=None, heads=data / "kept", keys=[])
