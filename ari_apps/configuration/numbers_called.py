"""Which numbers callfloor calls because a caller wants it: callers type and show what they like."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated

from pydantic import BeforeValidator

from queue_strategies.routing import matches

_NUMBERS = re.compile(r"\+?[0-9]{1,31}\*?|\*")
_CALLED = re.compile(r"\+?[0-9]{3,32}")


def _numbers(given: object) -> object:
    """Read patterns of numbers: digits, perhaps after a +, and * at the end for whatever follows."""
    numbers = [given] if isinstance(given, str) else given
    for number in numbers if isinstance(numbers, list | tuple) else ():
        if not isinstance(number, str) or not _NUMBERS.fullmatch(number):
            raise ValueError(f'{number!r} is no number, write digits, and * at the end for a prefix: "+49*"')
    return numbers


NumbersCalled = Annotated[tuple[str, ...], BeforeValidator(_numbers)]


def may_be_called(number: str, allowed: Iterable[str]) -> bool:
    """Tell whether it is digits, perhaps after a +, and one of the numbers that are allowed."""
    return bool(_CALLED.fullmatch(number)) and any(matches(known, number) for known in allowed)
