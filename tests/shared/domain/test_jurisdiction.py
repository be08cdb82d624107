from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.jurisdiction import (
    Change,
    Choice,
    Level,
    Move,
    Order,
    Stay,
    Succession,
    Unassigned,
    Unit,
    after,
    cut_over,
    lay_in,
)
from shared.domain.succession_laws import faults_of_successions, faults_of_units

BEGIN = date(2020, 1, 1)
DAYS = 12
PROVINCE = 0
FACILITIES = range(1, 8)


def day(number: int) -> date:
    return BEGIN + timedelta(days=number)


@dataclass
class Land:
    """A naive model: on each day a map of plots to communes, and of facilities to plots.

    A plot is what no reorganisation ever divides; a facility stands on one plot for ever.
    """

    units: dict[int, Unit] = field(default_factory=dict)
    successions: list[Succession] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)
    #: by day: commune → plots
    maps: list[dict[int, frozenset[int]]] = field(default_factory=list)

    today: dict[int, frozenset[int]] = field(default_factory=dict)

    @property
    def order(self) -> Order:
        return Order(dict(self.units), tuple(self.successions))

    def commune_of(self, plot: int, number: int) -> int:
        (found,) = [commune for commune, plots in self.maps[number].items() if plot in plots]
        return found

    def found(self, plots: frozenset[int], number: int) -> int:
        unit_id = len(self.units)
        code = f"C{unit_id}"
        self.units[unit_id] = Unit(unit_id, code, Level.COMMUNE, PROVINCE, day(number))
        self.today[unit_id] = plots
        return unit_id

    def end(self, unit_id: int, number: int) -> frozenset[int]:
        self.units[unit_id] = replace(self.units[unit_id], valid_to=day(number))
        return self.today.pop(unit_id)

    def join(self, olds: list[int], number: int) -> None:
        kind = Change.RENAME if len(olds) == 1 else Change.MERGE
        plots = [self.end(old, number) for old in olds]
        heir = self.found(frozenset().union(*plots), number)
        self.successions += [Succession(old, heir, kind, day(number)) for old in olds]

    def split(self, old: int, cut: int, number: int) -> None:
        plots = sorted(self.end(old, number))
        for part in (plots[:cut], plots[cut:]):
            heir = self.found(frozenset(part), number)
            self.successions.append(Succession(old, heir, Change.SPLIT, day(number)))
            self.choices += [Choice(plot, heir, day(number)) for plot in part]

    def arrange(self, draw: st.DrawFn, number: int) -> None:
        ready = sorted(one for one in self.today if self.units[one].valid_from < day(number))
        if not ready:
            return
        olds = draw(st.lists(st.sampled_from(ready), min_size=1, max_size=2, unique=True))
        size = len(self.today[olds[0]])
        if size > 1 and draw(st.booleans()):
            self.split(olds[0], draw(st.integers(1, size - 1)), number)
        else:
            self.join(olds, number)


@st.composite
def lands(draw: st.DrawFn) -> Land:
    """Communes that merge, split, and are renamed, day by day. Each facility is its plot."""
    land = Land({PROVINCE: Unit(PROVINCE, "P", Level.PROVINCE, None, BEGIN)})
    for plot in FACILITIES:
        land.found(frozenset({plot}), 0)
    land.maps.append(dict(land.today))
    for number in range(1, DAYS):
        for _ in range(draw(st.integers(0, 2))):
            land.arrange(draw, number)
        land.maps.append(dict(land.today))
    return land


def lived_through(land: Land, days: list[int]) -> dict[int, tuple[Stay, ...]]:
    """The histories of all facilities, if cut-overs run on these days."""
    histories: dict[int, tuple[Stay, ...]] = {
        plot: (Stay(land.commune_of(plot, 0), BEGIN),) for plot in FACILITIES
    }
    for number in days:
        homes = {facility: history[-1].unit_id for facility, history in histories.items()}
        for move in cut_over(land.order, homes, land.choices, today=day(number)).moves:
            histories[move.facility_id] = after(histories[move.facility_id], move)
    return histories


@given(lands(), st.sets(st.integers(0, DAYS - 1)))
def test_every_facility_lies_in_exactly_one_commune_on_every_day(
    land: Land, days: set[int]
) -> None:
    histories = lived_through(land, [*sorted(days), DAYS - 1])
    for facility, history in histories.items():
        for number in range(DAYS):
            there = [s for s in history if s.valid_from <= day(number)]
            there = [s for s in there if s.valid_to is None or day(number) < s.valid_to]
            assert [s.unit_id for s in there] == [land.commune_of(facility, number)]
            assert lay_in(history, day(number)) == land.commune_of(facility, number)


