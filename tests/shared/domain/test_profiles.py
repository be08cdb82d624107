from shared.domain.profiles import Rhythm


def test_silence_up_to_interval_and_tolerance_says_nothing() -> None:
    assert Rhythm(30).longest_silence_s == 36
    assert Rhythm(5).longest_silence_s == 7, "two seconds at least"
    assert Rhythm(600, 60).longest_silence_s == 660
    assert Rhythm(90_000, 0).longest_silence_s == 90_000
