"""A plan of facilities by latitude and longitude: a plain grid, as no map may be fetched. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, cos, floor, radians
from typing import Final

from markupsafe import Markup, escape

from services.api.facilities.shapes import placed

WIDTH: Final = 1000.0
_LEAST_HEIGHT: Final = 300.0
_MOST_HEIGHT: Final = 560.0
_EDGE: Final = 48.0
_STEPS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_MOST_LINES: Final = 8


@dataclass(frozen=True, slots=True)
class Spot:
    """A facility on the plan, where a click leads to, and what it says when pointed at."""

    latitude: float
    longitude: float
    state: str
    address: str
    words: str


@dataclass(frozen=True, slots=True)
class _Field:
    """From degrees to the units of the drawing; a degree east is shorter away from the equator."""

    south: float
    west: float
    north: float
    east: float

    @property
    def squeeze(self) -> float:
        return cos(radians((self.south + self.north) / 2))

    @property
    def unit(self) -> float:
        """Of a degree of latitude."""
        by_width = (WIDTH - 2 * _EDGE) / ((self.east - self.west) * self.squeeze)
        by_height = (_MOST_HEIGHT - 2 * _EDGE) / (self.north - self.south)
        return min(by_width, by_height)

    @property
    def height(self) -> float:
        return max(_LEAST_HEIGHT, (self.north - self.south) * self.unit + 2 * _EDGE)

    def at(self, latitude: float, longitude: float) -> tuple[float, float]:
        middle_x, middle_y = (self.west + self.east) / 2, (self.south + self.north) / 2
        x = WIDTH / 2 + (longitude - middle_x) * self.squeeze * self.unit
        return x, self.height / 2 - (latitude - middle_y) * self.unit


def plan(spots: Sequence[Spot], *, label: str) -> Markup:
    """Nothing where nobody has a position."""
    if not spots:
        return Markup("")
    field = _field(spots)
    marks = "".join(_spot(spot, field) for spot in sorted(spots, key=lambda one: one.state))
    return Markup(  # noqa: S704 - every text in it was escaped
        f'<svg class="plan" viewBox="0 0 {WIDTH:.0f} {field.height:.0f}" role="img" '
        f'aria-label="{escape(label)}">{_graticule(field)}{marks}</svg>'
    )


def _field(spots: Sequence[Spot]) -> _Field:
    """All of them, and a little around."""
    south, north = min(s.latitude for s in spots), max(s.latitude for s in spots)
    west, east = min(s.longitude for s in spots), max(s.longitude for s in spots)
    grow = max((north - south) * 0.05, (east - west) * 0.05, 0.02)
    tight = _Field(max(-89.0, south - grow), west - grow, min(89.0, north + grow), east + grow)
    # As wide as the paper: the lines go to its edges.
    spare = (WIDTH - 2 * _EDGE) / (tight.unit * tight.squeeze) - (tight.east - tight.west)
    return _Field(tight.south, tight.west - spare / 2, tight.north, tight.east + spare / 2)


def _spot(spot: Spot, field: _Field) -> str:
    x, y = field.at(spot.latitude, spot.longitude)
    mark = placed(spot.state, x, y, size=22)
    return (
        f'<a href="{escape(spot.address)}" aria-label="{escape(spot.words)}">'
        f"<title>{escape(spot.words)}</title>{mark}</a>"
    )


def _graticule(field: _Field) -> str:
    """Lines of whole steps, each with its degrees at the edge."""
    span = max(field.north - field.south, field.east - field.west)
    step = next((one for one in _STEPS if span / one <= _MOST_LINES), _STEPS[-1])
    parts = []
    for degrees in _between(field.west, field.east, step):
        x, _ = field.at(field.south, degrees)
        parts.append(
            f'<path class="tick" d="M{x:.1f} 0V{field.height:.0f}"/>'
            f'<text x="{x + 4:.1f}" y="{field.height - 6:.0f}">{degrees:.2f}° E</text>'
        )
    for degrees in _between(field.south, field.north, step):
        _, y = field.at(degrees, field.west)
        parts.append(
            f'<path class="tick" d="M0 {y:.1f}H{WIDTH:.0f}"/>'
            f'<text x="4" y="{y - 4:.1f}">{degrees:.2f}° N</text>'
        )
    return "".join(parts)


def _between(low: float, high: float, step: float) -> list[float]:
    return [n * step for n in range(ceil(low / step), floor(high / step) + 1)]
