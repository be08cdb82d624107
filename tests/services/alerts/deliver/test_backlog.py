"""However much waits, what is urgent goes first (FAULTS F78)."""

import asyncio
import time

from tests.support.mail_server import MailServer
from tests.support.post import Post

WAITING, URGENT = 100_000, 120


async def test_behind_a_hundred_thousand_the_urgent_ones_are_out_in_a_moment(
    post: Post, mail: MailServer
) -> None:
    await post.world.rows(
        """
        INSERT INTO notification (incident_id, kind, priority, occasion, channel, address, language,
                                  role, subject, body, message_id, state, created_at, due_at)
        SELECT CAST(:incident AS bigint), 'alert',
               CASE WHEN n > CAST(:waiting AS int) THEN 2 ELSE n % 2 END, n, 'email',
               'w' || n || '@example.org', 'vi', 'FACILITY_MANAGER',
               CASE WHEN n > CAST(:waiting AS int) THEN 'urgent' ELSE 'patient' END, 'x',
               '<w' || n || '@giamsat.example>', 'pending',
               CAST(:at AS timestamptz), CAST(:at AS timestamptz)
        FROM generate_series(1, CAST(:waiting AS int) + CAST(:urgent AS int)) AS n RETURNING 1
        """,
        incident=post.incident_id, waiting=WAITING, urgent=URGENT, at=post.clock.at,
    )  # fmt: skip
    began_s = time.perf_counter()

    async def deliver() -> None:
        deliverer = post.deliverer()
        for _ in range(URGENT // 3):
            await deliverer.send_next()
        await deliverer.carriers[next(iter(deliverer.carriers))].rest()

    await asyncio.gather(deliver(), deliver(), deliver())
    took_s = time.perf_counter() - began_s
    assert {str(one["Subject"]) for one in mail.received} == {"urgent"}
    assert len(mail.received) == URGENT
    # The last of them, without statistics or a vacuum after all that was put in.
    assert took_s < 60
