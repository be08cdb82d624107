import random
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.access_log.seals import queries as seals
from services.api.access_log.seals.growing import growth
from services.cli.verify.check import Report, check, in_words
from shared.domain.ledger import GENESIS, Head, SignedHead
from shared.domain.ledger_audit import UNSEALED_FOR, Fault
from shared.runtime.ed25519 import SigningKey
from tests.services.api.access_log.lines import AT, write_in
from tests.services.cli.verify import tampering
from tests.services.cli.verify.tampering import WAYS, Copy, load, store

KEY = SigningKey.new()
TRUSTED = frozenset({KEY.public_key})
NOW = datetime(2026, 7, 1, 8, tzinfo=UTC)
TABLES = ("access_log", "access_seal", "access_log_node")
TRIALS = 1000


async def seal(connection: AsyncConnection) -> None:
    """As the api does it."""
    last = await seals.last(connection)
    grown = await growth(connection, last.head if last else None)
    head = Head(
        number=last.head.number + 1 if last else 1,
        size=grown.size,
        at=NOW,
        root=grown.tree.root,
        previous=last.head.hash if last else GENESIS,
        public_key=KEY.public_key,
    )
    await seals.add(connection, SignedHead(head, KEY.sign(head.content)), grown.complete)


async def a_log(connection: AsyncConnection) -> Copy:
    await write_a_log(connection)
    return await load(connection)


async def an_open_log(connection: AsyncConnection) -> Copy:
    """The same where nothing guards it: no trigger, and a number can stand there twice."""
    await write_a_log(connection)
    for table in TABLES:
        await connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
    await connection.execute(text("ALTER TABLE access_log DROP CONSTRAINT pk_access_log"))
    return await load(connection)


async def write_a_log(connection: AsyncConnection) -> None:
    """With heads over 0, 1, 60 … lines, and a few lines that are not sealed yet."""
    await seal(connection)
    for count in (1, 59, 100, 0, 100, 25):
        await write_in(connection, count, facility_id=3)
        await seal(connection)
    await write_in(connection, 4)


async def checked(
    connection: AsyncConnection, witnesses: Sequence[SignedHead], now: datetime = NOW
) -> Report:
    return await check(connection, witnesses=witnesses, trusted=TRUSTED, now=now)


def faults(report: Report) -> set[Fault]:
    return {one.fault for one in report.findings}


async def test_a_log_that_nobody_touched_is_clean(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        log = await a_log(connection)
        report = await checked(connection, log.heads)
    assert report.findings == []
    assert (report.lines, report.unsealed, len(report.seals)) == (289, 4, 7)


async def test_an_empty_log_is_clean(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        assert (await checked(connection, [])).findings == []


@pytest.mark.timeout(400)
async def test_whatever_somebody_does_to_it_is_found(engine: AsyncEngine) -> None:
    chance = random.Random(20260701)  # noqa: S311 - so that a failure can be repeated
    unseen: list[list[str]] = []
    async with engine.connect() as connection:
        log = await an_open_log(connection)
        for trial in range(TRIALS):
            meddled = replace(deepcopy(log), story=[])
            WAYS[trial % len(WAYS)](meddled, chance)
            async with connection.begin_nested() as step:
                await store(connection, meddled)
                report = await checked(connection, log.heads)
                await step.rollback()
            if faults(report) <= {Fault.UNGUARDED}:
                unseen.append(meddled.story)
        # And what found them all finds nothing where nothing is.
        async with connection.begin_nested():
            await store(connection, log)
            assert faults(await checked(connection, log.heads)) == {Fault.UNGUARDED}
    assert unseen == []


async def test_without_heads_from_outside_an_older_copy_passes_for_the_log(
    engine: AsyncEngine,
) -> None:
    """The residual that the heads are handed out for."""
    async with engine.connect() as connection:
        log = await an_open_log(connection)
        older = deepcopy(log)
        tampering.put_back(older, random.Random(1))  # noqa: S311 - chance, no secret
        await store(connection, older)
        assert faults(await checked(connection, [])) == {Fault.UNGUARDED}
        assert Fault.CUT_SHORT in faults(await checked(connection, log.heads))


async def test_lines_not_yet_sealed_can_be_rewritten_unseen(engine: AsyncEngine) -> None:
    """The other residual: it lasts until the next head, a minute at most."""
    async with engine.connect() as connection:
        log = await an_open_log(connection)
        line, stored = log.lines[-1]
        log.lines[-1] = (replace(line, actor="user:666"), stored)
        await store(connection, log)
        assert Fault.LINE_CHANGED in faults(await checked(connection, log.heads))
        log.chain_anew()
        await store(connection, log)
        assert faults(await checked(connection, log.heads)) == {Fault.UNGUARDED}


async def test_it_says_where(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        log = await an_open_log(connection)
        line, stored = log.lines[99]
        log.lines[99] = (replace(line, purpose="none"), stored)
        del log.lines[199:202]
        await store(connection, log)
        report = await checked(connection, log.heads)
    told = [in_words(one) for one in report.findings]
    assert any(one.startswith("Line 100: does not follow") for one in told)
    assert any(one.startswith("Lines 200–202: missing") for one in told)


async def test_a_log_rewritten_hashes_and_all_is_placed_between_two_heads(
    engine: AsyncEngine,
) -> None:
    async with engine.connect() as connection:
        log = await an_open_log(connection)
        line, stored = log.lines[99]
        log.lines[99] = (replace(line, purpose="none"), stored)
        log.chain_anew()
        await store(connection, log)
        report = await checked(connection, [])
    rewritten = [one for one in report.findings if one.fault is Fault.REWRITTEN]
    assert (rewritten[0].first, rewritten[0].last) == (61, 160)


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("ALTER TABLE access_log DISABLE TRIGGER access_log_link", "access_log_link of access_log"),
        ("ALTER TABLE access_seal ENABLE TRIGGER access_seal_only_grows", "refuse of access_seal"),
        ("DROP TRIGGER access_log_only_grows ON access_log", "access_log_refuse of access_log"),
        (
            "CREATE OR REPLACE FUNCTION access_log_refuse() RETURNS trigger LANGUAGE plpgsql"
            " AS $$ BEGIN RETURN NULL; END $$",
            "the function access_log_refuse is not ours",
        ),
        ("GRANT DELETE ON access_log TO giamsat_api", "giamsat_api may change access_log"),
        ("GRANT UPDATE (n) ON access_log_tail TO giamsat_api", "may change access_log_tail"),
    ],
)
async def test_a_guard_that_was_taken_away_is_missed(
    engine: AsyncEngine, statement: str, told: str
) -> None:
    async with engine.connect() as connection:
        await connection.execute(text(statement))
        report = await checked(connection, [])
    assert any(told in in_words(one) for one in report.findings)


async def test_that_nobody_seals_is_noticed(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        log = await a_log(connection)
        late = AT + UNSEALED_FOR + timedelta(seconds=1)
        report = await checked(connection, log.heads, late)
    assert [in_words(one) for one in report.findings] == [
        "Lines 286–289: have not been sealed for a long time: nobody seals."
    ]
