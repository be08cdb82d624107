"""The whole day of a thousand plain devices, beat by beat: 2.88 million messages."""

from tests.bench.ingest.heal import ALL_BEATS, DEVICES, heal_plain


def measure() -> dict[str, float]:
    seconds = heal_plain(ALL_BEATS)
    return {
        "ingest.heal_plain_s": seconds,
        "ingest.heal_plain_whole_per_s": DEVICES * ALL_BEATS / seconds,
    }


if __name__ == "__main__":
    for key, figure in measure().items():
        print(f"{key:44} {figure:12,.2f}")
