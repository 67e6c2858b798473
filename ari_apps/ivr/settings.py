"""The part of floor.toml that says where calls go and what callers hear."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from ari_apps.configuration.written_values import is_loopback
from ari_apps.destinations import HANGUP, Destination, Reference, refer
from ari_apps.ivr.opening_hours import country_holidays, time_zone
from ari_apps.ivr.prompts import read
from queue_strategies.calendar import read_hours, read_spans

LANGUAGES = ("en", "es", "fr", "it", "ru")
"""The languages whose prompts exist as packages."""


class Section(BaseModel):
    """A table of floor.toml: unknown fields are refused, nothing changes after reading."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _numbers_are_no_truths(cls, given: object, info: ValidationInfo) -> object:
        kind = cls.model_fields[str(info.field_name)].annotation
        if isinstance(given, bool) and {int, float} & {kind, *get_args(kind)}:
            raise ValueError("should be a number, not true or false")
        return given


def _checked_by(reader: Callable[[Any], object]) -> AfterValidator:
    def check(given: Any) -> Any:
        reader(given)
        return given

    return AfterValidator(check)


def as_sequence(given: object) -> object:
    """Take a single text for a list of one."""
    return [given] if isinstance(given, str) else given


def _texts(given: object) -> tuple[str, ...]:
    texts = (given,) if isinstance(given, str) else tuple(given) if isinstance(given, list | tuple) else ()
    if not texts or not all(isinstance(text, str) for text in texts):
        raise ValueError(f"{given!r} cannot be played, write a list of texts such as 'sound:welcome'")
    for text in texts:
        read(text)
    return texts


def _language(given: str) -> str:
    if not (2 <= len(given) <= 16 and given.replace("_", "").replace("-", "").isalnum() and given.isascii()):
        raise ValueError(f"{given!r} is no language, write one such as {', '.join(LANGUAGES)}")
    return given


def _http_address(given: str) -> str:
    parts = urlsplit(given)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{given!r} is no web address, write http://… or https://…")
    if "{" in parts.netloc:
        raise ValueError("placeholders may stand in the path and the query only, never in the host")
    return given


def _hook_address(given: str) -> str:
    parts = urlsplit(_http_address(given))
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ValueError(f"{given!r} lets everybody on the way read along, write https://…")
    if "@" in parts.netloc:
        raise ValueError("holds a user or a password: take it out, what is sent is signed by a secret")
    return given


def _matcher_keys(given: str) -> str:
    if not given or not set(given) <= set("0123456789ABCD*#XZN"):
        raise ValueError(
            f"{given!r} cannot be dialled, write digits, * or #; X stands for 0-9, Z for 1-9, N for 2-9"
        )
    return given


@dataclass(frozen=True, slots=True)
class PromptSettings:
    """What is played, one after the other: `sound:welcome`, `say:Hello`, `digits:42` (ari_apps.ivr.prompts).

    Written as a text, a list of texts, or a table of either by language.
    """

    by_language: Mapping[str, tuple[str, ...]]
    """The key "" is for every language that has no entry of its own."""

    @classmethod
    def read(cls, given: object) -> PromptSettings:
        """Take a text, a list of texts or a table of them by language; raise ValueError for all else."""
        if isinstance(given, PromptSettings):
            return given
        if isinstance(given, Mapping):
            return cls({_language(str(language)): _texts(texts) for language, texts in given.items()})
        return cls({"": _texts(given)} if given else {})

    @classmethod
    def of(cls, *texts: str) -> PromptSettings:
        """Return a prompt of these texts, whatever the language."""
        return cls({"": texts})

    def spoken_in(self, language: str) -> tuple[str, ...]:
        """Return the prompt for this language, else the one for all, else the first there is."""
        for candidate in (language, language.partition("_")[0], ""):
            if candidate in self.by_language:
                return self.by_language[candidate]
        return next(iter(self.by_language.values()), ())


Language = Annotated[str, AfterValidator(_language)]
Prompt = Annotated[PromptSettings, BeforeValidator(PromptSettings.read)]
NO_PROMPT = PromptSettings({})
Patterns = Annotated[tuple[str, ...], BeforeValidator(as_sequence)]
Skills = Mapping[
    Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")], Annotated[int, Field(ge=1, le=100)]
]
"""What is asked of an agent, or what an agent can do, at which level."""
DialledKeys = Annotated[str, AfterValidator(_matcher_keys)]
WebAddress = Annotated[str, AfterValidator(_http_address)]
HookAddress = Annotated[str, AfterValidator(_hook_address)]
EndKey = Literal["#", "*", ""]


