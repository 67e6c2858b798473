"""What TOML cannot say, said in Python: `python:my_ivr:main` names a coroutine that leads one call.

    async def main(call: PythonCall) -> str | None:
        pin = await call.ask("say:Please enter your PIN.", min=4, max=4)
        if pin == "1234":
            return "queue:vip"
        await call.say("That was wrong.")
        await call.queue("sales")          # waits and talks; comes back when the agent hung up first
        return await call.menu("survey")   # or nothing: hang up

Every verb raises CallerGone once the caller has hung up; let it pass. The module is looked for beside
floor.toml and wherever Python looks.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import structlog

from ari_apps.destinations import HANGUP, Destination, DestinationKind, Reference
from ari_apps.ivr.digits import Collected, Complete, Matcher, Number
from ari_apps.ivr.prompts import Prompts, values_of
from ari_apps.line import CallerGone, Line
from queue_strategies.errors import CallfloorError

log = structlog.get_logger()

Meet = Callable[[Line, Destination], Awaitable[Destination]]
"""Bring a call to a queue, an agent, an extension or a number; return where it should go after that."""


class PythonCallError(CallfloorError):
    """A Python destination cannot be used."""


class SentAway(CallerGone):
    """The coroutine sent the call somewhere for good; for the coroutine that is the end."""

    def __init__(self, destination: Destination) -> None:
        super().__init__(str(destination))
        self.destination = destination


async def send_away(line: Line, destination: Destination) -> Destination:
    """Let the call go to a destination and not come back; raises SentAway."""
    raise SentAway(destination)


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonCall:
    """One call, as a coroutine written in Python sees it."""

    line: Line
    prompts: Prompts
    lead: Callable[[Destination], Awaitable[Destination]]
    meet: Meet
    heard: Callable[[Matcher, Collected], None]

    @property
    def caller_number(self) -> str:
        """The caller's number, as the network sent it: do not trust it."""
        return self.line.caller_number

    @property
    def called_number(self) -> str:
        """The number that was called."""
        return self.line.called_number

    @property
    def variables(self) -> dict[str, str]:
        """What is known of this call; `{name}` in prompts and lookups stands for it."""
        return self.line.variables

    @property
    def skills(self) -> dict[str, int]:
        """What is asked of the agent, at which level; add to it before a queue."""
        return self.line.skills

    @property
    def language(self) -> str:
        """The language of the prompts."""
        return self.line.language

    def speak(self, language: str) -> None:
        """Use another language from here on."""
        self.line.language = language

    async def play(self, *prompt: str) -> None:
        """Play sounds, numbers and speech, written as in floor.toml, to the end."""
        await self.line.play(await self._media(prompt))

    async def say(self, text: str) -> None:
        """Speak a text."""
        if text.strip():
            await self.play(f"say:{text}")

    async def ask(
        self,
        *prompt: str,
        min: int = 1,  # noqa: A002 - as in floor.toml
        max: int = 1,  # noqa: A002
        end: str = "#",
        tries: int = 3,
        timeout_s: float = 5.0,
        between_s: float = 3.0,
    ) -> str | None:
        """Ask for a number of `min` to `max` digits; None when the caller did not give one in `tries`."""
        matcher = Number(min, max, end)
        media = await self._media(prompt)
        for _ in range(tries):
            collected = await self.line.collect(media, matcher, timeout_s=timeout_s, between_s=between_s)
            self.heard(matcher, collected)
            if isinstance(collected, Complete):
                return collected.digits
        return None

    async def menu(self, name: str) -> Destination:
        """Lead the caller through a menu of floor.toml and what follows; return where that ends."""
        return await self.lead(Destination.parse(f"menu:{name}"))

    async def voicemail(self, box: str) -> None:
        """Let the caller leave a message."""
        await self.lead(Destination.parse(f"voicemail:{box}"))

    async def queue(self, name: str) -> Destination:
        """Let the caller wait in a queue and talk; return where the call should go after that.

        Comes back only where callfloor can lead the call on, and the caller is still there.
        """
        return await self.go(f"queue:{name}")

    async def go(self, destination: str | Destination) -> Destination:
        """Bring the call to any destination; return where it should go after that."""
        to = _destination(destination)
        if to.kind in (DestinationKind.MENU, DestinationKind.VOICEMAIL, DestinationKind.PYTHON):
            return await self.lead(to)
        if to.kind is DestinationKind.HANGUP:
            raise SentAway(to)
        return await self.meet(self.line, to)

    async def hangup(self, how: str = "") -> NoReturn:
        """End the call: plainly, or as `busy`, `congestion`, `rejected` or `unallocated`."""
        raise SentAway(Destination.parse(f"hangup:{how}" if how else "hangup"))

    async def _media(self, prompt: tuple[str, ...]) -> list[str]:
        return await self.prompts.media(prompt, language=self.language, values=values_of(self.line))


Main = Callable[[PythonCall], Awaitable[str | Destination | None]]


@dataclass(frozen=True, slots=True)
class PythonCalls:
    """The coroutines of a floor."""

    folder: Path = Path()
    """Where floor.toml lies, and modules beside it."""
    meet: Meet = send_away

    async def run(self, destination: Destination, call: PythonCall) -> Destination | None:
        """Run one to its end and return where it sends the call; None when it broke. Raises CallerGone."""
        try:
            return _destination(await load(destination, self.folder)(call) or HANGUP)
        except SentAway as sent:
            return sent.destination
        except CallerGone:
            raise
        except Exception:
            log.exception("ivr.python_failed", destination=str(destination), contact=call.line.contact)
            return None


def load(destination: Destination, folder: Path) -> Main:
    """Import the coroutine; raise PythonCallError saying what is wrong with it."""
    module_name, _, function_name = destination.name.partition(":")
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    try:
        module = importlib.import_module(module_name)
    except Exception as error:
        raise PythonCallError(
            f"{destination}: module {module_name} cannot be imported ({type(error).__name__}: {error}),"
            f" put it into {folder} or install it"
        ) from error
    main = getattr(module, function_name, None)
    if not inspect.iscoroutinefunction(main):
        raise PythonCallError(
            f"{destination}: {module_name} has no coroutine {function_name},"
            f" write `async def {function_name}(call): …`"
        )
    try:
        inspect.signature(main).bind(object())
    except TypeError:
        raise PythonCallError(f"{destination}: {function_name} must take the call, and only it") from None
    loaded: Main = main
    return loaded


def load_all(references: Iterable[Reference], file: Path) -> None:
    """Import every coroutine that this configuration names; raise PythonCallError with all that is wrong."""
    faults = []
    for reference in references:
        if reference.kind == DestinationKind.PYTHON:
            try:
                load(Destination(DestinationKind.PYTHON, reference.name), file.absolute().parent)
            except PythonCallError as error:
                faults.append(f"{file.name}: {reference.place}: {error}")
    if faults:
        raise PythonCallError("\n".join(faults))


def _destination(given: str | Destination) -> Destination:
    return given if isinstance(given, Destination) else Destination.parse(given)
