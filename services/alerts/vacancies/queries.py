"""Communes without a child-protection officer, competences to ask about, and who is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.access import Role
from shared.domain.competence import Competence, SubjectMatter
from shared.domain.escalation import Recipient


@dataclass(frozen=True, slots=True)
class Vacancy:
    """A commune in which nobody is child-protection officer."""

    province_id: int
    province: str
    commune: str
    facilities: int


# A deputy counts: whether the officer is absent nobody has to tell us.
_VACANT = text(
    """
    WITH RECURSIVE up AS (
        SELECT id AS commune_id, id AS unit_id, parent_id FROM admin_unit
        WHERE level = 'commune' AND valid_from <= CAST(:today AS date)
          AND coalesce(valid_to, 'infinity') > CAST(:today AS date)
        UNION ALL
        SELECT up.commune_id, u.id, u.parent_id FROM up JOIN admin_unit u ON u.id = up.parent_id
    )
    SELECT p.id, p.name, c.name, (SELECT count(*) FROM facility f
                                  WHERE f.admin_unit_id = c.id AND f.retired_at IS NULL)
    FROM up JOIN admin_unit c ON c.id = up.commune_id JOIN admin_unit p ON p.id = up.unit_id
    WHERE p.level = 'province' AND NOT EXISTS (
        SELECT FROM role_assignment a JOIN user_account u ON u.id = a.user_id
        WHERE a.admin_unit_id = c.id AND a.role = :role
          AND a.valid_from <= CAST(:now AS timestamptz)
          AND coalesce(a.valid_to, 'infinity') > CAST(:now AS timestamptz)
          AND coalesce(u.disabled_at, 'infinity') > CAST(:now AS timestamptz))
    ORDER BY p.id, 4 DESC, c.name
    """
)


async def vacancies(
    connection: AsyncConnection, *, today: date, now: datetime
) -> Sequence[Vacancy]:
    """Those with facilities first."""
    found = await connection.execute(
        _VACANT, {"today": today, "now": now, "role": Role.COMMUNE_CPO}
    )
    return [Vacancy(*row) for row in found]


@dataclass(frozen=True, slots=True)
class Held:
    """A competence, whose it is, and in which province; nothing for the whole state's."""

    competence: Competence
    authority: str
    legal_basis: str
    province_id: int | None
    province: str


_ENDING = text(
    """
    WITH RECURSIVE up AS (
        SELECT a.id AS authority_id, a.admin_unit_id AS unit_id FROM authority a
        UNION ALL
        SELECT up.authority_id, u.parent_id FROM up JOIN admin_unit u ON u.id = up.unit_id
        WHERE u.parent_id IS NOT NULL
    )
    SELECT a.id, c.subject_matter, c.valid_from, c.valid_to, c.review_on, a.name, c.legal_basis,
           p.id, coalesce(p.name, '')
    FROM competence c
    JOIN authority a ON a.id = c.authority_id
    JOIN up ON up.authority_id = a.id
    LEFT JOIN admin_unit p ON p.id = up.unit_id
    WHERE (p.level = 'province' OR up.unit_id IS NULL)
      AND (c.review_on IS NOT NULL OR c.valid_to IS NOT NULL)
      AND c.subject_matter = ANY(CAST(:subjects AS text[]))
      AND coalesce(a.valid_to, 'infinity') > CAST(:today AS date)
      AND coalesce(c.valid_to, 'infinity') > CAST(:today AS date) - 60
    ORDER BY c.id
    """
)


async def ending(connection: AsyncConnection, *, today: date) -> Sequence[Held]:
    """Competences that will end, or that somebody wants to be asked about."""
    found = await connection.execute(_ENDING, {"today": today, "subjects": list(SubjectMatter)})
    return [
        Held(Competence(row[0], SubjectMatter(row[1]), *row[2:5]), row[5], row[6], row[7], row[8])
        for row in found
    ]


_RECIPIENTS = text(
    """
    SELECT a.admin_unit_id, u.id, a.role, u.email, u.language
    FROM role_assignment a JOIN user_account u ON u.id = a.user_id
    WHERE ((a.role = :officer AND a.admin_unit_id = ANY(CAST(:provinces AS bigint[])))
           OR (a.role = :admin AND a.admin_unit_id IS NULL AND a.facility_id IS NULL))
      AND a.valid_from <= CAST(:now AS timestamptz)
      AND coalesce(a.valid_to, 'infinity') > CAST(:now AS timestamptz)
      AND coalesce(u.disabled_at, 'infinity') > CAST(:now AS timestamptz)
    ORDER BY u.id
    """
)


async def recipients(
    connection: AsyncConnection, provinces: Sequence[int | None], *, now: datetime
) -> Mapping[int | None, Sequence[Recipient]]:
    """The department of each province; where it has nobody, the administrators."""
    wanted = [province for province in provinces if province is not None]
    found = await connection.execute(
        _RECIPIENTS,
        {"officer": Role.DEPT_OFFICER, "admin": Role.SYS_ADMIN, "provinces": wanted, "now": now},
    )
    people: dict[int | None, list[Recipient]] = {}
    for place, user_id, role, address, language in found:
        people.setdefault(place, []).append(Recipient(user_id, Role(role), address, language))
    administrators = people.get(None, [])
    return {province: people.get(province) or administrators for province in provinces}
