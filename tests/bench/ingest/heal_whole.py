"""A day healed at its worst: every beat of a thousand plain devices, gateways of sixteen."""

from tests.bench.ingest.heal import ALL_BEATS, DEVICES, heal_cumulative, heal_plain


def measure() -> dict[str, float]:
    seconds = heal_plain(ALL_BEATS)
    return {
        "ingest.heal_cumulative_of_16_s": heal_cumulative("healed"),
        "ingest.heal_plain_s": seconds,
        "ingest.heal_plain_whole_per_s": DEVICES * ALL_BEATS / seconds,
    }


if __name__ == "__main__":
    for key, figure in measure().items():
        print(f"{key:44} {figure:12,.2f}")
