from dataclasses import replace

import pytest

from services.cli.simulate.options import (
    DialectName,
    Options,
    OptionsError,
    Trouble,
    checked,
    dialects,
)


@pytest.mark.parametrize(
    "wrong",
    [
        Options(facilities=0),
        Options(devices=101),
        Options(interval_s=0),
        Options(seconds=0),
        Options(messages=0),
        Options(lost=1.5),
        Options(off=Trouble(1.0, 60)),
        Options(cut=Trouble(0.1, 0)),
        Options(dialects={}),
        Options(dialects={DialectName.GATEWAY: 0}),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is(wrong: Options) -> None:
    with pytest.raises(OptionsError):
        checked(wrong)


def test_what_can_be_done_is_taken_as_it_is() -> None:
    asked = replace(Options(), lost=1, off=Trouble(0.99, 0.1))
    assert checked(asked) is asked


def test_dialects_are_named_with_or_without_a_weight() -> None:
    assert dialects(["gateway=3", "heartbeat"]) == {
        DialectName.GATEWAY: 3,
        DialectName.HEARTBEAT: 1,
    }


@pytest.mark.parametrize("word", ["morse", "gateway=many"])
def test_an_unknown_dialect_is_named_with_those_that_are_known(word: str) -> None:
    with pytest.raises(OptionsError, match="gateway, heartbeat"):
        dialects([word])
