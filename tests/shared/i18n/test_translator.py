from datetime import UTC, date, datetime, timedelta

import pytest

from shared.i18n import translator

VI = translator("vi")
EN = translator("en")
AT = datetime(2026, 11, 23, 15, 24, 7, tzinfo=UTC)
ZONE = "Asia/Ho_Chi_Minh"


@pytest.mark.parametrize(
    ("seconds", "vi", "en"),
    [
        (0, "0 giây", "0 s"),
        (45, "45 giây", "45 s"),
        (27 * 60 + 59, "27 phút", "27 min"),
        (96 * 60, "1 giờ 36 phút", "1 h 36 min"),
        (3600, "1 giờ", "1 h"),
        (51 * 3600, "2 ngày 3 giờ", "2 d 3 h"),
    ],
)
def test_durations_are_told_in_their_two_largest_units(seconds: int, vi: str, en: str) -> None:
    length = timedelta(seconds=seconds)
    assert (VI.duration(length), EN.duration(length)) == (vi, en)


def test_what_adds_up_is_told_to_the_second() -> None:
    told = [VI.whole_duration(timedelta(seconds=n)) for n in (0, 7, 3600, 47 * 3600 + 24 * 60 + 7)]
    assert told == ["0 giây", "7 giây", "1 giờ", "47 giờ 24 phút 7 giây"]


def test_instants_are_told_on_the_facilitys_clock() -> None:
    assert VI.instant(AT, ZONE) == "22:24, 23/11/2026"
    assert EN.instant(AT, ZONE) == "22:24, 23 Nov 2026"
    assert VI.clock(AT, ZONE) == "22:24:07"


def test_an_instant_of_today_needs_no_day() -> None:
    assert VI.instant_near(AT, ZONE, today=date(2026, 11, 23)) == "22:24"
    assert VI.instant_near(AT, ZONE, today=date(2026, 11, 24)) == "22:24, 23/11"


def test_days_are_told_in_full() -> None:
    assert VI.long_day(date(2026, 11, 23)) == "thứ Hai ngày 23 tháng 11 năm 2026"
    assert EN.long_day(date(2026, 11, 23)) == "Monday 23 November 2026"


def test_only_all_of_it_is_a_hundred_percent() -> None:
    assert VI.percent(1) == "100,00 %"
    assert VI.percent(0.99999) == "99,99 %"
    assert EN.percent(0.9931) == "99.31 %"


def test_numbers_are_grouped_the_languages_way() -> None:
    assert (VI.number(1204), EN.number(1204)) == ("1.204", "1,204")


def test_an_unknown_language_is_answered_in_vietnamese() -> None:
    assert translator("fr").language == "vi"
