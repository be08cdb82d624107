from pathlib import Path

import pytest

from tests.fuzz import catalogue, gauge
from tests.fuzz.gauge import ExceededError, Gauge


@pytest.mark.parametrize(("planted", "told"), [("lingers", "took"), ("hoards", "grew by")])
def test_what_lingers_or_hoards_is_found(planted: str, told: str, tmp_path: Path) -> None:
    measured = Gauge(tmp_path / "figures", catalogue.target(planted).one)
    measured(b"{}")
    with pytest.raises(ExceededError, match=told):
        measured(b"12345")


def test_the_figures_can_be_read_whatever_became_of_the_process(tmp_path: Path) -> None:
    path = tmp_path / "figures"
    assert gauge.read(path) == (0, 0.0, 0.0)
    measured = Gauge(path, catalogue.target("raises").one)
    measured(b"{}")
    with pytest.raises(KeyError):
        measured(b"12345")
    inputs, slowest_ms, growth_mb = gauge.read(path)
    assert inputs == 1
    assert 0 <= slowest_ms < 100
    assert growth_mb == 0
