"""What people read: Vietnamese first, English second.

Msgids are English. `translator(language)` gives the words and the way to write instants, durations
and numbers. Text that is chosen far from where it is shown is marked with `marked("…")`.
"""

from shared.i18n.translator import LANGUAGES, Translator, marked, translator

__all__ = ["LANGUAGES", "Translator", "marked", "translator"]
