from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.access_log.seals import growing, queries
from services.api.access_log.seals.growing import BrokenLogError
from services.api.access_log.seals.proofs import roots
from services.api.access_log.seals.sealing import AT_LEAST_EVERY, Sealer
from services.api.access_log.seals.witness import Witness
from services.api.resources import Resources
from shared.db.session import SYSTEM, reading, unit_of_work
from shared.db.tables.access_log import access_log
from shared.domain import merkle
from shared.domain.ledger import GENESIS, SignedHead, heads_in
from shared.domain.merkle import Tree
from shared.runtime.ed25519 import SigningKey, verify
from tests.services.api.access_log.lines import write
from tests.services.api.conftest import Clock

KEY = SigningKey.new()
TABLES = ("access_log", "access_seal", "access_log_node")


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness(tmp_path / "kept" / "heads.jsonl")


@pytest.fixture
def sealer(resources: Resources, clock: Clock, witness: Witness) -> Sealer:
    return Sealer(resources, KEY, witness=witness, now=clock)


async def heads_of(engine: AsyncEngine) -> list[SignedHead]:
    async with reading(engine, SYSTEM) as connection:
        return list(await queries.heads(connection, after=0, limit=1000))


async def tree_of(engine: AsyncEngine, size: int) -> Tree:
    """Over the hashes that stand there, leaf by leaf."""
    async with reading(engine, SYSTEM) as connection:
        rows = await connection.execute(select(access_log.c.hash).order_by(access_log.c.n))
        tree = Tree()
        for hash_ in list(rows.scalars())[:size]:
            tree.append(merkle.leaf(hash_))
    return tree


async def tamper(engine: AsyncEngine, *statements: str) -> None:
    async with unit_of_work(engine) as connection:
        for table in TABLES:
            await connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        for statement in statements:
            await connection.execute(text(statement))
        for table in TABLES:
            await connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))


def kept(witness: Witness) -> list[SignedHead]:
    return heads_in(witness.file.read_text())


async def test_a_head_is_signed_over_the_root_of_all_lines(
    engine: AsyncEngine, sealer: Sealer, clock: Clock
) -> None:
    await write(engine, 3)
    await sealer.seal()
    (one,) = await heads_of(engine)
    assert (one.head.number, one.head.size, one.head.at) == (1, 3, clock.at)
    assert one.head.root == (await tree_of(engine, 3)).root
    assert one.head.previous == GENESIS
    assert verify(KEY.public_key, one.signature, one.head.content)


@pytest.mark.parametrize("step", [1, 100, 256, 700])
async def test_heads_follow_each_other_however_the_log_grows(
    engine: AsyncEngine, sealer: Sealer, witness: Witness, step: int
) -> None:
    for _ in range(4):
        await write(engine, step)
        await sealer.seal()
    heads = await heads_of(engine)
    assert [one.head.size for one in heads] == [step, step * 2, step * 3, step * 4]
    for one in heads:
        assert one.head.root == (await tree_of(engine, one.head.size)).root
    assert [one.head.previous for one in heads[1:]] == [one.head.hash for one in heads[:-1]]
    assert kept(witness) == heads


async def test_more_than_fits_under_one_seal_is_sealed_at_once(
    engine: AsyncEngine, sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growing, "MOST_LINES", 300)
    await write(engine, 1500)
    await sealer.seal()
    assert (await heads_of(engine))[-1].head.size == 1500


async def test_where_nothing_is_new_there_is_a_head_an_hour(
    engine: AsyncEngine, sealer: Sealer, clock: Clock
) -> None:
    await write(engine, 1)
    await sealer.seal()
    clock.advance(minutes=59)
    await sealer.seal()
    assert len(await heads_of(engine)) == 1
    clock.at += AT_LEAST_EVERY
    await sealer.seal()
    assert [one.head.size for one in await heads_of(engine)] == [1, 1]


