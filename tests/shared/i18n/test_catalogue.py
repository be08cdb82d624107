from pathlib import Path

from babel.messages.pofile import read_po

from shared.i18n.catalogue import CATALOGUE, vietnamese
from tests.support.msgids import used_msgids

PRODUCT = Path(__file__).parents[3]


def test_every_text_has_its_vietnamese() -> None:
    words = vietnamese()
    missing = {(place, msgid) for place, msgid in used_msgids(PRODUCT) if not words.get(msgid)}
    assert missing == set()


def test_no_vietnamese_is_left_over() -> None:
    used = {msgid for _, msgid in used_msgids(PRODUCT)}
    assert set(vietnamese()) - used == set()


def test_nothing_is_fuzzy_and_placeholders_agree() -> None:
    with CATALOGUE.open("rb") as source:
        messages = [m for m in read_po(source, locale="vi") if m.id]
    assert [m.id for m in messages if m.fuzzy] == []
    assert [(m.id, str(fault)) for m in messages for fault in m.check()] == []
