"""Which fetched keys are new, come back or end."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.api.agencies.key_changes import MOST_IN_FORCE, changes, in_force
from services.api.agencies.queries import Known
from shared.runtime import jose
from tests.support.agency import new_key, public

NOW = datetime(2026, 7, 1, tzinfo=UTC)
KEYS = [jose.public_key(public(new_key(f"k{n}"))) for n in range(8)]


@st.composite
def on_record(draw: st.DrawFn) -> list[Known]:
    chosen = draw(st.lists(st.sampled_from(range(8)), unique=True, max_size=6))
    return [
        Known(
            id=number,
            kid=KEYS[number].kid,
            thumbprint=KEYS[number].thumbprint,
            is_fetched=draw(st.booleans()),
            not_after=draw(st.sampled_from([None, NOW, NOW + timedelta(days=1)])),
            revoked_at=draw(st.sampled_from([None, None, NOW])),
        )
        for number in chosen
    ]


@given(st.lists(st.sampled_from(range(8)), unique=True, min_size=1), on_record())
def test_what_is_published_is_taken_unless_it_was_revoked(
    shown: list[int], known: list[Known]
) -> None:
    made = changes([KEYS[number] for number in shown], known, now=NOW)
    ids = {key.id for key in known}
    revoked = {key.id for key in known if key.revoked_at is not None}
    by_hand = {key.id for key in known if not key.is_fetched}
    live = {key.id for key in in_force(known, now=NOW)}
    assert {KEYS.index(key) for key in made.new} <= set(shown) - ids
    assert not set(made.back) & (revoked | by_hand | live)
    assert set(made.back) <= set(shown)
    assert set(made.ended) == {n for n in live - by_hand if n not in shown}
    after = len(live) - len(made.ended) + len(made.back) + len(made.new)
    assert after <= max(MOST_IN_FORCE, len(live) - len(made.ended) + len(made.back))
