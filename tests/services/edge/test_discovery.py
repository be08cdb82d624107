from dataclasses import replace

import pytest

from services.edge import discovery
from services.edge.discovery import MOST_OF_ONE, DiscoveryError, discover
from shared.contracts.discovery import MOST_FOUND, Found
from tests.support.onvif_cameras import LOOPBACK, Answers, Camera, a_site, envelope

GATE = Camera()


async def found_on(answers: Answers) -> list[Found]:
    async with a_site(answers) as group:
        return await discover(interface=LOOPBACK, wait_s=0.2, group=group)


async def test_a_camera_on_the_site_is_found_once_by_what_it_calls_itself() -> None:
    found = await found_on(lambda asked: [envelope(asked, GATE)])
    assert found == [
        Found(
            endpoint="urn:uuid:5f5a69c2-e0ae-504f-829b-000000000001",
            address="http://127.0.0.1:8080/onvif/device_service",
            name="Cổng trước",
            hardware="IPC-122",
        )
    ]


async def test_several_cameras_in_one_answer_and_in_several() -> None:
    others = [replace(GATE, endpoint=f"urn:uuid:{number:032x}") for number in range(5)]
    found = await found_on(
        lambda asked: [envelope(asked, *others[:3]), *(envelope(asked, one) for one in others[3:])]
    )
    assert [one.endpoint for one in found] == [one.endpoint for one in others]


async def test_where_nobody_answers_nothing_is_found() -> None:
    assert await found_on(lambda _: []) == []


@pytest.mark.parametrize(
    "answer",
    [
        lambda _: envelope("urn:uuid:somebody-else", GATE),
        lambda _: b"\xff\xfe not XML",
        lambda asked: envelope(asked, GATE)[:-20],
        lambda asked: envelope(asked, GATE) + b" " * 20_000,
        lambda asked: envelope(
            asked,
            replace(GATE, endpoint="&c;"),
            doctype=f'<!DOCTYPE x [<!ENTITY c "{GATE.endpoint}">]>',
        ),
        lambda asked: envelope(
            asked, GATE, doctype='<!DOCTYPE x SYSTEM "http://192.0.2.1/evil.dtd">'
        ),
        lambda asked: envelope(
            asked,
            GATE,
            doctype="<!DOCTYPE x ["
            + '<!ENTITY a "aaaaaaaaaa">'
            + "".join(f'<!ENTITY a{n} "{f"&a{n - 1 or str()};" * 10}">' for n in range(1, 10))
            + "]>",
        ),
        lambda asked: envelope(asked, GATE, more="<x>" * 60 + "</x>" * 60),
        lambda asked: envelope(asked, GATE, more="<x/>" * 900),
        lambda asked: envelope(asked, GATE, more=f"<x>{'y' * 5000}</x>"),
    ],
    ids=["not-asked", "no-xml", "cut", "too-long", "entity", "external", "laughs", "deep", "many",
         "text"],
)  # fmt: skip
async def test_an_unsound_answer_is_not_taken_and_disturbs_nobody(answer: object) -> None:
    sound = replace(GATE, endpoint=f"urn:uuid:{7:032x}")
    found = await found_on(
        lambda asked: [answer(asked), envelope(asked, sound)]  # type: ignore[operator]  # a lambda
    )
    assert [one.endpoint for one in found] == [sound.endpoint]


@pytest.mark.parametrize(
    "camera",
    [
        replace(GATE, addresses="http://192.168.1.1/onvif"),
        replace(GATE, addresses="http://8.8.8.8/onvif"),
        replace(GATE, addresses="http://internal.example/onvif"),
        replace(GATE, addresses=f"ftp://{LOOPBACK}/onvif"),
        replace(GATE, addresses=f"http://{LOOPBACK}@8.8.8.8/onvif"),
        replace(GATE, addresses=f"http://{LOOPBACK}:99999/onvif"),
        replace(GATE, addresses=f"http://{LOOPBACK}/on&lt;script&gt;"),
        replace(GATE, addresses=""),
        replace(GATE, endpoint="http://127.0.0.1/"),
        replace(GATE, endpoint="urn:uuid:' OR 1=1"),
        replace(GATE, types="pub:Computer"),
    ],
)
async def test_what_points_elsewhere_or_is_no_camera_is_not_taken(camera: Camera) -> None:
    assert await found_on(lambda asked: [envelope(asked, camera)]) == []


async def test_of_several_addresses_the_one_it_speaks_from_is_taken() -> None:
    both = replace(GATE, addresses=f"http://10.0.0.7/onvif http://{LOOPBACK}/onvif")
    (found,) = await found_on(lambda asked: [envelope(asked, both)])
    assert found.address == "http://127.0.0.1/onvif"


async def test_names_are_plain_and_short() -> None:
    scopes = "onvif://www.onvif.org/name/%E2%80%AE%00%1b%5B31m" + "n" * 300
    (found,) = await found_on(lambda asked: [envelope(asked, replace(GATE, scopes=scopes))])
    assert found.name == "[31m" + "n" * 76
    assert found.hardware == ""


async def test_one_that_talks_without_end_is_heard_a_few_times_only() -> None:
    many = [replace(GATE, endpoint=f"urn:uuid:{number:032x}") for number in range(200)]
    found = await found_on(lambda asked: [envelope(asked, one) for one in many])
    assert len(found) <= MOST_OF_ONE


async def test_no_more_are_found_than_can_be_told() -> None:
    def crowd(asked: str) -> list[bytes]:
        cameras = [replace(GATE, endpoint=f"urn:uuid:{number:032x}") for number in range(96)]
        return [envelope(asked, *cameras[at : at + 12]) for at in range(0, 96, 12)]

    assert len(await found_on(crowd)) == MOST_FOUND


async def test_a_network_that_is_not_ours_is_told_of() -> None:
    with pytest.raises(DiscoveryError):
        await discover(interface="203.0.113.9", wait_s=0)


def test_it_asks_where_onvif_cameras_listen() -> None:
    assert discovery.GROUP == ("239.255.255.250", 3702)
