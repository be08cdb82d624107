"""Row-level security, the second line of access: what the api may see of each table, per caller.

The first line is the filter in each query. Where that one fails, this one holds: it works out from
the database alone what the caller of a transaction may reach (`giamsat_enter`), and a transaction
that has not said who asks sees nothing. `POLICY` reaches the database as the table `role_right`.
Applied by `giamsat migrate`, whenever what stands here has changed.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, text

from shared.domain.access import POLICY, Action

API: Final = "giamsat_api"
#: These write by rules of their own, and read what they judge.
UNGUARDED_ROLES: Final = ("giamsat_ingest", "giamsat_alerts")

_A = Action
#: How far a caller reaches, and with which rights. `any` is that a place is theirs at all.
REACHES: Final[Mapping[str, Sequence[Action]]] = {
    "any": tuple(Action),
    "watch": (_A.WATCH,),
    "quarantine": (_A.SEE_QUARANTINE,),
    "documents": (_A.SEE_DOCUMENTS,),
    "people": (_A.SEE_PEOPLE, _A.MANAGE_PEOPLE),
    "actors": (_A.SEE_ACTORS,),
    "grants": (_A.SEE_GRANTS,),
    "agencies": (_A.SEE_GRANTS, _A.MANAGE_AGENCIES),
    "log": (_A.SEE_ACCESS_LOG,),
    "approvals": (
        _A.REQUEST_EXCEPTION,
        _A.APPROVE_EXCEPTION,
        _A.REQUEST_EXPORT,
        _A.APPROVE_EXPORT,
    ),
}

#: That somebody asks who is known.
KNOWN: Final = "(SELECT nullif(current_setting('giamsat.actor', true), '')) IS NOT NULL"
SYSTEM: Final = "(SELECT current_setting('giamsat.actor', true)) = 'system'"
#: The person who asks; nobody for an agency and for ourselves.
ME: Final = "(SELECT giamsat_me())"
#: The agency that asks; none for a person and for ourselves.
CLIENT: Final = "(SELECT giamsat_client())"


def everywhere(reach: str) -> str:
    return f"(SELECT giamsat_everywhere('{reach}'))"


def somewhere(reach: str) -> str:
    """Whether there is any place at all where the caller has these rights."""
    return (
        f"({everywhere(reach)} OR EXISTS (SELECT giamsat_units('{reach}')) "
        f"OR EXISTS (SELECT giamsat_facilities('{reach}')))"
    )


def at(reach: str, *, unit: str, facility: str) -> str:
    """Whether a place, given by the columns of its unit and its facility, is within reach."""
    return (
        f"({everywhere(reach)} OR {unit} IN (SELECT giamsat_units('{reach}')) "
        f"OR {facility} IN (SELECT giamsat_facilities('{reach}')))"
    )


def of_facility(reach: str, column: str = "facility_id") -> str:
    """Whether the facility in a column is within reach."""
    where = at(reach, unit="f.admin_unit_id", facility="f.id")
    return f"{column} IN (SELECT f.id FROM facility f WHERE {where})"


def of_visible(table: str, column: str, key: str = "id") -> str:
    """Whether what a column refers to is visible itself. Few rows are looked at this way."""
    return f"EXISTS (SELECT FROM {table} v WHERE v.{key} = {column})"


_OF_PERSON: Final = f"({SYSTEM} OR user_id = {ME} OR {of_visible('user_account', 'user_id')})"
_OF_AGENCIES: Final = f"({SYSTEM} OR client_id = {CLIENT} OR {somewhere('agencies')})"
_GRANT_OF_PLACE: Final = at("grants", unit="admin_unit_id", facility="facility_id")
_OF_DEVICE: Final = "device_id IN (SELECT d.id FROM device d)"

#: What the api may see of each table. What has no row here is closed to nobody who has the right
#: to the table: see `OPEN`.
VISIBLE: Final[Mapping[str, str]] = {
    "facility": at("any", unit="admin_unit_id", facility="id"),
    "facility_location": of_facility("any"),
    "jurisdiction_reassigned": of_facility("any"),
    "facility_fact": of_facility("any"),
    "facility_standing": of_facility("any"),
    "condition_check": of_facility("any"),
    "condition_result": "check_id IN (SELECT c.id FROM condition_check c)",
    "document": of_facility("documents"),
    # An import is of whoever began it, and worked on by ourselves.
    "import_job": f"({SYSTEM} OR created_by = {ME})",
    "import_row": "job_id IN (SELECT j.id FROM import_job j)",
    "facility_assignment": of_facility("any"),
    # Numbers of transactions, for the feeds; written by triggers, whoever moves a facility.
    "facility_change": KNOWN,
    "facility_departure": KNOWN,
    "enrolment": of_facility("watch"),
    "device_replacement": _OF_DEVICE,
    "device_placement": _OF_DEVICE,
    "camera_approval": _OF_DEVICE,
    "discovered_camera": "gateway_id IN (SELECT d.id FROM device d)",
    "approval": (
        f"(requested_by = {ME} OR "
        f"{at('approvals', unit='admin_unit_id', facility='facility_id')} OR "
        f"{of_facility('approvals')})"
    ),
    "agency_client": f"({SYSTEM} OR id = {CLIENT} OR {somewhere('agencies')})",
    "agency_key": _OF_AGENCIES,
    "agency_token": _OF_AGENCIES,
    "agency_usage": _OF_AGENCIES,
    # One's own area, what lies around it and so concerns it, and what concerns the whole country.
    "sharing_grant": (
        f"(client_id = {CLIENT} OR {_GRANT_OF_PLACE} OR {of_facility('grants')} "
        "OR admin_unit_id IN (SELECT giamsat_units_above('grants')) "
        f"OR (admin_unit_id IS NULL AND facility_id IS NULL AND {somewhere('grants')}))"
    ),
    "zone": of_facility("watch"),
    "requirement": "zone_id IN (SELECT z.id FROM zone z)",
    "device": of_facility("watch"),
    "device_credential": _OF_DEVICE,
    "device_suspension": _OF_DEVICE,
    "device_key": _OF_DEVICE,
    "adapter_rule": "publisher_id IN (SELECT d.id FROM device d)",
    "replay_request": of_visible("quarantine", "quarantine_id"),
    # Without a device these say nothing; they are only ever read together with one.
    "device_day": KNOWN,
    "device_fault": KNOWN,
    "device_latest": KNOWN,
    "device_condition": KNOWN,
    "device_clock": KNOWN,
    "device_identity": KNOWN,
    "security_event": KNOWN,
    "quarantine": (
        f"({everywhere('quarantine')} OR facility_code IN (SELECT f.code FROM facility f WHERE "
        f"{at('quarantine', unit='f.admin_unit_id', facility='f.id')}))"
    ),
    "quarantine_message": of_visible("quarantine", "quarantine_id"),
    "incident": f"({everywhere('watch')} OR {of_facility('watch')})",
    "gap": of_facility("watch"),
    "event": f"({everywhere('watch')} OR {of_visible('incident', 'incident_id')})",
    "notification": of_visible("incident", "incident_id"),
    "delivery_attempt": of_visible("notification", "notification_id"),
    "acknowledgement": of_visible("incident", "incident_id"),
    "legal_hold": f"(facility_id IS NULL OR {of_facility('any')})",
    "role_assignment": (
        f"(user_id = {ME} OR {at('any', unit='admin_unit_id', facility='facility_id')})"
    ),
    # Oneself, and those who work where one may see people; see also `giamsat_name_of`.
    "user_account": (
        f"(id = {ME} OR {SYSTEM} OR EXISTS (SELECT FROM role_assignment a WHERE "
        "a.user_id = user_account.id AND "
        f"{at('people', unit='a.admin_unit_id', facility='a.facility_id')}))"
    ),
    "session": _OF_PERSON,
    "passkey": _OF_PERSON,
    "totp_secret": _OF_PERSON,
    "recovery_code": _OF_PERSON,
    "known_device": _OF_PERSON,
    "external_identity": _OF_PERSON,
    "passkey_challenge": f"({SYSTEM} OR user_id = {ME})",
    "identity_journey": f"({SYSTEM} OR user_id = {ME})",
    "log_in_throttle": KNOWN,
    "spent_proof": KNOWN,
    "invitation": (
        f"(invited_by = {ME} OR {at('people', unit='admin_unit_id', facility='facility_id')})"
    ),
    "person_mail": of_visible("invitation", "invitation_id"),
    "access_log": (
        f"(actor = (SELECT current_setting('giamsat.actor', true)) OR "
        f"{at('log', unit='admin_unit_id', facility='facility_id')} OR {of_facility('log')})"
    ),
    # Hashes only.
    "access_log_tail": KNOWN,
    "access_log_node": KNOWN,
    "access_seal": KNOWN,
}

#: What may be written where that is not what may be seen.
WRITABLE: Final[Mapping[str, str]] = {
    # Nobody signs with another's name.
    "access_log": "actor = (SELECT current_setting('giamsat.actor', true))",
    # What concerns one's place is seen; what is one's place may be shared.
    "sharing_grant": f"(client_id = {CLIENT} OR {_GRANT_OF_PLACE} OR {of_facility('grants')})",
}

#: Open to whoever may read the table at all: the state's own order, and our own workings.
OPEN: Final = frozenset(
    {
        "admin_unit", "admin_unit_succession", "authority", "competence", "role_right",
        "registry_version", "alert_lease", "ladder_step", "ingest_worker", "blind_span",
        "retention_policy", "purge_log", "alembic_version", "device_profile",
    }
)  # fmt: skip

_FUNCTIONS: Final = (
    """
    CREATE OR REPLACE FUNCTION giamsat_everywhere(reach text) RETURNS boolean
    LANGUAGE sql STABLE AS
    $$ SELECT coalesce(current_setting('giamsat.everywhere_' || reach, true), '') = 'yes' $$
    """,
    """
    CREATE OR REPLACE FUNCTION giamsat_units(reach text) RETURNS SETOF bigint
    LANGUAGE sql STABLE ROWS 50 AS
    $$ SELECT unnest(nullif(current_setting('giamsat.units_' || reach, true), '')::bigint[]) $$
    """,
    """
    CREATE OR REPLACE FUNCTION giamsat_facilities(reach text) RETURNS SETOF bigint
    LANGUAGE sql STABLE ROWS 5 AS
    $$ SELECT unnest(nullif(current_setting('giamsat.facilities_' || reach, true), '')::bigint[]) $$
    """,
    """
    CREATE OR REPLACE FUNCTION giamsat_me() RETURNS bigint
    LANGUAGE sql STABLE AS
    $$ SELECT substring(current_setting('giamsat.actor', true) from '^user:([0-9]+)$')::bigint $$
    """,
    """
    CREATE OR REPLACE FUNCTION giamsat_client() RETURNS bigint
    LANGUAGE sql STABLE AS
    $$ SELECT substring(current_setting('giamsat.actor', true) from '^client:([0-9]+)$')::bigint $$
    """,
    """
    CREATE OR REPLACE FUNCTION giamsat_units_above(reach text) RETURNS SETOF bigint
    LANGUAGE sql STABLE ROWS 10 AS $$
        WITH RECURSIVE above AS (
            SELECT giamsat_units(reach) AS id
            UNION SELECT admin_unit_id FROM facility WHERE id IN (SELECT giamsat_facilities(reach))
            UNION SELECT u.parent_id FROM above JOIN admin_unit u ON u.id = above.id
            WHERE u.parent_id IS NOT NULL
        )
        SELECT id FROM above
    $$
    """,
    # Whoever may know by name who acted on what they see; the others read a number.
    """
    CREATE OR REPLACE FUNCTION giamsat_name_of(person bigint) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
        SELECT CASE WHEN person = giamsat_me() OR giamsat_everywhere('actors')
                      OR EXISTS (SELECT giamsat_units('actors'))
                      OR EXISTS (SELECT giamsat_facilities('actors'))
                    THEN u.name ELSE '#' || u.id END
        FROM user_account u WHERE u.id = person
    $$
    """,
    # Who holds what comes from the tables, not from whoever calls.
    """
    CREATE OR REPLACE FUNCTION giamsat_enter(who text, moment timestamptz) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        reached record;
    BEGIN
        PERFORM set_config('giamsat.actor', who, true);
        FOR reached IN
            WITH RECURSIVE held AS (
                SELECT a.role, a.facility_id, a.admin_unit_id
                FROM role_assignment a JOIN user_account u ON u.id = a.user_id
                WHERE u.id = substring(who from '^user:([0-9]+)$')::bigint
                  AND u.disabled_at IS NULL
                  AND a.valid_from <= moment AND coalesce(a.valid_to, 'infinity') > moment
            ), granted AS (
                SELECT g.dataset, g.facility_id, g.admin_unit_id
                FROM sharing_grant g JOIN agency_client c ON c.id = g.client_id
                WHERE c.id = substring(who from '^client:([0-9]+)$')::bigint
                  AND c.revoked_at IS NULL AND g.revoked_at IS NULL AND g.approved_at IS NOT NULL
                  AND g.valid_from <= moment AND g.valid_to > moment
            ), reaching AS (
                SELECT r.reach, h.facility_id, h.admin_unit_id
                FROM held h JOIN role_right r ON r.role = h.role
                UNION
                SELECT d.reach, g.facility_id, g.admin_unit_id
                FROM granted g
                JOIN (VALUES ('any', NULL), ('watch', 'facilities')) d (reach, except_for)
                  ON g.dataset IS DISTINCT FROM d.except_for
            ), below AS (
                SELECT DISTINCT admin_unit_id AS root, admin_unit_id AS unit
                FROM reaching WHERE facility_id IS NULL AND admin_unit_id IS NOT NULL
                UNION
                SELECT below.root, n.id FROM below JOIN LATERAL (
                    SELECT u.id FROM admin_unit u WHERE u.parent_id = below.unit
                    UNION ALL
                    -- A province takes over what those it follows had and nobody has placed yet.
                    SELECT p.id FROM admin_unit_succession s JOIN admin_unit p ON p.id = s.from_id
                    WHERE s.to_id = below.unit AND p.level = 'province'
                      AND s.kind IN ('merge', 'rename')
                      AND s.effective_on <= (moment AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
                ) n ON true
            )
            SELECT r.reach AS name,
                   bool_or(r.facility_id IS NULL AND r.admin_unit_id IS NULL) AS is_everywhere,
                   array_agg(DISTINCT b.unit) FILTER (WHERE b.unit IS NOT NULL) AS units,
                   array_agg(DISTINCT r.facility_id) FILTER (WHERE r.facility_id IS NOT NULL)
                       AS facilities
            FROM reaching r
            LEFT JOIN below b ON r.facility_id IS NULL AND b.root = r.admin_unit_id
            GROUP BY r.reach
            UNION ALL
            SELECT DISTINCT r.reach, true, NULL::bigint[], NULL::bigint[]
            FROM role_right r WHERE who = 'system'
        LOOP
            PERFORM set_config('giamsat.everywhere_' || reached.name,
                               CASE WHEN reached.is_everywhere THEN 'yes' ELSE '' END, true),
                    set_config('giamsat.units_' || reached.name,
                               coalesce(reached.units::text, ''), true),
                    set_config('giamsat.facilities_' || reached.name,
                               coalesce(reached.facilities::text, ''), true);
        END LOOP;
    END $$
    """,
)


def apply(connection: Connection) -> None:
    """Make the database guard its rows as it is written here. Nothing happens if it does."""
    statements = _statements()
    mark = hashlib.sha256("\n".join(statements).encode()).hexdigest()
    there = connection.scalar(
        text("SELECT obj_description(to_regprocedure('giamsat_enter(text, timestamptz)'))")
    )
    if there == mark:
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
        *_FUNCTIONS,
        *(
            f"{right} ON FUNCTION {function} {whom}"
            for function in ("giamsat_enter(text, timestamptz)", "giamsat_name_of(bigint)")
            for right, whom in (("REVOKE ALL", "FROM PUBLIC"), ("GRANT EXECUTE", f"TO {API}"))
        ),
        *(line for table, rule in VISIBLE.items() for line in _guard(table, rule)),
    ]


def _guard(table: str, visible: str) -> list[str]:
    writable = WRITABLE.get(table, visible)
    others = ", ".join((*UNGUARDED_ROLES, "CURRENT_USER"))
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"DROP POLICY IF EXISTS guarded ON {table}",
        f"CREATE POLICY guarded ON {table} TO {API} USING ({visible}) WITH CHECK ({writable})",
        f"DROP POLICY IF EXISTS unguarded ON {table}",
        f"CREATE POLICY unguarded ON {table} TO {others} USING (true) WITH CHECK (true)",
    ]
