import pytest

from shared.domain.delivery import MessageKind
from shared.domain.templates import CHANNELS, FACTS, check
from shared.i18n import LANGUAGES, translator
from shared.i18n.shipped import shipped


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", sorted(FACTS))
def test_the_words_we_ship_pass_the_check_that_others_have_to(
    kind: MessageKind, language: str
) -> None:
    for channel in CHANNELS:
        words = shipped(kind, channel, translator(language))
        assert check(words, kind, channel) == ()


def test_they_are_in_the_language_of_the_reader() -> None:
    said = {one: shipped(MessageKind.REMINDER, CHANNELS[0], translator(one)) for one in LANGUAGES}
    assert said["en"].subject == "Reminder {n}: {what}"
    assert said["vi"].subject == "Nhắc lại lần {n}: {what}"
