from pathlib import Path

from services.edge.journal import Journal
from services.edge.watch import Watch
from shared.domain.states import WatchState


def watch(number: int) -> Watch:
    return Watch("cam-1", WatchState.OK, number * 1000, number * 1000 + 500)


async def test_what_was_not_delivered_outlives_a_restart(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.json")
    journal.add(watch(1))
    await journal.save([])
    assert Journal(tmp_path / "journal.json").ended == (watch(1),)


async def test_a_watch_that_went_on_has_ended_after_a_restart(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.json")
    await journal.save([watch(2)])
    assert Journal(tmp_path / "journal.json").ended == (watch(2),)


def test_what_was_delivered_is_forgotten(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.json")
    journal.add(watch(1))
    journal.add(watch(2))
    journal.forget([watch(1)])
    assert journal.ended == (watch(2),)


def test_a_full_journal_gives_up_the_oldest(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.json", limit=2)
    for number in (1, 2, 3):
        journal.add(watch(number))
    assert journal.ended == (watch(2), watch(3))


def test_a_torn_file_does_not_keep_the_gateway_from_watching(tmp_path: Path) -> None:
    (tmp_path / "journal.json").write_bytes(b'{"ended": [{"dev')
    assert Journal(tmp_path / "journal.json").ended == ()
