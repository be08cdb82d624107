"""The agencies that ask: with a grant at home, with one that has ended, and with none any more."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.tables.agencies import agency_client, agency_key, agency_token, sharing_grant
from shared.domain.access import Role
from shared.domain.disclosure import Dataset
from tests.probe.cast import Actor
from tests.probe.exceptions import OWN_VALUES
from tests.probe.fill import World


async def registered(
    connection: AsyncConnection, worlds: Sequence[World], people: tuple[int, int], now: datetime
) -> list[Actor]:
    """Each has a token for everything; what it lets through is for the grants to say."""
    home = worlds[0]
    until = {
        "agency with a grant": (now + timedelta(days=30), None),
        "agency whose grant ended": (now - timedelta(minutes=1), None),
        "agency whose grant was revoked": (now + timedelta(days=30), now - timedelta(minutes=1)),
    }
    actors = []
    for number, (name, (valid_to, revoked_at)) in enumerate(until.items()):
        client_id = await _client(connection, number, home, people[0], now)
        for dataset in Dataset:
            await connection.execute(
                insert(sharing_grant).values(
                    client_id=client_id,
                    dataset=dataset,
                    facility_id=home.rows["facility"]["id"],
                    purpose="probe",
                    legal_basis="none",
                    level="named",
                    valid_from=now - timedelta(days=30),
                    valid_to=valid_to,
                    proposed_by=people[0],
                    proposed_at=now - timedelta(days=31),
                    decided_by=people[1],
                    approved_at=now - timedelta(days=30),
                    revoked_by="user:1" if revoked_at else None,
                    revoked_at=revoked_at,
                )
            )
        headers = {"Authorization": f"Bearer {await _token(connection, client_id, now)}"}
        is_granted = valid_to > now and revoked_at is None
        # A named grant shows what a leader of the province would see, of its own area only.
        theirs = frozenset({home.number}) if is_granted else frozenset[int]()
        actors.append(Actor(name, Role.PPC_LEADER, headers, theirs))
    return actors


async def _client(
    connection: AsyncConnection, number: int, home: World, user_id: int, now: datetime
) -> int:
    found: int = (
        await connection.execute(
            insert(agency_client)
            .values(
                code=f"asking-agency-{number}",
                name=f"Asking agency {number}",
                authority_id=home.rows["authority"]["id"],
                contact_office="office",
                requires_dpop=False,
                daily_records=1_000_000,
                created_at=now,
                created_by=user_id,
            )
            .returning(agency_client.c.id)
        )
    ).scalar_one()
    return found


async def _token(connection: AsyncConnection, client_id: int, now: datetime) -> str:
    key_id: int = (
        await connection.execute(
            insert(agency_key)
            .values(
                client_id=client_id,
                kid="1",
                thumbprint=f"thumbprint-{client_id}",
                jwk=OWN_VALUES["agency_key", "jwk"],
                is_fetched=False,
                not_before=now,
                created_at=now,
            )
            .returning(agency_key.c.id)
        )
    ).scalar_one()
    token = f"token-of-{client_id}-{'x' * 40}"
    await connection.execute(
        insert(agency_token).values(
            token_hash=hashlib.sha256(token.encode()).digest(),
            client_id=client_id,
            key_id=key_id,
            scopes=[f"dataset:{dataset}" for dataset in Dataset],
            issued_at=now,
            expires_at=now + timedelta(hours=2),
        )
    )
    return token
