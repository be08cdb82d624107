"""The database's own functions: who asks, and how far they reach at that moment."""

from typing import Final

FUNCTIONS: Final = (
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
    CREATE OR REPLACE FUNCTION giamsat_somewhere(reach text) RETURNS boolean
    LANGUAGE sql STABLE AS $$
        SELECT giamsat_everywhere(reach) OR EXISTS (SELECT giamsat_units(reach))
            OR EXISTS (SELECT giamsat_facilities(reach))
    $$
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
        SELECT CASE WHEN person = giamsat_me() OR giamsat_somewhere('actors')
                    THEN u.name ELSE '#' || u.id END
        FROM user_account u WHERE u.id = person
    $$
    """,
    # What is excused is the same for everybody who sees a facility, whoever may see requests: its
    # times and what it is for, not who asked, nor why.
    """
    CREATE OR REPLACE FUNCTION giamsat_maintenance(
        places bigint[], since timestamptz, until timestamptz)
    RETURNS TABLE (place bigint, approval bigint, kind text, zone text, device text,
                   starts_at timestamptz, ends_at timestamptz, repeats text,
                   repeats_until timestamptz, decided_at timestamptz, ended_at timestamptz,
                   written_in bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
        WITH RECURSIVE due AS MATERIALIZED (
            SELECT a.*, a.xmin::text::bigint AS written_in FROM approval a
            WHERE a.decision = 'approved' AND a.kind IN ('maintenance', 'correction')
              AND a.starts_at < until
              AND (a.ends_at > since
                   OR (a.repeats IS NOT NULL AND a.repeats_until > since - interval '7 days'))
        ), above AS (
            SELECT f.id AS place, f.admin_unit_id AS unit FROM facility f
            WHERE f.id = ANY(places) AND EXISTS (SELECT FROM due WHERE facility_id IS NULL)
            UNION SELECT above.place, u.parent_id FROM above JOIN admin_unit u ON u.id = above.unit
            WHERE u.parent_id IS NOT NULL
        ), reached AS (
            SELECT facility_id AS place, due.* FROM due WHERE facility_id = ANY(places)
            UNION ALL
            SELECT above.place, due.* FROM due JOIN above ON above.unit = due.admin_unit_id
        )
        SELECT place, id, kind, subject ->> 'zone', subject ->> 'device', starts_at, ends_at,
               repeats, repeats_until, decided_at, ended_at, written_in
        FROM reached
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
