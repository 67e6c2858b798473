"""Walk a call through routes, menus and Python without a telephone: the live code, on a line made of text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ari_apps.destinations import Destination, DestinationKind
from ari_apps.ivr.data_dip import Ask, Found, NotFound
from ari_apps.ivr.digits import Collected, Matcher, take, when_over
from ari_apps.ivr.ivr_settings import IvrSettings
from ari_apps.ivr.opening_hours import build_calendars, build_routes
from ari_apps.ivr.prompts import Prompts
from ari_apps.ivr.python_calls import PythonCalls
from ari_apps.ivr.settings import LookupSettings
from ari_apps.ivr.sounds import AnySound
from ari_apps.ivr.voicemail import Voicemail
from ari_apps.ivr.walk import Ivr
from ari_apps.line import Line, Recorded, T
from queue_strategies.calendar import Calendar
from queue_strategies.facts import Fact, IvrStep, VoicemailLeft
from queue_strategies.model import ContactId
from queue_strategies.routing import Arrival, Route, route

WAITS = ","
"""Among the keys: the caller presses nothing until the time is over."""
MESSAGE_S = 10.0
"""How long a caller speaks to a voicemail box offline."""


@dataclass(slots=True)
class OfflineLine:
    """A caller who presses the given keys; what would be heard is told."""

    contact: ContactId
    caller_number: str
    called_number: str
    language: str
    keys: str
    tell: Callable[[str], None]
    caller_name: str = ""
    skills: dict[str, int] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)

    async def play(self, media: Sequence[str]) -> None:
        """Tell what would be played."""
        for uri in media:
            self.tell(f"hears {uri.removeprefix('sound:')}")

    async def collect(
        self,
        media: Sequence[str],
        matcher: Matcher,
        *,
        timeout_s: float,
        between_s: float,
        barge_in: bool = True,
    ) -> Collected:
        """Tell what would be played, and press the keys given; when they are used up, none."""
        await self.play(media)
        keys, waits, later = self.keys.partition(WAITS)
        collected, left = take(matcher, keys)
        if collected is None:
            used, self.keys, collected = keys, later, when_over(matcher, keys)
        else:
            used, self.keys = keys[: len(keys) - len(left)], left + waits + later
        self.tell(f"presses {used or 'nothing'}")
        return collected

    async def attend(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for it; nobody hangs up meanwhile."""
        return await work

    async def record(self, name: str, *, max_s: float, silence_s: float, end_keys: str) -> Recorded:
        """Tell that a message would be recorded."""
        self.tell(f"leaves a message of at most {max_s:g} s")
        return Recorded(name, None, min(MESSAGE_S, max_s))


@dataclass(frozen=True, slots=True)
class Walked:
    """Where a call went, and how it got there."""

    route: Route
    end: Destination
    way: Sequence[str]
    """Every menu entered, thing heard and key pressed, one a line."""
    facts: Sequence[Fact]
    line: Line

    def passed(self, destination: Destination) -> bool:
        """Tell whether the call ended at a destination or went through it."""
        return destination in self._through()

    def _through(self) -> Iterator[Destination]:
        yield Destination.parse(self.route.destination)
        for fact in self.facts:
            if isinstance(fact, IvrStep):
                yield Destination(DestinationKind.MENU, fact.menu)
            if isinstance(fact, VoicemailLeft):
                yield Destination(DestinationKind.VOICEMAIL, fact.box)
        yield self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflineCall:
    """A call that nobody makes."""

    to: str
    caller: str
    at: dt.datetime
    """Aware."""
    keys: str = ""
    lookups: Sequence[str] = ()
    """What web services answer, in order; when they are used up, they fail."""


async def walk_offline(
    settings: IvrSettings,
    call: OfflineCall,
    *,
    timezone: str,
    language: str,
    extensions: Collection[str] = (),
    folder: Path = Path(),
) -> Walked:
    """Walk a call; `timezone` and `language` are the site's, `folder` is where floor.toml lies."""
    way: list[str] = []
    facts: list[Fact] = []

    def remember(fact: Fact) -> None:
        facts.append(fact)
        if isinstance(fact, IvrStep):
            way.append(f"{fact.menu}: {fact.step.replace('_', ' ')} {fact.choice}".rstrip())

    calendars = build_calendars(settings, timezone)
    arrival = Arrival(called_number=call.to, caller_number=call.caller, at=call.at)
    taken = route(build_routes(settings.routes), arrival, calendars)
    line = OfflineLine(
        ContactId("offline"), call.caller, call.to, taken.language or language, call.keys, way.append
    )
    ask = _Answers(list(call.lookups), way.append).ask
    ivr = offline_ivr(settings, calendars, extensions, folder, at=call.at, ask=ask, remember=remember)
    end = await ivr.walk(line, Destination.parse(taken.destination))
    return Walked(taken, end, way, facts, line)


def offline_ivr(
    settings: IvrSettings,
    calendars: Mapping[str, Calendar],
    extensions: Collection[str],
    folder: Path,
    *,
    at: dt.datetime,
    ask: Ask,
    remember: Callable[[Fact], None],
) -> Ivr:
    """Build an Ivr in which it is always `at`, and speech is quoted."""
    prompts = Prompts(AnySound(), _Quoted())
    return Ivr(
        menus=settings.menus,
        boxes=settings.voicemail,
        calendars=calendars,
        extensions=extensions,
        prompts=prompts,
        voicemail=Voicemail(
            prompts=prompts, remember=remember, now=_no_time, at=lambda: at, new_id=lambda: "offline"
        ),
        python=PythonCalls(folder),
        ask=ask,
        remember=remember,
        now=_no_time,
        at=lambda: at,
    )


class _Quoted:
    """Speak a text by quoting it."""

    async def file_for(self, text: str, language: str) -> Path | None:
        return Path(f"“{text}”")


@dataclass(frozen=True, slots=True)
class _Answers:
    left: list[str]
    tell: Callable[[str], None]

    async def ask(self, settings: LookupSettings, values: Mapping[str, str]) -> Found | NotFound:
        found = self.left.pop(0) if self.left else None
        self.tell(f"is looked up: {'no answer' if found is None else found}")
        return NotFound("offline") if found is None else Found(found)


def _no_time() -> float:
    return 0.0
