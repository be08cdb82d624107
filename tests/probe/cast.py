"""The people who ask: every role, at home, next door, abroad, too late, and out of office."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.tables.people import role_assignment, user_account
from shared.domain.access import HELD_AT, POLICY, Action, PlaceKind, Role
from tests.probe.fill import World
from tests.support.people import NOBODYS_HASH, Headers, log_in

#: Of which tables the text may be read with which right; of the others, with Action.SEE.
NEEDS: dict[str, Action] = {
    **dict.fromkeys(
        (
            "zone",
            "requirement",
            "watch_calendar",
            "device",
            "device_key",
            "device_latest",
            "device_day",
            "device_fault",
            "device_condition",
            "device_clock",
            "device_identity",
            "adapter_rule",
            "security_event",
            "incident",
            "incident_action",
            "gap",
            "event",
            "acknowledgement",
            "device_placement",
            "device_gateway",
            "enrolment",
            "camera_approval",
            "found_camera",
            "round_point",
            "round_check_in",
            "ladder",
            "duty_shift",
        ),
        Action.WATCH,
    ),
    "message_template": Action.MANAGE_TEMPLATES,
    "notification": Action.SEE_ADDRESSES,
    "quarantine": Action.SEE_QUARANTINE,
    "quarantine_message": Action.SEE_QUARANTINE,
    "user_account": Action.SEE_ACTORS,
    "access_log": Action.SEE_ACCESS_LOG,
    "document": Action.SEE_DOCUMENTS,
    "sharing_grant": Action.SEE_GRANTS,
    "agency_token": Action.SEE_GRANTS,
    "agency_usage": Action.SEE_GRANTS,
    # As addresses begin: of people, of those invited, and of those told of an incident.
    "user": Action.SEE_PEOPLE,
    "invited": Action.SEE_PEOPLE,
    "told": Action.SEE_ADDRESSES,
    "invitation": Action.SEE_PEOPLE,
    "person_mail": Action.SEE_PEOPLE,
    "approval": Action.WATCH,
}
#: How a facility's code goes on after its mark: whoever has any right there may know it.
CODE = "home"
#: Who pulls is no secret of a place, for whoever sees grants or agencies at all.
OF_NO_PLACE = frozenset({"agency_client", "agency_key"})
_SEES_AGENCIES = frozenset({Action.SEE_GRANTS, Action.MANAGE_AGENCIES})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody with a role at a place, and which worlds lie within it."""

    name: str
    role: Role
    headers: Headers
    worlds: frozenset[int]

    def may_read(self, world: World, table: str) -> bool:
        """By a naive reading of the policy: the place is theirs, and the role has the right."""
        if table in OF_NO_PLACE:
            return bool(self.worlds) and bool(POLICY[self.role] & _SEES_AGENCIES)
        if table == CODE:
            return world.number in self.worlds and bool(POLICY[self.role])
        needed = NEEDS.get(table, Action.SEE)
        return world.number in self.worlds and needed in POLICY[self.role]

    @property
    def may_do_anything(self) -> bool:
        return bool(POLICY[self.role])


@dataclass(frozen=True, slots=True)
class Post:
    """A role at a place, and how it stands."""

    label: str
    role: Role
    kind: PlaceKind
    place_id: int | None
    worlds: frozenset[int]
    is_over: bool = False


def posts(worlds: Sequence[World], former_unit_id: int) -> Iterable[Post]:
    """World 0 is home, 1 the next commune of its province, 2 another province."""
    home = worlds[0]
    of_province = frozenset(w.number for w in worlds if w.province_id == home.province_id)
    places = (
        (PlaceKind.FACILITY, home.rows["facility"]["id"], frozenset({0})),
        (PlaceKind.COMMUNE, home.commune_id, frozenset({0})),
        (PlaceKind.PROVINCE, home.province_id, of_province),
        (PlaceKind.EVERYWHERE, None, frozenset(w.number for w in worlds)),
    )
    for role in Role:
        theirs = HELD_AT.get(role, frozenset({PlaceKind.COMMUNE}))
        for kind, place_id, within in places:
            if kind in theirs:
                reached = within if POLICY[role] else frozenset[int]()
                yield Post(f"{role} at the {kind}", role, kind, place_id, reached)
        kind, place_id, _ = next(place for place in places if place[0] in theirs)
        if not POLICY[role] or place_id is None:
            continue
        yield Post(f"{role} until lately", role, kind, place_id, frozenset(), is_over=True)
        # The unit in which the home facility lay before the state was arranged anew.
        yield Post(
            f"{role} of the former unit", role, PlaceKind.COMMUNE, former_unit_id, frozenset()
        )


async def hired(
    connection: AsyncConnection, all_posts: Iterable[Post], now: datetime
) -> list[Actor]:
    actors = []
    for number, post in enumerate(all_posts):
        user_id: int = (
            await connection.execute(
                insert(user_account)
                .values(
                    email=f"asker-{number}@giamsat.example",
                    name=f"Asker {number}",
                    language="en",
                    password_hash=NOBODYS_HASH,
                    created_at=now,
                )
                .returning(user_account.c.id)
            )
        ).scalar_one()
        await connection.execute(
            insert(role_assignment).values(
                user_id=user_id,
                role=post.role,
                facility_id=post.place_id if post.kind is PlaceKind.FACILITY else None,
                admin_unit_id=post.place_id
                if post.kind in {PlaceKind.COMMUNE, PlaceKind.PROVINCE}
                else None,
                valid_from=now - timedelta(days=30),
                valid_to=now - timedelta(minutes=5) if post.is_over else None,
            )
        )
        headers = await log_in(connection, user_id, now)
        actors.append(Actor(post.label, post.role, headers, post.worlds))
    return actors
