"""People answer what they were told, by the telephone that they were told on."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.resources import Resources
from services.api.sms.replying import MOST_WRONG, Replies
from shared.db.session import reading, unit_of_work
from shared.db.tables.access_log import access_log
from shared.db.tables.channels import sms_inbound
from shared.db.tables.people import acknowledgement, role_assignment, user_account
from shared.domain import sms_reply
from tests.services.api.conftest import LINK_KEY
from tests.services.api.incidents.conftest import Troubles
from tests.services.api.sms.conftest import NUMBER, telephone

OTHER = "+84907654321"


def code(incident_id: int) -> str:
    return sms_reply.code_of(incident_id, key=LINK_KEY.encode())


async def told(troubles: Troubles, incident_id: int, **values: object) -> int:
    """By short message, on the manager's telephone."""
    usual: dict[str, object] = {"channel": "sms", "address": NUMBER, "attempts": 1}
    return await troubles.message(incident_id, "manager", **(usual | values))


async def answered(troubles: Troubles, body: str, sender: str = NUMBER) -> int:
    values = {"provider": "twilio", "provider_ref": f"{sender}{body}", "sender": sender}
    return await troubles.add(sms_inbound, body=body, received_at=troubles.now, **values)


async def outcomes(engine: AsyncEngine) -> list[str]:
    async with reading(engine) as connection:
        rows = await connection.execute(select(sms_inbound.c.outcome).order_by(sms_inbound.c.id))
        return [row.outcome for row in rows]


async def taken_up(engine: AsyncEngine) -> list[Any]:
    async with reading(engine) as connection:
        return list(await connection.execute(select(acknowledgement)))


@pytest.fixture
def replies(resources: Resources) -> Replies:
    return Replies(resources)


@pytest.mark.parametrize("words", ["OK {}", "ok{}", "Đã nhận {}", "DA NHAN {}"])
async def test_a_yes_takes_the_incident_up_in_the_name_of_its_reader(
    troubles: Troubles, replies: Replies, engine: AsyncEngine, words: str
) -> None:
    incident_id = await troubles.incident()
    await telephone(troubles)
    message_id = await told(troubles, incident_id)
    await answered(troubles, words.format(code(incident_id)))
    await replies.look()
    [row] = await taken_up(engine)
    assert (row.incident_id, row.notification_id, row.via) == (incident_id, message_id, "sms")
    assert row.user_id == troubles.province.user_ids["manager"]
    assert await outcomes(engine) == ["acknowledged"]
    async with reading(engine) as connection:
        lines = (await connection.execute(select(access_log))).all()
    assert [line.verb for line in lines] == ["acknowledge"]
    assert "901234567" not in str(lines)


async def test_an_answer_counts_once_however_often_it_comes(
    troubles: Troubles, replies: Replies, engine: AsyncEngine
) -> None:
    incident_id = await troubles.incident()
    await telephone(troubles)
    await told(troubles, incident_id)
    await answered(troubles, f"OK {code(incident_id)}")
    await answered(troubles, f"OK {code(incident_id)} nhe")
    await replies.look()
    await replies.look()
    assert len(await taken_up(engine)) == 1
    assert await outcomes(engine) == ["acknowledged", "acknowledged"]


async def test_two_incidents_are_told_apart_by_their_codes(
    troubles: Troubles, replies: Replies, engine: AsyncEngine
) -> None:
    first, second = await troubles.incident(), await troubles.incident(cause="picture")
    await telephone(troubles)
    await told(troubles, first)
    await told(troubles, second)
    await answered(troubles, f"OK {code(first)}")
    await replies.look()
    assert [row.incident_id for row in await taken_up(engine)] == [first]


@pytest.mark.parametrize("body", ["Cam on", "OK", "Ai do?", "OK 12345"])
async def test_anything_else_is_kept_and_changes_nothing(
    troubles: Troubles, replies: Replies, engine: AsyncEngine, body: str
) -> None:
    await telephone(troubles)
    await told(troubles, await troubles.incident())
    await answered(troubles, body)
    await replies.look()
    assert await taken_up(engine) == []
    assert await outcomes(engine) == ["no_answer"]


