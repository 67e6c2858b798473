"""Let a waiting caller choose to be called back: the dialogue, the promise, and goodbye.

The place is kept meanwhile. An agent who picks up, a release, a request: whatever concerns the wait ends the
dialogue at once, for `Interrupted` is raised where the dialogue listens.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from ari_apps.ari import AriError
from ari_apps.call import Call
from ari_apps.configuration.callback import CallbackSettings
from ari_apps.destinations import Destination
from ari_apps.directory import Directory
from ari_apps.ivr.callback_dialogue import ask_number, media
from ari_apps.ivr.prompts import Prompts
from ari_apps.reaching import Attempt, NotReached, Promised, Reached, Visit
from ari_apps.requests import HangUp, Move, Withdraw
from queue_strategies.commands import Announce

log = structlog.get_logger()


class Interrupted(Exception):
    """Something came that the caller has waited for; `item` is what."""

    def __init__(self, item: object) -> None:
        self.item = item
        super().__init__(type(item).__name__)


class VirtualHold:
    """Everything the dialogue needs."""

    def __init__(self, *, prompts: Prompts, directory: Directory) -> None:
        self._prompts = prompts
        self._directory = directory

    def is_asked_for(self, to: Destination, attempt: Attempt, key: str) -> bool:
        """Tell whether a key of one who waits asks for a callback; who was called back is on the line."""
        settings = self._directory.callback_of(to)
        wants = settings is not None and settings.key == key
        return wants and isinstance(attempt, Visit) and not attempt.promised

    async def offer(self, call: Call, to: Destination, attempt: Attempt) -> object | None:
        """Ask for a number and promise to call; return Promised, what came instead, or None to wait on.

        Raises CallerGone; a caller who hangs up after the promise keeps the place.
        """
        settings = self._directory.callback_of(to)
        if settings is None or not isinstance(attempt, Visit):
            return None
        await call.quiet()
        try:
            with listening(call, attempt):
                return await self._talk(call, settings, attempt)
        except Interrupted as interrupted:
            await call.fall_silent()
            attempt.go_on_line()
            return interrupted.item

    async def _talk(self, call: Call, settings: CallbackSettings, attempt: Visit) -> Promised | None:
        number = await ask_number(call, settings, self._prompts)
        if number is None:
            return None
        goodbye = await media(call, self._prompts, settings.said_taken)
        attempt.keep_place(number, call.language)
        log.info("callback.taken", contact=call.contact, queue=attempt.to)
        await call.play(goodbye)
        attempt.leave_line()
        return Promised(attempt.id)

    async def greet(self, call: Call, to: Destination, attempt: Visit) -> None:
        """Tell a customer who was called first that an agent comes; what comes meanwhile is put back."""
        settings = self._directory.callback_of(to)
        if settings is None or settings.first != "customer":
            return
        try:
            with listening(call, attempt):
                await call.play(await media(call, self._prompts, settings.said_hello))
        except Interrupted as interrupted:
            await call.fall_silent()
            call.mailbox.put(interrupted.item)
        except AriError as error:
            log.warning("callback.not_greeted", contact=call.contact, why=str(error))


@contextmanager
def listening(call: Call, attempt: Visit) -> Iterator[None]:
    """Raise Interrupted for whatever concerns the wait, wherever the call listens within the context."""

    def watch(item: object) -> None:
        match item:
            case Reached(attempt=attempt.id) | NotReached(attempt=attempt.id):
                raise Interrupted(item)
            case HangUp() | Move() | Withdraw() if attempt.on_line:
                raise Interrupted(item)
            case Announce():
                attempt.heard()

    call.watch = watch
    try:
        yield
    finally:
        call.watch = None
