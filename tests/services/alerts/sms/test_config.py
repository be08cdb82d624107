import json
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from services.alerts.settings import Settings
from services.alerts.sms.config import Gateways
from shared.runtime import settings

SPEED = {"kind": "speedsms", "name": "speed", "token": "very-secret"}
AS = TypeAdapter(Gateways)


def test_gateways_come_from_a_secret_file_and_are_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "alerts_sms_gateways").write_text(json.dumps([SPEED]))
    (tmp_path / "alerts_database_url").write_text("postgresql://x")
    monkeypatch.setenv(settings.SECRETS_DIR, str(tmp_path))
    for name, value in {
        "SMTP_HOST": "mail", "MAIL_FROM": "a@example.org", "CONSOLE_URL": "https://x"
    }.items():  # fmt: skip
        monkeypatch.setenv(f"ALERTS_{name}", value)
    found = settings.load(Settings)
    assert [one.name for one in found.sms_gateways] == ["speed"]
    assert "very-secret" not in repr(found)
    assert "very-secret" not in found.model_dump_json()


@pytest.mark.parametrize(
    "wrong",
    [
        {"base_url": "http://api.speedsms.vn/index.php/"},
        {"base_url": "ftp://127.0.0.1/"},
        {"base_url": "https://"},
        {"name": "Speed SMS"},
        {"kind": "pigeon"},
        {"surprise": 1},
        {"timeout_s": 60},
    ],
)
def test_what_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        AS.validate_python([SPEED | wrong])


def test_two_gateways_of_one_name_are_refused() -> None:
    with pytest.raises(ValidationError, match="same name"):
        AS.validate_python([SPEED, SPEED])


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/", "http://localhost/x", "https://a.vn"])
def test_an_address_on_this_machine_may_be_plain(url: str) -> None:
    [found] = AS.validate_python([SPEED | {"base_url": url}])
    assert found.kind == "speedsms"
    assert found.base_url.endswith("/")
