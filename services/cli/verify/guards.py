"""Whether the database still guards the log: its triggers, what they do, and who has rights."""

from collections.abc import AsyncIterator
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.cli.verify import queries
from shared.domain.ledger_audit import Fault, Finding

#: Each table and the functions that guard it, always.
TRIGGERS: Final = (
    ("access_log", "access_log_link"),
    ("access_log", "access_log_remember"),
    ("access_log", "access_log_refuse"),
    ("access_seal", "access_log_refuse"),
    ("access_log_node", "access_log_refuse"),
)
#: The SHA-256 of the functions as migration 0018 made them.
FUNCTIONS: Final = {
    "access_log_link": "3dc3c1f8017a0f128e08399e7730928c5f0e13e03e39d1d26a0575ad74cfba31",
    "access_log_remember": "6c41b5f64ba8933c9f64bec0da28137ba5c94189f5a67aac7f0a5a1043a42806",
    "access_log_refuse": "551fa3cd25fb189cd5a15b3d81b308c50d7a6eaa435e1dc5f6d31cdfb9e56b72",
}
_ONLY_GROWING: Final = ("access_log", "access_log_tail", "access_log_node", "access_seal")


async def lost(connection: AsyncConnection) -> AsyncIterator[Finding]:
    """What no longer guards it. Whoever took it away could write what they liked."""
    awake = await queries.triggers_awake(connection)
    for table, function in TRIGGERS:
        if (table, function) not in awake:
            yield _unguarded(f"the trigger {function} of {table} does not fire")
    functions = await queries.functions(connection)
    for name, digest in FUNCTIONS.items():
        if functions.get(name) != digest:
            yield _unguarded(f"the function {name} is not ours")
    for table in _ONLY_GROWING:
        for role in await queries.who_may_change(connection, table):
            yield _unguarded(f"{role} may change {table}")


def _unguarded(detail: str) -> Finding:
    return Finding(Fault.UNGUARDED, 0, 0, detail)