class CalendarSettings(Section):
    """When somebody is there."""

    timezone: Annotated[str, _checked_by(time_zone)] | None = None
    """IANA name; None: the site's."""
    hours: Annotated[Mapping[str, str], _checked_by(read_hours)] = Field(default_factory=dict)
    """Weekdays to spans: `mon-fri = "09:00-12:00,13:00-17:30"`."""
    holidays: Annotated[str, _checked_by(country_holidays)] | None = None
    """Country or country-subdivision, as the package `holidays` names them: `DE-BY`."""
    closed: tuple[dt.date, ...] = ()
    open: Mapping[dt.date, Annotated[str, _checked_by(read_spans)]] = Field(default_factory=dict)
    """Days with hours of their own, holidays included."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if both := sorted(set(self.closed) & set(self.open)):
            raise ValueError(f"{both[0]} is both closed and open, name it once")
        return self


class RouteSettings(Section):
    """A node of the routes' tree; what it does not say it inherits, the first child that matches decides."""

    to: Patterns = ()
    """Called numbers; `*` at the end stands for any more digits. None given: all."""
    from_: Patterns = Field(default=(), alias="from")
    """Caller numbers likewise; `anonymous` is a caller without a number."""
    calendar: str | None = None
    when: Literal["open", "closed"] | None = None
    destination: Destination | None = None
    language: Language | None = None
    priority: int | None = Field(default=None, ge=-1000, le=1000)
    skills: Skills | None = None
    """Asked of the agent in whichever queue the call comes to; inherited as a whole."""
    routes: tuple[RouteSettings, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.when is not None and self.calendar is None:
            raise ValueError(f"when = {self.when!r} needs a calendar beside it")
        if self.destination is not None and self.destination.asks_for_digits:
            raise ValueError("a route has no {digits} to fill in, name an extension")
        return self

    def references(self, place: str) -> Iterator[Reference]:
        """Yield every name this node and its children use."""
        if self.calendar is not None:
            yield Reference(f"{place}.calendar", "calendar", self.calendar)
        yield from refer(f"{place}.destination", self.destination)
        for number, child in enumerate(self.routes):
            yield from child.references(f"{place}.routes[{number}]")


class Choice(Section):
    """What a key leads to; a plain destination will do where there is no more to say."""

    destination: Destination
    language: Language | None = None
    """The call's language from here on."""
    skills: Skills = Field(default_factory=dict)
    """Asked of the agent from here on, beside what was asked before."""


def _as_choice(given: object) -> object:
    return {"destination": given} if isinstance(given, str | Destination) else given


class DigitsSettings(Section):
    """How many digits a menu asks for."""

    min: int = Field(default=1, ge=1, le=64)
    max: int = Field(default=32, ge=1, le=64)
    end: EndKey = "#"
    """The key that ends the input early; empty: none."""
    secret: bool = False
    """A PIN or a card: neither logged nor kept among the facts."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min > self.max:
            raise ValueError(f"min = {self.min} is more than max = {self.max}")
        return self


class LookupSettings(Section):
    """A question to a web service, asked with what the caller dialled."""

    url: WebAddress
    """`{digits}`, `{caller}`, `{called}` and the call's variables are filled in, percent-encoded."""
    method: Literal["GET", "POST"] = "GET"
    """POST sends the digits, the numbers and the call's variables as a JSON object."""
    timeout_s: float = Field(default=2.0, gt=0, le=30)
    value: str = ""
    """The answer's field that decides, as in `customer.tier` or `orders.0.state`."""
    keep: Mapping[str, str] = Field(default_factory=dict)
    """Fields to remember as variables of the call: `keep = { balance = "account.balance" }`."""
    otherwise: Destination | None = None
    """Where to go without an answer, or with one that is not listed; None: the menu's on_failure."""
    token_file: Path | None = None
    """A file holding a bearer token."""
    max_bytes: int = Field(default=65536, ge=64, le=4 * 1024 * 1024)


class MenuSettings(Section):
    """One thing a caller hears, and what comes of it.

    With `keys` or `digits` it asks; with neither it plays its prompt and goes on to `then`.
    """

    prompt: Prompt = NO_PROMPT
    language: Language | None = None
    """The call's language from here on; None: as it is."""
    keys: Mapping[DialledKeys, Annotated[Choice, BeforeValidator(_as_choice)]] = Field(default_factory=dict)
    """What may be dialled, and where it leads; the longest match counts."""
    digits: DigitsSettings | None = None
    lookup: LookupSettings | None = None
    answers: Mapping[str, Annotated[Choice, BeforeValidator(_as_choice)]] = Field(default_factory=dict)
    """Where each value found by the lookup leads."""
    then: Destination | None = None
    """Where to go afterwards; None: hang up."""
    timeout_s: float = Field(default=5.0, gt=0, le=120)
    """How long to wait for the first digit after the prompt."""
    between_s: float = Field(default=3.0, gt=0, le=60)
    """How long to wait for the next digit."""
    tries: int = Field(default=3, ge=1, le=20)
    barge_in: bool = True
    """A digit cuts the prompt short."""
    invalid_prompt: Prompt = PromptSettings.of("sound:pbx-invalid")
    timeout_prompt: Prompt = NO_PROMPT
    on_failure: Destination = HANGUP
    """After the last wrong or missing digit."""
    calendar: str | None = None
    closed: Destination | None = None
    """Where to go instead while the calendar is closed."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.keys and self.digits:
            raise ValueError("has both keys and digits, a menu asks for one of them")
        if self.answers and not self.lookup:
            raise ValueError("has answers but no lookup whose value would choose among them")
        if (self.calendar is None) != (self.closed is None):
            raise ValueError("calendar and closed belong together, say both or neither")
        fixed = [self.on_failure, self.closed, self.lookup.otherwise if self.lookup else None]
        fixed += [choice.destination for choice in self.answers.values()]
        fixed += [self.then] * (self.digits is None or self.lookup is not None)
        if any(destination is not None and destination.asks_for_digits for destination in fixed):
            raise ValueError(
                "extension:{digits} may stand only in keys, or in then of a menu that asks for digits"
            )
        return self

    def references(self, place: str) -> Iterator[Reference]:
        """Yield every name this menu uses."""
        for key, choice in self.keys.items():
            yield from refer(f"{place}.keys.{key}", choice.destination)
        if self.lookup is not None:
            yield from refer(f"{place}.lookup.otherwise", self.lookup.otherwise)
        for value, choice in self.answers.items():
            yield from refer(f"{place}.answers.{value}", choice.destination)
        yield from refer(f"{place}.then", self.then)
        yield from refer(f"{place}.on_failure", self.on_failure)
        yield from refer(f"{place}.closed", self.closed)
        if self.calendar is not None:
            yield Reference(f"{place}.calendar", "calendar", self.calendar)
