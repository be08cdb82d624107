"""Bugs planted in ingest, each of which the inbox target must find."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from services.ingest import acks, beats, inbox, judge
from services.ingest.quarantine import entries, sample
from tests.fuzz.mutation import mutated
from tests.fuzz.targets import inbox as target

Plant = Callable[[pytest.MonkeyPatch], None]


def _believes_every_clock(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(judge, "attested", lambda at_us, since_us, **_: (since_us, at_us))


def _takes_what_was_retained(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(inbox.Inbox, "_retained", inbox.Inbox.take)


def _takes_any_signature(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(judge, "_is_signed", lambda *_: True)


def _acknowledges_one_more(patch: pytest.MonkeyPatch) -> None:
    add = acks.Acks.add

    def generous(self: acks.Acks, sender: Any, boot: str, seq: int, refusal: Any) -> None:
        add(self, sender, boot, seq, refusal)
        add(self, sender, boot, seq + 1, refusal)

    patch.setattr(acks.Acks, "add", generous)


def _shows_what_it_got(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sample, "of", lambda payload: payload.decode(errors="replace"))


def _keeps_without_end(patch: pytest.MonkeyPatch) -> None:
    def keep(_: Any, entry: entries.Entry, payload: bytes, received_us: int) -> None:
        entry.kept.extend([(received_us, payload)] * 60)

    patch.setattr(entries.Quarantine, "_keep", keep)


def _forgets_who_must_sign(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(judge.Judge, "_signature", lambda *_: None)


def _raises_on_bad_json(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(beats, "_UNREADABLE", (OverflowError,))


@pytest.mark.parametrize(
    "plant",
    [
        _believes_every_clock,
        _takes_what_was_retained,
        _takes_any_signature,
        _acknowledges_one_more,
        _shows_what_it_got,
        _keeps_without_end,
        _forgets_who_must_sign,
        _raises_on_bad_json,
    ],
)
def test_a_planted_bug_is_found(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    with pytest.raises(Exception):  # noqa: B017, PT011 - whatever it does
        _fuzz(inputs=3000)


def _fuzz(*, inputs: int) -> None:
    random = Random(1)  # noqa: S311 - the same each time
    seeds = target.seeds()
    for seed in seeds:
        target.one(seed)
    for _ in range(inputs):
        data = random.choice(seeds)
        for _ in range(random.randrange(1, 4)):
            data = mutated(data, random)
        target.one(data)