async def test_another_telephone_takes_nothing_up(
    troubles: Troubles, replies: Replies, engine: AsyncEngine
) -> None:
    incident_id = await troubles.incident()
    await telephone(troubles)
    await telephone(troubles, "commune", OTHER)
    await told(troubles, incident_id)
    await answered(troubles, f"OK {code(incident_id)}", sender=OTHER)
    await replies.look()
    assert await taken_up(engine) == []
    assert await outcomes(engine) == ["unknown_code"]


@pytest.mark.parametrize("change", [{"verified_at": None}, {"removed_at": "now"}])
async def test_a_telephone_that_is_nobodys_takes_nothing_up(
    troubles: Troubles, replies: Replies, engine: AsyncEngine, change: dict[str, Any]
) -> None:
    incident_id = await troubles.incident()
    values = {key: troubles.now if value else None for key, value in change.items()}
    await telephone(troubles, "manager", NUMBER, **values)
    await told(troubles, incident_id)
    await answered(troubles, f"OK {code(incident_id)}")
    await replies.look()
    assert await taken_up(engine) == []
    assert await outcomes(engine) == ["unknown_code"]


async def test_whoever_lost_the_role_takes_nothing_up(
    troubles: Troubles, replies: Replies, engine: AsyncEngine
) -> None:
    incident_id = await troubles.incident()
    await telephone(troubles)
    await told(troubles, incident_id)
    async with unit_of_work(engine) as connection:
        await connection.execute(
            update(role_assignment)
            .where(role_assignment.c.user_id == troubles.province.user_ids["manager"])
            .values(valid_to=troubles.now - timedelta(minutes=1))
        )
    await answered(troubles, f"OK {code(incident_id)}")
    await replies.look()
    assert await taken_up(engine) == []
    assert await outcomes(engine) == ["no_longer_yours"]


async def test_a_closed_account_takes_nothing_up(
    troubles: Troubles, replies: Replies, engine: AsyncEngine
) -> None:
    incident_id = await troubles.incident()
    await telephone(troubles)
    await told(troubles, incident_id)
    async with unit_of_work(engine) as connection:
        await connection.execute(update(user_account).values(disabled_at=troubles.now))
    await answered(troubles, f"OK {code(incident_id)}")
    await replies.look()
    assert await outcomes(engine) == ["unknown_code"]


async def test_what_is_over_is_over(
    troubles: Troubles, replies: Replies, engine: AsyncEngine
) -> None:
    incident_id = await troubles.incident()
    await telephone(troubles)
    await told(troubles, incident_id)
    await troubles.change(incident_id, state="resolved", resolved_at=troubles.now)
    await answered(troubles, f"OK {code(incident_id)}")
    await replies.look()
    assert await outcomes(engine) == ["over"]


async def test_an_old_message_is_answered_too_late(
    troubles: Troubles, replies: Replies, engine: AsyncEngine
) -> None:
    incident_id = await troubles.incident()
    await telephone(troubles)
    await told(troubles, incident_id, created_at=troubles.now - timedelta(days=8))
    await answered(troubles, f"OK {code(incident_id)}")
    await replies.look()
    assert await outcomes(engine) == ["unknown_code"]


async def test_whoever_guesses_codes_is_not_heard_for_a_while(
    troubles: Troubles, replies: Replies, engine: AsyncEngine
) -> None:
    incident_id = await troubles.incident()
    await telephone(troubles)
    await told(troubles, incident_id)
    wrong = [number for number in range(100) if f"{number:04}" != code(incident_id)]
    for number in wrong[:MOST_WRONG]:
        await answered(troubles, f"OK {number:04}")
    await answered(troubles, f"OK {code(incident_id)}")
    await replies.look()
    assert await outcomes(engine) == ["unknown_code"] * MOST_WRONG + ["too_many"]
    assert await taken_up(engine) == []
