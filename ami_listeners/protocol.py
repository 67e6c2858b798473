"""Panoramisk's protocol with sound framing: bytes are buffered, whole blocks are handed on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import structlog
from panoramisk.actions import Action
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.message import Message

from ami_listeners.errors import OutcomeUnknown
from ami_listeners.messages import Framer, NotAManagerStream, headers_of

log = structlog.get_logger(__name__)

Take = Callable[[Sequence[bytes], float], None]
"""Told of blocks, and the moment at which they came."""


class Protocol(AMIProtocol):  # type: ignore[misc]
    """Match answers to actions and hand every other block to `take`; decides nothing."""

    def __init__(self, take: Take, moment: Callable[[], float]) -> None:
        self.take, self.moment = take, moment
        self.framer = Framer()
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """Why the connection is gone, once it is."""
        self.heard_moment = moment()
        """When the peer last gave a sign of life."""
        self.odd = ""
        """What the peer said that no manager says."""

    def connection_made(self, transport: Any) -> None:
        """Begin with nothing pending."""
        super().connection_made(transport)
        self.encoding = "utf-8"

    def data_received(self, data: bytes) -> None:
        """Cut what arrived into blocks; a block that makes trouble costs only itself."""
        try:
            blocks = self.framer.feed(data)
        except NotAManagerStream as odd:
            self.odd = str(odd)
            self.abort("it does not speak as Asterisk's manager")
            return
        self.heard_moment = moment = self.moment()
        if self.responses:
            blocks = [block for block in blocks if not self._answers(block)]
        self.take(blocks, moment)

    def _answers(self, block: bytes) -> bool:
        """Give a response to its action; an event belongs to a list only after the list has begun."""
        try:
            is_event = block.startswith(b"Event: ")
            if is_event and b"\r\nActionID: " not in block:
                return False
            message = Message(headers_of(block))
            action = self.responses.get(message.action_id)
            if action is None or (is_event and (not action.responses or action.future.done())):
                return False
            action.add_message(message)
        except Exception:
            log.exception("ami.block_not_understood", block=block[:200])
        return True

    def expect(self, action: Action) -> None:
        """Remember an action until its future is done, however that comes about."""
        key = action.action_id
        self.responses[key] = action
        action.future.add_done_callback(lambda _: self.responses.pop(key, None))

    def write(self, action: Action) -> None:
        """Put an action on the wire."""
        self.transport.write(str(action).encode(self.encoding))

    def abort(self, why: str) -> None:
        """Cut the connection now; `why` is what `lost` will say."""
        if not self.lost.done():
            self.lost.set_result(why)
        self.closed = True
        self.transport.abort()
        self._fail_pending(why)

    def connection_lost(self, exc: Exception | None) -> None:
        """Say so once; what was pending has an unknown outcome and is not sent again."""
        self.closed = True
        why = f"the connection broke ({exc})" if exc else "Asterisk closed the connection"
        if not self.lost.done():
            self.lost.set_result(why)
        self._fail_pending(why)

    def close(self) -> None:
        """Cut the connection; panoramisk would put what is pending in line to be sent again."""
        self.abort("the connection was closed")

    def _fail_pending(self, why: str) -> None:
        for action in list(self.responses.values()):
            if not action.future.done():
                action.future.set_exception(OutcomeUnknown(action["Action"], why))
