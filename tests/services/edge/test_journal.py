from pathlib import Path

from services.edge.journal import Journal
from services.edge.watch import Watch
from shared.domain.states import WatchState


def watch(number: int) -> Watch:
    return Watch("cam-1", WatchState.OK, number * 1000, number * 1000 + 500)


async def test_what_was_not_acknowledged_outlives_a_restart(tmp_path: Path) -> None:
    await Journal(tmp_path / "journal.json").save([watch(1), watch(2)], [])
    assert Journal(tmp_path / "journal.json").past == (watch(1), watch(2))


async def test_a_watch_that_went_on_has_ended_after_a_restart(tmp_path: Path) -> None:
    await Journal(tmp_path / "journal.json").save([watch(1)], [watch(2)])
    assert Journal(tmp_path / "journal.json").past == (watch(1), watch(2))


def test_a_torn_file_does_not_keep_the_gateway_from_watching(tmp_path: Path) -> None:
    (tmp_path / "journal.json").write_bytes(b'{"ended": [{"dev')
    assert Journal(tmp_path / "journal.json").past == ()


async def test_a_disk_that_fails_does_not_keep_the_gateway_from_telling(tmp_path: Path) -> None:
    folder = tmp_path / "card"
    journal = Journal(folder / "journal.json")
    await journal.save([watch(1)], [])
    folder.mkdir()
    await journal.save([watch(1)], [])
    assert Journal(folder / "journal.json").past == (watch(1),)
