"""What an agency may read, under which grant, and why not."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.disclosure import (
    SMALLEST_COUNT,
    Area,
    Cell,
    Dataset,
    Grant,
    GrantState,
    Level,
    Request,
    Why,
    decide,
    fields_of,
    pseudonym,
    state_of,
    told,
)

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
MOMENTS = [NOON + timedelta(hours=hours) for hours in range(-3, 4)]
SECRET = b"s" * 32


def maybe(moments: Sequence[datetime]) -> st.SearchStrategy[datetime | None]:
    return st.one_of(st.none(), st.sampled_from(moments))


@st.composite
def grants(draw: st.DrawFn) -> list[Grant]:
    found = []
    for number in range(draw(st.integers(0, 5))):
        first, last = sorted(draw(st.lists(st.sampled_from(MOMENTS), min_size=2, max_size=2)))
        found.append(
            Grant(
                id=number,
                client_id=draw(st.integers(1, 2)),
                dataset=draw(st.sampled_from([Dataset.GAPS, Dataset.COVERAGE])),
                area=Area(),
                level=draw(st.sampled_from(Level)),
                valid_from=first,
                valid_to=last,
                approved_at=draw(maybe(MOMENTS[:1])),
                refused_at=draw(maybe(MOMENTS[:1])),
                revoked_at=draw(maybe(MOMENTS[:1])),
            )
        )
    return found


requests = st.builds(
    Request,
    client_id=st.integers(1, 2),
    dataset=st.sampled_from([Dataset.GAPS, Dataset.COVERAGE]),
    scopes=st.frozensets(st.sampled_from([Dataset.GAPS, Dataset.COVERAGE])),
    is_bound=st.booleans(),
    grant_id=st.one_of(st.none(), st.integers(0, 5)),
)


def lets_through(grant: Grant, request: Request, now: datetime) -> bool:
    """The law in one sentence, without reasons."""
    return (
        grant.client_id == request.client_id
        and grant.dataset == request.dataset
        and request.dataset in request.scopes
        and request.grant_id in {None, grant.id}
        and grant.approved_at is not None
        and grant.refused_at is None
        and grant.revoked_at is None
        and grant.valid_from <= now < grant.valid_to
    )


@given(requests, grants(), st.sampled_from(MOMENTS))
def test_one_reads_exactly_under_the_one_grant_that_lets_it(
    request: Request, on_record: list[Grant], now: datetime
) -> None:
    open_ = [grant for grant in on_record if lets_through(grant, request, now)]
    decision = decide(request, on_record, now=now)
    is_read = len(open_) == 1 and (open_[0].level is not Level.NAMED or request.is_bound)
    assert (decision.why is Why.GRANTED) == is_read
    assert decision.grant == (open_[0] if is_read else None)
    assert set(decision.choice) == ({one.id for one in open_} if len(open_) > 1 else set())
    assert (decision.why is Why.WHICH_GRANT) == (len(open_) > 1)


@given(requests, grants(), st.sampled_from(MOMENTS))
def test_what_others_were_granted_changes_nothing(
    request: Request, on_record: list[Grant], now: datetime
) -> None:
    own = [grant for grant in on_record if grant.client_id == request.client_id]
    assert decide(request, on_record, now=now) == decide(request, own, now=now)


@given(grants(), st.sampled_from(MOMENTS), st.sampled_from(MOMENTS))
def test_what_has_ended_does_not_begin_again(
    on_record: list[Grant], now: datetime, later: datetime
) -> None:
    over = {GrantState.ENDED, GrantState.REVOKED, GrantState.REFUSED}
    for grant in on_record:
        if state_of(grant, now=now) in over and later >= now:
            assert state_of(grant, now=later) in over


def test_an_unbound_token_reads_no_names() -> None:
    grant = Grant(
        1, 1, Dataset.GAPS, Area(), Level.NAMED, MOMENTS[0], MOMENTS[-1], approved_at=MOMENTS[0]
    )
    unbound = Request(1, Dataset.GAPS, frozenset({Dataset.GAPS}), is_bound=False)
    assert decide(unbound, [grant], now=NOON).why is Why.NOT_BOUND


def test_only_named_data_has_names() -> None:
    for dataset in Dataset:
        assert not {"name", "zone"} & set(fields_of(dataset, Level.PSEUDONYMOUS))
        assert "facility" not in fields_of(dataset, Level.AGGREGATE)


def test_a_pseudonym_is_the_same_every_time_and_another_for_everybody_else() -> None:
    def of(secret: bytes, client: str, kind: str, key: str) -> str:
        return pseudonym(secret, client=client, kind=kind, key=key)

    first = of(SECRET, "moh", "facility", "SUN-01")
    assert first == of(SECRET, "moh", "facility", "SUN-01")
    others = {
        of(SECRET, "police", "facility", "SUN-01"),
        of(SECRET, "moh", "gap", "SUN-01"),
        of(SECRET, "moh", "facility", "SUN-02"),
        of(b"t" * 32, "moh", "facility", "SUN-01"),
    }
    assert len(others | {first}) == 5
    assert "sun" not in first


cells = st.lists(
    st.builds(
        lambda unit, parent, facilities, count: Cell(
            f"c{unit}", f"p{parent}", facilities, {"gaps": count}, {"gap_s": count * 60}
        ),
        st.integers(0, 30),
        st.integers(0, 2),
        st.integers(0, 12),
        st.integers(0, 12),
    ),
    max_size=12,
    unique_by=lambda cell: cell.unit,
)


@given(cells)
def test_no_small_count_is_ever_told(counted: list[Cell]) -> None:
    for figures in told(counted):
        assert figures.facilities is None or figures.facilities >= SMALLEST_COUNT
        gaps = figures.values["gaps"]
        assert gaps is None or gaps == 0 or gaps >= SMALLEST_COUNT
        assert (figures.values["gap_s"] is None) == (gaps is None)
        if figures.facilities is None:
            assert set(figures.values.values()) == {None}


@given(cells)
def test_nothing_large_is_kept_back_and_the_rest_is_of_several(counted: list[Cell]) -> None:
    figures = told(counted)
    large = {cell.unit: cell.facilities for cell in counted if cell.facilities >= SMALLEST_COUNT}
    assert {one.unit: one.facilities for one in figures if not one.is_rest} == large
    for rest in (one for one in figures if one.is_rest and one.facilities is not None):
        small = [
            cell
            for cell in counted
            if cell.parent == rest.unit and 0 < cell.facilities < SMALLEST_COUNT
        ]
        assert len(small) > 1
        assert sum(cell.facilities for cell in small) == rest.facilities
