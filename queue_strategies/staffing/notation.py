"""Read how people write durations, rates, shares and service levels: 3min, 1000/h, 5%, 80/20."""

from __future__ import annotations

import re

from queue_strategies.staffing.traffic import StaffingError

_NUMBER = r"[0-9]{1,12}(?:\.[0-9]{1,12})?"
_UNITS_S = {"s": 1.0, "sec": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_UNIT = "sec|min|s|m|h"
_DURATION = re.compile(rf"({_NUMBER})\s*({_UNIT})?")
_DURATIONS = re.compile(rf"(?:{_NUMBER}\s*(?:{_UNIT})\s*)+")
_RATE = re.compile(rf"({_NUMBER})\s*/\s*({_NUMBER})?\s*({_UNIT})")
_SHARE = re.compile(rf"({_NUMBER})\s*(%)?")


def read_duration(text: str) -> float:
    """Read `180s`, `3min`, `0.5h`, `1h30min` or bare seconds; return seconds, raise StaffingError."""
    written = text.strip()
    if not (_DURATION.fullmatch(written) or _DURATIONS.fullmatch(written)):
        raise StaffingError(f"{text!r} is no duration, write it as 180s, 3min or 0.5h")
    return sum(float(number) * _UNITS_S[unit or "s"] for number, unit in _DURATION.findall(written))


def read_rate(text: str) -> float:
    """Read `1000/h`, `4/min` or `200/30min`; return calls a second, raise StaffingError."""
    if (match := _RATE.fullmatch(text.strip())) is None:
        raise StaffingError(f"{text!r} is no rate of calls, write it as 1000/h, 4/min or 200/30min")
    calls, spans, unit = match.groups()
    lasts_s = float(spans or 1) * _UNITS_S[unit]
    if not lasts_s:
        raise StaffingError(f"{text!r} counts the calls of no time at all, write it as 1000/h")
    return float(calls) / lasts_s


def read_share(text: str) -> float:
    """Read `5%` or `0.05`; return the share, raise StaffingError for more than all, too."""
    if (match := _SHARE.fullmatch(text.strip())) is None:
        raise StaffingError(f"{text!r} is no share, write it as 5% or 0.05")
    number = float(match[1])
    if match[2] and number > 100:
        raise StaffingError(f"{text!r} is more than all, write 100% or less")
    if match[2]:
        return number / 100
    if number > 1:
        remedy = f"write it as {number:g}% or {number / 100:g}" if number <= 100 else "write 100% or less"
        raise StaffingError(f"{text!r} is more than all, {remedy}")
    return number


def read_service_level(text: str) -> tuple[float, float]:
    """Read `80/20`, 80 % within 20 s, or `80%/0.5min`; return share and seconds, raise StaffingError."""
    percent, slash, duration = text.partition("/")
    match = _SHARE.fullmatch(percent.strip())
    if not slash or match is None:
        raise StaffingError(f"{text!r} is no service level, write 80/20 for 80 % within 20 s")
    if float(match[1]) <= 1 and not match[2]:
        raise StaffingError(f"{text!r} begins with a share, write it in percent: 80/20 for 80 % within 20 s")
    return float(match[1]) / 100, read_duration(duration)


def read_number(text: str) -> float:
    """Read `200` or `187.5`; return the number, raise StaffingError."""
    if re.fullmatch(_NUMBER, text.strip()) is None:
        raise StaffingError(f"{text!r} is no number, write it as 200 or 187.5")
    return float(text)


def read_whole_number(text: str) -> int:
    """Read `14`; return the number, raise StaffingError for a fraction: half an agent answers no call."""
    if re.fullmatch(r"[0-9]{1,9}", text.strip()) is None:
        raise StaffingError(f"{text!r} is no whole number, write it as 14")
    return int(text)
