import pytest

from services.api.console.paths import own_path


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "http://[::1",
        "javascript:x",
        "",
        "/a\nb",
    ],
)
def test_nobody_is_sent_to_another_site(wanted: str) -> None:
    assert own_path(wanted) == "/"


def test_a_path_of_ours_is_kept() -> None:
    assert own_path("/facilities?q=hoa") == "/facilities?q=hoa"