async def test_proofs_are_made_of_kept_nodes(engine: AsyncEngine, sealer: Sealer) -> None:
    await write(engine, 1300)
    await sealer.seal()
    await write(engine, 20)
    await sealer.seal()
    first, second = (one.head for one in await heads_of(engine))
    async with reading(engine, SYSTEM) as connection:
        growth = await roots(connection, merkle.consistency(first.size, second.size))
        path = await roots(connection, merkle.inclusion(777, second.size))
        (there, *_) = await queries.lines(connection, begin=778, limit=1)
    assert merkle.is_consistent(
        first.size, second.size, growth, old_root=first.root, new_root=second.root
    )
    assert merkle.is_included(there[1], 777, second.size, path, second.root)


async def test_the_heads_of_others_are_kept_too_and_once(
    engine: AsyncEngine, sealer: Sealer, resources: Resources, clock: Clock, witness: Witness
) -> None:
    other = Sealer(resources, KEY, witness=None, now=clock)
    for _ in range(3):
        await write(engine, 1)
        await other.seal()
    await sealer.seal()
    await sealer.seal()
    assert kept(witness) == await heads_of(engine)


async def test_a_line_that_a_crash_cut_off_is_written_anew(
    engine: AsyncEngine, sealer: Sealer, witness: Witness
) -> None:
    for _ in range(2):
        await write(engine, 1)
        await sealer.seal()
    whole = witness.file.read_text()
    witness.file.write_text(whole[:-20])
    await sealer.seal()
    assert witness.file.read_text() == whole


async def test_the_file_is_for_its_owner_only(
    engine: AsyncEngine, sealer: Sealer, witness: Witness
) -> None:
    await sealer.seal()
    assert witness.file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("statements", "reason"),
    [
        (("UPDATE access_log SET actor = 'user:1' WHERE n = 299",), "Line 299 does not follow"),
        (("DELETE FROM access_log WHERE n = 256",), "Line 256 is missing"),
        (("DELETE FROM access_log WHERE n = 280",), "Line 280 is missing"),
        (("DELETE FROM access_log WHERE n > 290",), "Line 291 is missing"),
        (
            (
                "DELETE FROM access_log WHERE n > 290",
                "UPDATE access_log_tail SET n = 290,"
                " hash = (SELECT hash FROM access_log WHERE n = 290)",
            ),
            "ends after line 295",
        ),
        (("UPDATE access_log SET hash = sha256(hash) WHERE n = 300",), "Line 300 does not"),
        (("DELETE FROM access_log_node",), "Nodes are missing"),
        (("UPDATE access_log_node SET hash = sha256(hash)",), "not those that were sealed"),
        (("DELETE FROM access_seal",), "older copy"),
        (("UPDATE access_seal SET size = 299",), "differs from the one kept"),
    ],
)
async def test_what_is_broken_is_not_sealed_further(
    engine: AsyncEngine, sealer: Sealer, statements: tuple[str, ...], reason: str
) -> None:
    await write(engine, 300)
    await sealer.seal()
    await tamper(engine, *statements)
    before = len(await heads_of(engine))
    await write(engine, 5)
    with pytest.raises(BrokenLogError, match=reason):
        await sealer.seal()
    assert len(await heads_of(engine)) == before


async def test_a_file_of_something_else_is_no_witness(sealer: Sealer, witness: Witness) -> None:
    witness.file.parent.mkdir()
    witness.file.write_text("shopping list\n")
    with pytest.raises(BrokenLogError, match="cannot be read"):
        await sealer.seal()


async def test_lines_that_come_meanwhile_wait_for_the_next_minute(
    engine: AsyncEngine, sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a busy log would be sealed all the time."""
    seal = Sealer._seal_some

    async def seal_and_write(self: Sealer) -> bool:
        has_more = await seal(self)
        await write(engine, 1)
        return has_more

    monkeypatch.setattr(Sealer, "_seal_some", seal_and_write)
    await write(engine, 5)
    await sealer.seal()
    assert [one.head.size for one in await heads_of(engine)] == [5]
