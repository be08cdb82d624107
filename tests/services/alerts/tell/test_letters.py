"""What a message says of what comes next."""

from tests.support.alerting import World


async def test_a_message_says_who_is_told_next_and_when(world: World) -> None:
    facility = await world.facility()
    camera = await world.device(facility, await world.zone(facility))
    await world.usual_people(facility)
    await world.rows("UPDATE user_account SET language = 'en' RETURNING id")
    await world.rows("UPDATE ladder_step SET after_s = 900 WHERE step = 2 RETURNING id")
    await world.rows(
        "UPDATE ladder_step SET after_s = 1800, hours = 'office' WHERE step = 3 RETURNING id"
    )
    await world.attest(camera, 0, 100)
    await world.pass_time(300, since_s=100, step_s=20)
    await world.rows("UPDATE notification SET state = 'sent', sent_at = created_at RETURNING id")
    await world.pass_time(1100, since_s=320, step_s=20)
    bodies = [row.body for row in await world.rows("SELECT body FROM notification ORDER BY id")]
    first, second = (
        next(line for line in body.splitlines() if "is told at" in line) for body in bodies
    )
    assert "it is told at 12:18, 20 Nov 2026 to: " in first
    assert "it is told at 13:30, 20 Nov 2026 to: " in second, "when the office opens"
