"""Lead a caller through menus, voicemail and Python, until somebody else has to take over.

Every decision is in ari_apps.ivr.menus; here it is carried out, on a telephone line or offline alike.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field

import structlog

from ari_apps.destinations import HANGUP, Destination, DestinationKind
from ari_apps.ivr.box_settings import VoicemailSettings
from ari_apps.ivr.data_dip import Ask, NotFound
from ari_apps.ivr.digits import Collected, Complete, Matcher, Number, OneOf, Past
from ari_apps.ivr.menus import (
    AskAgain,
    GoTo,
    LookUp,
    Step,
    answered,
    decide,
    goes_on_alone,
    matcher_of,
    mistake,
    shown,
)
from ari_apps.ivr.prompts import Prompts, values_of
from ari_apps.ivr.python_calls import PythonCall, PythonCalls
from ari_apps.ivr.settings import LookupSettings, MenuSettings, PromptSettings
from ari_apps.ivr.voicemail import Voicemail
from ari_apps.line import Line
from queue_strategies.calendar import Calendar
from queue_strategies.facts import Fact, IvrStep

log = structlog.get_logger()

SILENT_VISITS = 3
"""Visits to one menu without a key pressed in between; then the caller is bid goodbye."""
HOPS = 100
"""Menus, boxes and coroutines one walk may lead through."""
GOODBYE = PromptSettings.of("sound:vm-goodbye")


async def nowhere(_line: Line, _place: Destination) -> None:
    """Note nothing."""


@dataclass(slots=True)
class _Way:
    """What a walk has to know of its own past."""

    hops: int = 0
    silent_visits: Counter[Destination] = field(default_factory=Counter)
    stray_key: str = ""
    """An end key the caller may still press although enough was dialled."""

    def goes_in_circles(self, here: Destination) -> bool:
        """Count a visit; tell whether there were too many, of all or of this place without a key pressed."""
        self.hops += 1
        self.silent_visits[here] += 1
        return self.hops > HOPS or self.silent_visits[here] > SILENT_VISITS

    def heard(self, matcher: Matcher, collected: Collected) -> None:
        """Take note of the keys a caller pressed."""
        if collected.digits:
            self.silent_visits.clear()
        full = isinstance(matcher, Number) and len(collected.digits) == matcher.max
        self.stray_key = matcher.end if isinstance(matcher, Number) and full else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ivr:
    """Everything a walk needs."""

    menus: Mapping[str, MenuSettings]
    boxes: Mapping[str, VoicemailSettings]
    calendars: Mapping[str, Calendar]
    extensions: Collection[str]
    prompts: Prompts
    voicemail: Voicemail
    python: PythonCalls
    ask: Ask
    remember: Callable[[Fact], None]
    now: Callable[[], float]
    at: Callable[[], dt.datetime]
    note_place: Callable[[Line, Destination], Awaitable[None]] = nowhere
    """Let a later process know where the caller is; not told of where Python leads, which begins anew."""

    async def walk(self, line: Line, start: Destination) -> Destination:
        """Lead a caller until a queue, an agent, an extension, a number or the end; raises CallerGone."""
        return await self._lead(line, start, _Way(), self.note_place)

    async def prepare(self, language: str) -> None:
        """Speak all that can be spoken before somebody calls, so that no first caller waits for it."""
        spoken = [menu.prompt for menu in self.menus.values()] + [box.greeting for box in self.boxes.values()]
        for prompt in spoken:
            for language_of_it, texts in prompt.by_language.items():
                settled = [text for text in texts if "{" not in text]
                await self.prompts.media(settled, language=language_of_it or language, values={})

    async def _lead(
        self,
        line: Line,
        start: Destination,
        way: _Way,
        note_place: Callable[[Line, Destination], Awaitable[None]] = nowhere,
    ) -> Destination:
        here = start
        while goes_on_alone(here):
            await note_place(line, here)
            if way.goes_in_circles(here):
                log.warning("ivr.goes_in_circles", contact=line.contact, destination=str(here))
                return await self._bid_goodbye(line)
            here = await self._step(line, here, way)
        return here

    async def _step(self, line: Line, here: Destination, way: _Way) -> Destination:
        match here.kind:
            case DestinationKind.MENU:
                return await self._visit(line, here.name, way)
            case DestinationKind.VOICEMAIL:
                return await self._leave_message(line, here.name)
            case _:
                return await self._run(line, here, way)

    async def _run(self, line: Line, here: Destination, way: _Way) -> Destination:
        call = PythonCall(
            line=line,
            prompts=self.prompts,
            lead=lambda to: self._lead(line, to, way),
            meet=self.python.meet,
            heard=way.heard,
        )
        return await self.python.run(here, call) or await self._bid_goodbye(line)

    async def _leave_message(self, line: Line, name: str) -> Destination:
        if (box := self.boxes.get(name)) is None:
            return self._no_such("voicemail", name, line)
        await self.voicemail.take_message(line, name, box)
        return HANGUP

    async def _visit(self, line: Line, name: str, way: _Way) -> Destination:
        if (menu := self.menus.get(name)) is None:
            return self._no_such("menu", name, line)
        if menu.closed is not None and menu.calendar and not self.calendars[menu.calendar].is_open(self.at()):
            return menu.closed
        line.language = menu.language or line.language
        self._note(line, name, Step.ENTERED)
        gone_to = await self._hear(line, name, menu, way)
        line.language = gone_to.language or line.language
        line.skills.update(gone_to.skills)
        return gone_to.destination

    async def _hear(self, line: Line, name: str, menu: MenuSettings, way: _Way) -> GoTo:
        """Play the menu, and ask where it asks."""
        if (matcher := matcher_of(menu)) is not None:
            return await self._question(line, name, menu, matcher, way)
        await line.play(await self._media(line, menu.prompt))
        if menu.lookup is not None:
            return await self._look_up(line, name, menu, menu.lookup)
        return GoTo(menu.then or HANGUP)

    async def _question(self, line: Line, name: str, menu: MenuSettings, matcher: Matcher, way: _Way) -> GoTo:
        apology: list[str] = []
        tries = 0
        while True:
            tries += 1
            collected = await line.collect(
                apology + await self._media(line, menu.prompt),
                _deaf_to(way.stray_key, matcher),
                timeout_s=menu.timeout_s,
                between_s=menu.between_s,
                barge_in=menu.barge_in,
            )
            way.heard(matcher, collected)
            match self._decide(line, name, menu, collected, tries):
                case AskAgain(step):
                    wrong = menu.invalid_prompt if step is Step.INVALID else menu.timeout_prompt
                    apology = await self._media(line, wrong)
                case LookUp(lookup):
                    return await self._look_up(line, name, menu, lookup)
                case GoTo() as gone_to:
                    return gone_to

    def _decide(
        self, line: Line, name: str, menu: MenuSettings, collected: Collected, tries: int
    ) -> GoTo | AskAgain | LookUp:
        """Decide, and remember what the caller did."""
        digits = shown(menu, collected.digits)
        if isinstance(collected, Complete):
            line.variables["digits"] = collected.digits
            if menu.digits:
                line.variables[name] = collected.digits
        decision = decide(menu, collected, tries, self.extensions)
        wrong = isinstance(decision, AskAgain) or (
            isinstance(decision, GoTo) and decision.step is Step.FAILED
        )
        self._note(line, name, mistake(collected) if wrong else Step.CHOSE, digits)
        if isinstance(decision, GoTo) and wrong:
            self._note(line, name, Step.FAILED)
        return decision

    async def _look_up(self, line: Line, name: str, menu: MenuSettings, lookup: LookupSettings) -> GoTo:
        found = await line.attend(self.ask(lookup, values_of(line)))
        if isinstance(found, NotFound):
            log.warning("ivr.lookup_failed", contact=line.contact, menu=name, reason=found.reason)
            self._note(line, name, Step.FAILED, "lookup")
            return answered(menu, None)
        line.variables |= {**found.kept, "value": found.value}
        return answered(menu, found.value)

    async def _bid_goodbye(self, line: Line) -> Destination:
        await line.play(await self._media(line, GOODBYE))
        return HANGUP

    async def _media(self, line: Line, prompt: PromptSettings) -> list[str]:
        texts = prompt.spoken_in(line.language)
        return await self.prompts.media(texts, language=line.language, values=values_of(line))

    def _note(self, line: Line, menu: str, step: Step, choice: str = "") -> None:
        self.remember(
            IvrStep(moment=self.now(), contact=line.contact, menu=menu, step=step.value, choice=choice)
        )

    def _no_such(self, kind: str, name: str, line: Line) -> Destination:
        log.error("ivr.no_such_destination", kind=kind, name=name, contact=line.contact)
        return HANGUP


def _deaf_to(key: str, matcher: Matcher) -> Matcher:
    """Let a stray end key pass, unless it is one of the keys now asked for."""
    if not key or (
        isinstance(matcher, OneOf) and any(pattern.startswith(key) for pattern in matcher.patterns)
    ):
        return matcher
    return Past(key, matcher)
