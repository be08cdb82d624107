"""deploy/emqx: its files are read and its SQL is run; EMQX itself is not here.

The check of a password is that of `emqx_passwd`: PBKDF2 with the salt as it comes from the
database, compared in hex.
"""

import hashlib
import hmac
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.broker_check.routes import rules
from shared.contracts import dynsec, topics
from shared.db.session import unit_of_work
from shared.db.tables.registry import device_credential
from tests.conftest import Database
from tests.support.registry import register

FOLDER = Path(__file__).parents[2] / "deploy" / "emqx"
PASSWORD = "correct horse battery staple"
NAMES = {"gone": 1, "in force": 2, "waiting": 3, "over": 4}


def configuration(name: str) -> dict[str, Any]:
    """JSON with comment lines, which is all of HOCON that we use."""
    lines = (FOLDER / name).read_text().splitlines()
    plain = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    made: dict[str, Any] = json.loads(plain)
    return made


def backend(config: dict[str, Any], kind: str) -> dict[str, Any]:
    parts = [*config["authentication"], *config["authorization"]["sources"]]
    found: dict[str, Any] = next(
        part for part in parts if kind in {part.get("backend"), part.get("type")}
    )
    return found


def emqx_takes(config: dict[str, Any], row: asyncpg.Record, password: str) -> bool:
    algorithm = backend(config, "postgresql")["password_hash_algorithm"]
    made = hashlib.pbkdf2_hmac(
        algorithm["mac_fun"],
        password.encode(),
        row["salt"],
        algorithm["iterations"],
        algorithm["dk_length"],
    )
    return hmac.compare_digest(made.hex(), row["password_hash"])


def prepared(query: str) -> str:
    """As EMQX prepares it: each placeholder is a parameter."""
    assert re.findall(r"\$\{(\w+)\}", query) == ["username"]
    return query.replace("${username}", "$1")


@dataclass
class Broker:
    """EMQX's own connection to the database, and what it is configured to ask."""

    link: asyncpg.Connection
    config: dict[str, Any]

    async def login(self, username: str) -> list[asyncpg.Record]:
        query = prepared(backend(self.config, "postgresql")["query"])
        rows: list[asyncpg.Record] = await self.link.fetch(query, username)
        return rows

    async def rules(self, username: str) -> list[tuple[str, str, str]]:
        source = next(
            one for one in self.config["authorization"]["sources"] if one["type"] == "postgresql"
        )
        rows = await self.link.fetch(prepared(source["query"]), username)
        return [(row["permission"], row["action"], row["topic"]) for row in rows]


@pytest.fixture
async def device_id(engine: AsyncEngine) -> int:
    """Of a device with a password in each state a password can be in."""
    ids = await register(engine, "CAM-1")
    now = datetime.now(UTC)  # noqa: TID251 - the database's own clock decides here
    day = timedelta(days=1)
    terms = {
        "gone": {"not_before": now - day, "revoked_at": now - day / 2},
        "in force": {"not_before": now - day, "not_after": now + day},
        "waiting": {"not_before": now + day},
        "over": {"not_before": now - day, "not_after": now - day / 2},
    }
    async with unit_of_work(engine) as connection:
        for state, number in NAMES.items():
            secret = dynsec.new_secret(PASSWORD)
            await connection.execute(
                insert(device_credential).values(
                    device_id=ids.devices[0],
                    number=number,
                    username=topics.username("HOA-SEN", "CAM-1", number),
                    salt=secret.salt,
                    password_hash=secret.password_hash,
                    iterations=secret.iterations,
                    created_at=now - day,
                    **terms[state],
                )
            )
    return ids.devices[0]


@pytest.fixture
async def broker(database: Database, device_id: int) -> AsyncIterator[Broker]:
    owner = await asyncpg.connect(database.url.replace("+asyncpg", ""))
    for _ in range(2):
        await owner.execute((FOLDER / "postgresql.sql").read_text())
    await owner.execute("ALTER ROLE giamsat_broker LOGIN PASSWORD 'broker'")
    await owner.close()
    url = database.server.url_of("giamsat_broker", "broker", database.name)
    link = await asyncpg.connect(url.replace("+asyncpg", ""))
    yield Broker(link, configuration("emqx-postgresql.conf"))
    await link.close()


