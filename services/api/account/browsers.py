"""What a browser says it is, as people call it."""

from typing import Final

#: Later ones also call themselves by the names of earlier ones.
_BROWSERS: Final = (
    ("coc_coc", "Cốc Cốc"), ("edg/", "Edge"), ("opr/", "Opera"), ("firefox/", "Firefox"),
    ("chrome/", "Chrome"), ("safari/", "Safari"),
)  # fmt: skip
_SYSTEMS: Final = (
    ("android", "Android"), ("iphone", "iPhone"), ("ipad", "iPad"), ("windows", "Windows"),
    ("mac os", "macOS"), ("linux", "Linux"),
)  # fmt: skip
_MOST: Final = 40


def words_of(browser: str) -> str:
    """Empty if it says nothing."""
    told = browser.casefold()
    found = [
        next((name for sign, name in signs if sign in told), None)
        for signs in (_BROWSERS, _SYSTEMS)
    ]
    known = [name for name in found if name is not None]
    return ", ".join(known) if known else browser[:_MOST]
