"""How the database orders and searches Vietnamese names."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, literal, select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.console.folding import words_in
from shared.db.session import reading

#: As a Vietnamese dictionary has them: ă after a, đ after d; tones only where all else is alike.
IN_ORDER = [
    "An", "An Khê", "Ăn", "Ân", "ba", "bà", "bả", "bã", "bá", "bạ", "ba tơ", "Bà Tơ", "Ban Mai",
    "Bảo Lộc", "Chư Prông", "Dak", "Đăk Hà", "Đăk Tô", "Em", "Êm", "Hoa", "Hoà", "Hoa Mai",
    "Hoa Sen", "Hòa Sen", "Kon Tum", "Ly", "Lý Sơn", "Măng Đen", "Nghĩa Lộ", "o", "ô", "ơ",
    "Sơn Hà", "Tum", "Tủm", "Tư", "Vinh Sơn 1", "Ý Yên",
]  # fmt: skip


async def key(engine: AsyncEngine, *names: str) -> list[str]:
    async with reading(engine) as connection:
        return [
            str(await connection.scalar(select(func.vietnamese_key(literal(name)))))
            for name in names
        ]


async def test_names_stand_as_in_a_dictionary(engine: AsyncEngine) -> None:
    shuffled = sorted(IN_ORDER, key=lambda name: name[::-1])
    keys = dict(zip(shuffled, await key(engine, *shuffled), strict=True))
    assert sorted(shuffled, key=lambda name: keys[name].encode()) == IN_ORDER


async def test_capitals_and_the_way_of_composing_do_not_matter(engine: AsyncEngine) -> None:
    one, other = await key(engine, "ĐĂK HÀ", "đa\u0306k ha\u0300")
    assert one == other


letters = st.text("aăâáàảãạbcdđeêghiklmnoôơpqrstuưvxyýỷ AĂÂBCDĐÊÔƠƯ019-.", max_size=30)


async def test_the_database_finds_the_words_that_a_search_looks_for(engine: AsyncEngine) -> None:
    names: list[str] = []

    @settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
    @given(letters)
    def collect(name: str) -> None:
        names.append(name)

    collect()
    async with reading(engine) as connection:
        for name in names:
            found = await connection.scalar(
                select(func.tsvector_to_array(func.search_words(literal(name), literal("C-1"))))
            )
            assert sorted(found or []) == sorted(set(words_in(f"{name} C-1")))
