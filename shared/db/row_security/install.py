"""Makes a database guard its rows as the rules say."""

import hashlib
from typing import Final

from sqlalchemy import Connection, text

from shared.db.row_security.functions import FUNCTIONS
from shared.db.row_security.reach import REACHES
from shared.db.row_security.rules import VISIBLE, WRITABLE
from shared.domain.access import POLICY

API: Final = "giamsat_api"
#: These write by rules of their own, and read what they judge.
UNGUARDED_ROLES: Final = ("giamsat_ingest", "giamsat_alerts")
#: What ingest writes at every moment.
WRITTEN_ALWAYS: Final = frozenset({"device_day", "device_fault", "device_latest", "device_clock"})

#: Where what may be written is not what may be seen, each has a rule of its own.
_WRITES: Final = {
    "guarded_insert": "INSERT",
    "guarded_update": "UPDATE",
    "guarded_delete": "DELETE",
}

_THERE: Final = text(
    "SELECT obj_description(to_regprocedure('giamsat_enter(text, timestamptz)')), "
    "(SELECT count(*) FROM pg_policy WHERE polname LIKE 'guarded%')"
)


def apply(connection: Connection) -> None:
    """Make the database guard its rows as it is written here. Nothing happens if it does."""
    statements = _statements()
    mark = hashlib.sha256("\n".join(statements).encode()).hexdigest()
    there, guards = connection.execute(_THERE).one()
    # A table that was dropped and made again has lost its guard, whatever was once applied.
    if there == mark and guards == len(VISIBLE) + len(WRITABLE) * len(_WRITES):
        return
    for statement in statements:
        connection.exec_driver_sql(statement.replace("%", "%%"))
    connection.exec_driver_sql(f"COMMENT ON FUNCTION giamsat_enter(text, timestamptz) IS '{mark}'")


def _statements() -> list[str]:
    return [
        "DELETE FROM role_right",
        *(
            f"INSERT INTO role_right (role, reach) VALUES ('{role}', '{reach}')"
            for role, rights in POLICY.items()
            for reach, actions in REACHES.items()
            if rights & set(actions)
        ),
        *FUNCTIONS,
        *(
            f"{right} ON FUNCTION {function} {whom}"
            for function in (
                "giamsat_enter(text, timestamptz)",
                "giamsat_name_of(bigint)",
                "giamsat_maintenance(bigint[], timestamptz, timestamptz)",
            )
            for right, whom in (("REVOKE ALL", "FROM PUBLIC"), ("GRANT EXECUTE", f"TO {API}"))
        ),
        *(line for table in _in_order() for line in _guard(table, VISIBLE[table])),
    ]


def _in_order() -> list[str]:
    """Who writes every second waits for the lock until the commit: that should come soon."""
    return sorted(VISIBLE, key=lambda table: table in WRITTEN_ALWAYS)


def _guard(table: str, visible: str) -> list[str]:
    others = ", ".join((*UNGUARDED_ROLES, "CURRENT_USER"))
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        *(f"DROP POLICY IF EXISTS {name} ON {table}" for name in ("guarded", *_WRITES)),
        *_policies(table, visible),
        f"DROP POLICY IF EXISTS unguarded ON {table}",
        f"CREATE POLICY unguarded ON {table} TO {others} USING (true) WITH CHECK (true)",
    ]


def _policies(table: str, visible: str) -> list[str]:
    """What may be seen but not written is not changed into what may be written either."""
    writable = WRITABLE.get(table)
    if writable is None:
        return [f"CREATE POLICY guarded ON {table} TO {API} USING ({visible})"]
    rules = {
        "INSERT": f"WITH CHECK ({writable})",
        "UPDATE": f"USING ({writable}) WITH CHECK ({writable})",
        "DELETE": f"USING ({writable})",
    }
    return [
        f"CREATE POLICY guarded ON {table} FOR SELECT TO {API} USING ({visible})",
        *(
            f"CREATE POLICY {name} ON {table} FOR {command} TO {API} {rules[command]}"
            for name, command in _WRITES.items()
        ),
    ]
