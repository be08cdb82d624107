from pathlib import Path

import pytest
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.runtime import settings


class Sample(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="SAMPLE_", frozen=True)

    port: int = 1
    password: str
    link_key: settings.LinkKey = ""


def test_a_secret_is_read_from_the_file_named_like_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sample_password").write_text("hidden")
    monkeypatch.setenv(settings.SECRETS_DIR, str(tmp_path))
    monkeypatch.setenv("SAMPLE_PORT", "7")
    assert settings.load(Sample) == Sample(port=7, password="hidden")


def test_what_is_missing_or_wrong_is_named_by_its_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(settings.SECRETS_DIR, raising=False)
    monkeypatch.setenv("SAMPLE_PORT", "many")
    with pytest.raises(
        SystemExit, match=r"SAMPLE_PORT: .*integer.*\n.*SAMPLE_PASSWORD: .*required"
    ):
        settings.load(Sample)


def test_what_two_services_share_has_one_name_for_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "link_key").write_text("one key that both of them are given")
    (tmp_path / "sample_password").write_text("hidden")
    monkeypatch.setenv(settings.SECRETS_DIR, str(tmp_path))
    assert settings.load(Sample).link_key == "one key that both of them are given"


def test_a_key_that_is_too_short_is_named_as_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(settings.SECRETS_DIR, raising=False)
    monkeypatch.setenv("SAMPLE_PASSWORD", "hidden")
    monkeypatch.setenv("LINK_KEY", "short")
    with pytest.raises(SystemExit, match=r"\n  LINK_KEY: .*32 characters"):
        settings.load(Sample)
