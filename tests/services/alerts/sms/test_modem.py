"""The real gammu with the telephone that it plays itself; a script where gammu must fail."""

import asyncio
import shutil
from pathlib import Path

import pytest

from services.alerts.sms.gateway import (
    Answered,
    Fault,
    GatewayError,
    NotKeptError,
    Reported,
    ShortMessage,
)
from services.alerts.sms.modem import Device, Modem, answers_in
from tests.support.sms_gateways.dummy_phone import DummyPhone

MESSAGE = ShortMessage("+84901234567", "Phong 1 khong ai trong", "0" * 32)

needs_gammu = pytest.mark.skipif(shutil.which("gammu") is None, reason="gammu is not installed")


@pytest.fixture
def phone(tmp_path: Path) -> DummyPhone:
    phone = DummyPhone(tmp_path)
    phone.install()
    return phone


@pytest.fixture
def modem(phone: DummyPhone, tmp_path: Path) -> Modem:
    return Modem("modem", Device("gammu", phone.config_file, tmp_path / "inbox", timeout_s=10))


def scripted(tmp_path: Path, script: str, *, timeout_s: float = 10) -> Modem:
    program = tmp_path / "gammu"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return Modem("modem", Device(str(program), tmp_path / "rc", None, timeout_s=timeout_s))


class Heard(list[Answered | Reported]):
    async def hear(self, said: Reported | Answered) -> None:
        self.append(said)


@needs_gammu
@pytest.mark.parametrize("text", ["OK", "x" * 300, "Phòng không ai trông", "ế" * 200])
async def test_gammu_takes_a_message_of_any_length_and_alphabet(modem: Modem, text: str) -> None:
    taken = await modem.send(ShortMessage(MESSAGE.number, text, MESSAGE.key))
    assert taken.ref.isdecimal()


@needs_gammu
async def test_two_messages_at_once_go_one_after_the_other(modem: Modem) -> None:
    taken = await asyncio.gather(*(modem.send(MESSAGE) for _ in range(3)))
    assert len(taken) == 3


@needs_gammu
async def test_answers_are_taken_out_of_the_modem(
    modem: Modem, phone: DummyPhone, tmp_path: Path
) -> None:
    phone.receive("+84901234567", "Đã nhận 1234")
    phone.receive("0901234568", "OK 4321")
    phone.receive("VIETTEL", "Khuyen mai")
    heard = Heard()
    await modem.take_in(tmp_path / "inbox", heard.hear)
    assert [(said.sender, said.body) for said in heard if isinstance(said, Answered)] == [
        ("+84901234567", "Đã nhận 1234"),
        ("+84901234568", "OK 4321"),
    ]
    assert phone.waiting() == 0


@needs_gammu
async def test_an_answer_that_was_not_written_down_is_not_lost(
    modem: Modem, phone: DummyPhone, tmp_path: Path
) -> None:
    phone.receive("+84901234567", "OK 1234")

    async def fail(_: Reported | Answered) -> None:
        raise NotKeptError

    with pytest.raises(NotKeptError):
        await modem.take_in(tmp_path / "inbox", fail)
    heard = Heard()
    await modem.take_in(tmp_path / "inbox", heard.hear)
    assert len(heard) == 1


@needs_gammu
async def test_an_empty_inbox_says_nothing(modem: Modem, tmp_path: Path) -> None:
    heard = Heard()
    await modem.take_in(tmp_path / "inbox", heard.hear)
    await modem.take_in(tmp_path / "inbox", heard.hear)
    assert heard == []


@needs_gammu
async def test_a_modem_that_is_not_plugged_in_took_nothing(tmp_path: Path) -> None:
    config = tmp_path / "gammurc"
    config.write_text("[gammu]\nconnection = at115200\ndevice = /dev/no-such-modem\n")
    modem = Modem("modem", Device("gammu", config, None, timeout_s=10))
    with pytest.raises(GatewayError) as caught:
        await modem.send(MESSAGE)
    assert caught.value.fault is Fault.GATEWAY


async def test_a_program_that_is_not_there_took_nothing(tmp_path: Path) -> None:
    modem = Modem("modem", Device(str(tmp_path / "none"), tmp_path / "rc", None, timeout_s=1))
    with pytest.raises(GatewayError) as caught:
        await modem.send(MESSAGE)
    assert caught.value.fault is Fault.GATEWAY


async def test_the_text_is_handed_over_where_no_process_list_shows_it(tmp_path: Path) -> None:
    script = f'cat > {tmp_path}/text; echo "$@" > {tmp_path}/arguments; ' + (
        'echo "Sending SMS 1/1..OK, message reference=7"'
    )
    taken = await scripted(tmp_path, script).send(MESSAGE)
    assert taken.ref == "7"
    assert (tmp_path / "text").read_text() == MESSAGE.text
    arguments = (tmp_path / "arguments").read_text()
    assert arguments == f"-c {tmp_path}/rc sendsms TEXT +84901234567 -len 160\n"


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        ("cat >/dev/null; echo 'Sending SMS 1/1..error 500, message reference=-1'; exit 1",
         Fault.GATEWAY),
        ("cat >/dev/null; echo 'Sending SMS 1/2..OK, message reference=7'; exit 1", Fault.UNKNOWN),
        ("cat >/dev/null; echo 'Sending SMS 1/1..'", Fault.UNKNOWN),
        ("exec sleep 30", Fault.UNKNOWN),
    ],
)  # fmt: skip
async def test_what_goes_wrong_is_told_as_what_it_is(
    tmp_path: Path, script: str, fault: Fault
) -> None:
    modem = scripted(tmp_path, script, timeout_s=0.5)
    with pytest.raises(GatewayError) as caught:
        await modem.send(MESSAGE)
    assert caught.value.fault is fault


def test_what_we_sent_ourselves_is_no_answer() -> None:
    backup = (
        '[SMSBackup000]\nPDU = Submit\nState = Sent\nNumber = "+84901234567"\nText00 = 004F004B\n'
    )
    assert list(answers_in(backup)) == []
    [answer] = answers_in(backup.replace("Sent", "UnRead"))
    assert answer.body == "OK"


@pytest.mark.parametrize("backup", ["", "[SMSBackup000]", "rubbish", "[SMSBackup000]\nText00 = zz"])
def test_a_broken_file_holds_no_answers(backup: str) -> None:
    assert list(answers_in(backup)) == []