@given(lands(), st.lists(st.integers(0, DAYS - 1), max_size=4).map(sorted))
def test_what_has_ended_is_never_rewritten(land: Land, days: list[int]) -> None:
    before = lived_through(land, days)
    later = lived_through(land, [*days, DAYS - 1])
    for facility, history in before.items():
        closed = [stay for stay in history if stay.valid_to is not None]
        assert list(later[facility][: len(closed)]) == closed


@given(lands(), st.lists(st.integers(0, DAYS - 1), min_size=1, max_size=4).map(sorted))
def test_doing_it_again_changes_nothing(land: Land, days: list[int]) -> None:
    assert lived_through(land, [*days, days[-1], days[-1]]) == lived_through(land, days)


@given(lands())
def test_without_a_choice_a_facility_of_a_split_unit_stays_and_is_named(land: Land) -> None:
    last = day(DAYS - 1)
    homes = {plot: land.commune_of(plot, 0) for plot in FACILITIES}
    found = cut_over(land.order, homes, (), today=last)
    ends = homes | {move.facility_id: move.to_id for move in found.moves}
    named = {one.facility_id: one for one in found.unassigned}
    for facility, unit_id in ends.items():
        is_over = not land.units[unit_id].holds_on(last)
        assert is_over == (facility in named)
        if facility in named:
            assert len(named[facility].candidates) == 2
            assert named[facility].since == land.units[unit_id].valid_to


@given(lands(), st.integers(0, DAYS - 1), st.integers(0, DAYS - 1))
def test_among_the_heirs_are_the_communes_of_the_same_plots(
    land: Land, one: int, other: int
) -> None:
    """More may be: what was merged and then split is known by its units, not by its plots."""
    early, late = min(one, other), max(one, other)
    for commune, plots in land.maps[early].items():
        heirs = land.order.heirs(commune, day(late))
        assert {land.commune_of(plot, late) for plot in plots} <= heirs <= set(land.maps[late])
        assert land.order.heirs(commune, day(early)) == {commune}


@given(lands())
def test_what_the_model_makes_breaks_no_law(land: Land) -> None:
    assert list(faults_of_units(land.order)) == []
    assert list(faults_of_successions(land.order)) == []


@given(lands())
def test_what_is_ordered_for_later_waits(land: Land) -> None:
    homes = {plot: land.commune_of(plot, 0) for plot in FACILITIES}
    for number in range(DAYS):
        found = cut_over(land.order, homes, land.choices, today=day(number))
        assert all(move.effective_on <= day(number) for move in found.moves)


def test_a_choice_beside_the_successors_is_none() -> None:
    units = {
        1: Unit(1, "A", Level.COMMUNE, None, day(0), day(5)),
        2: Unit(2, "B", Level.COMMUNE, None, day(5)),
        3: Unit(3, "C", Level.COMMUNE, None, day(5)),
        4: Unit(4, "D", Level.COMMUNE, None, day(0)),
    }
    split = [Succession(1, to, Change.SPLIT, day(5)) for to in (2, 3)]
    found = cut_over(Order(units, split), {7: 1}, [Choice(7, 4, day(5))], today=day(6))
    assert found.unassigned == (Unassigned(7, 1, day(5), (2, 3)),)


def test_where_nothing_follows_any_unit_of_the_day_may_be_chosen() -> None:
    units = {
        1: Unit(1, "A", Level.DISTRICT, None, day(0), day(5)),
        2: Unit(2, "B", Level.COMMUNE, None, day(0)),
    }
    order = Order(units, [Succession(1, None, Change.ABOLISH, day(5))])
    assert cut_over(order, {7: 1}, (), today=day(6)).unassigned == (Unassigned(7, 1, day(5), ()),)
    chosen = cut_over(order, {7: 1}, [Choice(7, 2, day(5))], today=day(6))
    assert chosen.moves == (Move(7, 1, 2, day(5)),)


def test_who_was_put_on_record_in_a_unit_that_was_no_more_lay_in_the_new_one_at_once() -> None:
    move = Move(7, 1, 2, day(5))
    assert after((Stay(1, day(6)),), move) == (Stay(2, day(6)),)


def test_a_chain_leads_up_to_the_province() -> None:
    units = {
        1: Unit(1, "P", Level.PROVINCE, None, day(0)),
        2: Unit(2, "D", Level.DISTRICT, 1, day(0)),
        3: Unit(3, "C", Level.COMMUNE, 2, day(0)),
    }
    assert Order(units).chain(3) == (3, 2, 1)
