from tests.support.alerting import World


async def test_a_silent_room_becomes_a_gap_an_incident_and_a_mail(world: World) -> None:
    facility = await world.facility()
    zone = await world.zone(facility)
    device = await world.device(facility, zone)
    await world.usual_people(facility)
    await world.attest(device, 0, 100)

    await world.pass_time(160, since_s=100, step_s=10)
    assert await world.gaps() == []
    await world.pass_time(161, since_s=161)
    assert await world.gaps() == [("open", 100, None)]
    assert await world.incidents() == [("facility_silent", "open")]
    assert await world.mails() == []
    await world.pass_time(171, since_s=171)
    assert await world.mails() == [("alert", "facility_manager")]
