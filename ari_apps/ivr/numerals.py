"""Say a number in recorded words that can be cut off, as Asterisk's own way of saying it cannot be.

The words and how they are put together are those of say.c and of Asterisk's packages of sounds.
"""

from __future__ import annotations

HIGHEST = 99


def sounds(number: int, language: str) -> list[str] | None:
    """Return the sounds of a number in a language; None for those that only Asterisk can say."""
    if not 0 <= number <= HIGHEST:
        return None
    match language.partition("_")[0]:
        case "en" | "ru":
            words = _tens_and_unit(number)
        case "es" if number <= 30:
            words = [str(number)]
        case "es":
            words = _tens_and_unit(number, "and")
        case "it" if number % 10 in (1, 8):
            words = [str(number)]
        case "it":
            words = _tens_and_unit(number)
        case "fr":
            words = _french(number)
        case _:
            return None
    return [f"digits/{word}" for word in words]


def _tens_and_unit(number: int, between: str = "") -> list[str]:
    tens, unit = divmod(number, 10)
    if number <= 20 or unit == 0:
        return [str(number)]
    return [str(10 * tens), *([between] if between else []), str(unit)]


def _french(number: int) -> list[str]:
    """Count by twenties from sixty on."""
    if number <= 20:
        return [str(number)]
    score = number // 10 * 10 if number < 70 else number // 20 * 20
    rest = number - score
    et = ["et"] if rest in (1, 11) and score < 80 else []
    return [str(score), *et, *([str(rest)] if rest else [])]