async def test_password_in_force_is_found_and_taken_and_no_other(broker: Broker) -> None:
    for state, number in NAMES.items():
        rows = await broker.login(topics.username("HOA-SEN", "CAM-1", number))
        assert len(rows) == (state == "in force"), state
    (row,) = await broker.login("HOA-SEN/CAM-1~2")
    assert emqx_takes(broker.config, row, PASSWORD)
    assert not emqx_takes(broker.config, row, "another")
    assert row["is_superuser"] is False
    assert await broker.login("HOA-SEN/NOBODY") == []
    assert await broker.login("' OR true --") == []


async def test_rules_are_those_of_the_contract(broker: Broker) -> None:
    wanted = rules(topics.device_rights("HOA-SEN", "CAM-1"))
    expected = [(one.permission, one.action, one.topic) for one in wanted]
    assert await broker.rules("HOA-SEN/CAM-1~2") == expected
    assert await broker.rules("HOA-SEN/CAM-1") == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE device SET retired_at = now()",
        "UPDATE facility SET retired_at = now()",
        "UPDATE device_credential SET revoked_at = now()",
        "INSERT INTO device_suspension (device_id, suspended_at, until, times) "
        "SELECT id, now(), now() + interval '1 hour', 1 FROM device",
    ],
)
async def test_whoever_is_out_of_service_gets_in_no_more(
    broker: Broker, engine: AsyncEngine, change: str
) -> None:
    async with unit_of_work(engine) as connection:
        await connection.execute(text(change))
    assert await broker.login("HOA-SEN/CAM-1~2") == []
    assert await broker.rules("HOA-SEN/CAM-1~2") == []


async def test_role_reads_no_table_and_no_list_of_hashes(broker: Broker) -> None:
    tables = await broker.link.fetch(
        "SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace "
        "WHERE n.nspname = 'public' AND relkind IN ('r', 'p', 'v', 'm') "
        "AND has_table_privilege(pg_class.oid, 'SELECT')"
    )
    assert tables == []
    for statement in ("SELECT * FROM device_credential", "SELECT broker_login(NULL) FROM device"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await broker.link.fetch(statement)


async def test_nobody_else_may_call_the_functions(broker: Broker, engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        for role in ("giamsat_api", "giamsat_ingest", "giamsat_alerts"):
            may = await connection.scalar(
                text("SELECT has_function_privilege(:role, 'broker_login(text)', 'EXECUTE')"),
                {"role": role},
            )
            assert may is False, role


def test_configuration_counts_as_we_do() -> None:
    algorithm = backend(configuration("emqx-postgresql.conf"), "postgresql")[
        "password_hash_algorithm"
    ]
    assert algorithm == {
        "name": "pbkdf2",
        "mac_fun": "sha512",
        "iterations": dynsec.ITERATIONS,
        "dk_length": dynsec.HASH_BYTES,
    }
    assert f"c.iterations = {dynsec.ITERATIONS}\n" in (FOLDER / "postgresql.sql").read_text()


@pytest.mark.parametrize("name", ["emqx-postgresql.conf", "emqx-http.conf"])
def test_whoever_no_rule_names_is_denied_and_nothing_is_remembered(name: str) -> None:
    authorization = configuration(name)["authorization"]
    assert authorization["no_match"] == "deny"
    assert authorization["cache"] == {"enable": False}
    assert {source["enable"] for source in authorization["sources"]} == {True}


def test_our_own_client_may_do_at_emqx_what_it_may_at_mosquitto() -> None:
    written = (FOLDER / "giamsat-acl.conf").read_text()
    for action, filters in (
        ("publish", topics.INGEST_RIGHTS.publish),
        # EMQX looks at what is behind $share/…/.
        ("subscribe", [f for f in topics.INGEST_RIGHTS.subscribe if not f.startswith("$share/")]),
    ):
        found = re.search(rf'"giamsat-ingest"}}, {action}, \[([^\]]*)\]', written)
        assert found
        assert sorted(re.findall(r'"([^"]+)"', found[1])) == sorted(filters)
