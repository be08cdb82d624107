"""The one statement that puts messages into the outbox, and where people can be reached."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.outbox.drafts import Message
from shared.domain.delivery import CAP_WINDOW, Channel, MessageKind
from shared.domain.incidents import EventKind
from shared.domain.reaching import Contact
from shared.domain.web_push import BROWSERS_OF

_CONTACTS = text(
    """
    SELECT found.user_id, found.channel, found.address, fault.address IS NOT NULL
    FROM (
        SELECT u.id AS user_id, 'email' AS channel, u.email AS address, 0 AS place
        FROM user_account u
        WHERE u.id = ANY(CAST(:users AS bigint[]))
          AND coalesce(u.disabled_at, 'infinity') > CAST(:now AS timestamptz)
        UNION ALL
        SELECT c.user_id, c.channel, c.address, c.id
        FROM contact_point c JOIN user_account u ON u.id = c.user_id
        WHERE c.user_id = ANY(CAST(:users AS bigint[])) AND c.channel <> 'push'
          AND c.verified_at IS NOT NULL AND c.removed_at IS NULL
          AND coalesce(u.disabled_at, 'infinity') > CAST(:now AS timestamptz)
        UNION ALL
        -- All browsers of a person that are still there are one address.
        SELECT c.user_id, c.channel, CAST(:browsers AS text) || c.user_id, max(c.id)
        FROM contact_point c JOIN user_account u ON u.id = c.user_id
        WHERE c.user_id = ANY(CAST(:users AS bigint[])) AND c.channel = 'push'
          AND c.verified_at IS NOT NULL AND c.removed_at IS NULL
          AND coalesce(u.disabled_at, 'infinity') > CAST(:now AS timestamptz)
          AND NOT EXISTS (SELECT FROM address_fault gone
                          WHERE gone.channel = c.channel AND gone.address = c.address)
        GROUP BY c.user_id, c.channel
    ) AS found
    LEFT JOIN address_fault fault
           ON fault.channel = found.channel AND fault.address = found.address
    ORDER BY found.user_id, found.place
    """
)


async def contacts(
    connection: AsyncConnection, user_ids: Collection[int], *, now: datetime
) -> dict[int, list[Contact]]:
    """By person: the mail address of the account, and what they have proved to be theirs."""
    facts = {"users": list(user_ids), "browsers": BROWSERS_OF, "now": now}
    found = await connection.execute(_CONTACTS, facts)
    people: dict[int, list[Contact]] = {}
    for user_id, channel, address, is_faulty in found:
        people.setdefault(user_id, []).append(Contact(Channel(channel), address, is_faulty))
    return people


# What is over the cap of its address is put in all the same, as held back: it is told in a digest,
# and its incident says so.
_PUT_IN = text(
    """
    WITH fresh AS (
        SELECT * FROM unnest(
            CAST(:incidents AS bigint[]), CAST(:users AS bigint[]), CAST(:kinds AS text[]),
            CAST(:priorities AS int[]), CAST(:occasions AS int[]), CAST(:channels AS text[]),
            CAST(:addresses AS text[]), CAST(:languages AS text[]), CAST(:roles AS text[]),
            CAST(:subjects AS text[]), CAST(:bodies AS text[]), CAST(:shorts AS text[]),
            CAST(:orders AS text[]), CAST(:ids AS text[]), CAST(:insteads AS bigint[]),
            CAST(:caps AS int[])
        ) WITH ORDINALITY AS fresh (
            incident_id, user_id, kind, priority, occasion, channel, address, language, role,
            subject, body, short, channel_order, message_id, instead_of, cap, place)
        WHERE NOT EXISTS (SELECT FROM notification known WHERE known.message_id = fresh.message_id)
    ), busy AS (
        SELECT reader.channel, reader.address, count(n.id) AS messages
        FROM (SELECT DISTINCT channel, address FROM fresh) AS reader
        LEFT JOIN notification n
               ON n.address = reader.address AND n.channel = reader.channel
              AND n.created_at > CAST(:since AS timestamptz)
              AND n.state <> 'digested' AND n.kind <> ALL(CAST(:uncapped AS text[]))
        GROUP BY reader.channel, reader.address
    ), counted AS (
        SELECT fresh.*,
               fresh.kind <> ALL(CAST(:uncapped AS text[]))
               AND busy.messages + row_number() OVER (
                   PARTITION BY fresh.channel, fresh.address ORDER BY fresh.place
               ) > fresh.cap AS is_over
        FROM fresh JOIN busy USING (channel, address)
    ), put_in AS (
        INSERT INTO notification (
            incident_id, user_id, kind, priority, occasion, channel, address, language, role,
            subject, body, short, channels, message_id, instead_of, state, created_at, due_at)
        SELECT incident_id, user_id, kind, priority, occasion, channel, address, language, role,
               subject, body, short, string_to_array(channel_order, ','), message_id, instead_of,
               CASE WHEN is_over THEN 'digested' ELSE 'pending' END,
               CAST(:now AS timestamptz), CAST(:now AS timestamptz)
        FROM counted ORDER BY place
        ON CONFLICT DO NOTHING
        RETURNING id, incident_id, kind, role, channel, user_id, state
    ), held AS (
        INSERT INTO event (happened_at, kind, facility_id, incident_id, detail)
        SELECT CAST(:now AS timestamptz), :digested, i.facility_id, i.id,
               jsonb_build_object('notification_id', put_in.id, 'kind', put_in.kind,
                                  'role', put_in.role, 'channel', put_in.channel,
                                  'user_id', put_in.user_id, 'reason', 'over_the_cap')
        FROM put_in JOIN incident i ON i.id = put_in.incident_id
        WHERE put_in.state = 'digested'
        ORDER BY put_in.id
    )
    SELECT count(*) FROM put_in
    """
)
#: A digest is what the cap leads to, and a test is asked for by its reader.
_UNCAPPED = [MessageKind.DIGEST, MessageKind.TEST]


async def put_in(connection: AsyncConnection, messages: Sequence[Message], *, now: datetime) -> int:
    """How many were new. The same one twice is one."""
    drafts = [message.draft for message in messages]
    found = await connection.execute(
        _PUT_IN,
        {
            "now": now,
            "since": now - CAP_WINDOW,
            "digested": EventKind.DIGESTED,
            "uncapped": _UNCAPPED,
            "incidents": [draft.incident_id for draft in drafts],
            "users": [draft.recipient.user_id or None for draft in drafts],
            "kinds": [draft.kind for draft in drafts],
            "priorities": [draft.priority for draft in drafts],
            "occasions": [draft.occasion for draft in drafts],
            "channels": [message.channel for message in messages],
            "addresses": [message.address for message in messages],
            "languages": [draft.recipient.language for draft in drafts],
            "roles": [draft.recipient.role for draft in drafts],
            "subjects": [draft.subject for draft in drafts],
            "bodies": [draft.body for draft in drafts],
            "shorts": [draft.short or draft.subject for draft in drafts],
            "orders": [",".join(message.order) for message in messages],
            "ids": [message.message_id for message in messages],
            "insteads": [message.instead_of for message in messages],
            "caps": [m.draft.limits.get(m.channel, 0) for m in messages],
        },
    )
    return int(found.scalar_one())
