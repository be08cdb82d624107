from io import StringIO
from pathlib import Path

from rich.console import Console

from services.cli import summary
from services.cli.run_file import Endpoint, LogIn, Running

SOMEBODY = LogIn("somebody@giamsat.example", "a-password")


def shown(*, users: dict[str, LogIn], mail_server: str | None) -> str:
    running = Running(
        console_url="http://127.0.0.1:8080",
        api_url="http://127.0.0.1:8080/api/v1",
        mqtt=Endpoint("127.0.0.1", 1883),
        database_url="postgresql://127.0.0.1",
        mail_dir="var/mail",
        admin=SOMEBODY,
        users=users,
        processes={},
        health={},
    )
    text = StringIO()
    console = Console(file=text, highlight=False, width=200)
    summary.show(console, running, data=Path("var"), after_s=1, mail_server=mail_server)
    return text.getvalue()


def test_without_a_mail_server_it_says_that_nothing_is_sent() -> None:
    said = shown(users={}, mail_server=None)
    assert "only kept, in var/mail; set ALERTS_SMTP_HOST to really send it" in said


def test_the_demo_shows_where_its_mail_lies() -> None:
    said = shown(users={"INSPECTOR": SOMEBODY}, mail_server=None)
    assert "var/mail" in said
    assert "ALERTS_SMTP_HOST" not in said


def test_a_mail_server_is_named() -> None:
    assert "sent through smtp.example" in shown(users={}, mail_server="smtp.example")
