import re
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.topics import CODE_PATTERN
from shared.domain.enrolment import (
    Course,
    EnrolmentState,
    free_code,
    hash_of,
    new_code,
    normal_code,
)
from shared.domain.places import DeviceKind

NOW = datetime(2026, 7, 1, tzinfo=UTC)


def test_code_has_sixty_random_bits_in_groups_that_people_read() -> None:
    codes = {new_code() for _ in range(2000)}
    letters = {code.replace("-", "") for code in codes}
    assert len(codes) == 2000
    assert {len(code) for code in letters} == {12}
    assert {code.count("-") for code in codes} == {2}
    # Each letter tells five bits: all 32 are there, and none that is read as another.
    used = set("".join(letters))
    assert len(used) == 32
    assert not used & set("ILOU")


@given(st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=12, max_size=12), st.data())
def test_code_is_the_same_however_it_is_typed(code: str, data: st.DataObject) -> None:
    typed = "".join(
        data.draw(st.sampled_from(_ways(letter))) + data.draw(st.sampled_from(["", " ", "-", "\n"]))
        for letter in code
    )
    assert normal_code(typed) == code


def _ways(letter: str) -> list[str]:
    alike = {"1": ["1", "i", "I", "l", "L"], "0": ["0", "o", "O"]}
    return alike.get(letter, [letter, letter.lower()])


@given(st.text(max_size=40))
def test_whatever_is_typed_is_a_code_or_nothing(typed: str) -> None:
    letters = normal_code(typed)
    assert letters is None or (len(letters) == 12 and normal_code(letters) == letters)


def test_different_codes_have_different_hashes() -> None:
    codes = [new_code() for _ in range(500)]
    assert len({hash_of(normal_code(code) or "") for code in codes}) == 500


@given(
    st.sampled_from(DeviceKind), st.sets(st.from_regex(CODE_PATTERN, fullmatch=True), max_size=8)
)
def test_chosen_code_is_free_whatever_the_case_and_can_be_one(
    kind: DeviceKind, taken: set[str]
) -> None:
    code = free_code(kind, taken)
    assert re.fullmatch(CODE_PATTERN, code)
    assert code.lower() not in {one.lower() for one in taken}
    # The next one is another one.
    assert free_code(kind, {*taken, code}) != code


def test_chosen_code_follows_the_highest_of_its_kind() -> None:
    assert free_code(DeviceKind.CAMERA, {"cam-1", "CAM-03", "cam9", "gw-7", "x"}) == "cam-10"
    assert free_code(DeviceKind.GATEWAY, set()) == "gw-1"


times = st.none() | st.integers(-60, 60).map(lambda minutes: NOW + timedelta(minutes=minutes))


@given(times, times, times, st.integers(-60, 60))
def test_state_is_told_by_what_happened(
    redeemed: datetime | None, cancelled: datetime | None, heard: datetime | None, left: int
) -> None:
    expires = NOW + timedelta(minutes=left)
    state = Course(expires, redeemed, cancelled, heard).state(NOW)
    is_used = state in {EnrolmentState.ENROLLED, EnrolmentState.HEARD}
    assert is_used == (redeemed is not None)
    if state is EnrolmentState.HEARD:
        assert heard is not None
        assert redeemed is not None
        assert heard >= redeemed
    if state is EnrolmentState.WAITING:
        assert left > 0
        assert cancelled is None
