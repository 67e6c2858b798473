"""Messages that callers left, by REST: of the own boxes alone."""

from __future__ import annotations

import asyncio
import datetime as dt
from functools import partial
from typing import Any
from uuid import UUID

from pydantic import Field

from ari_apps.apps import Apps
from ari_apps.console.desk import NotFoundError
from ari_apps.console.greetings import GreetingDesk
from ari_apps.console.operation import Asked, Operation
from ari_apps.console.reach import Reach
from ari_apps.console.sound import Sound
from ari_apps.console.views import View
from ari_apps.destinations import Destination, DestinationKind
from ari_apps.message_boxes import MessageBoxes, part_of
from ari_apps.requests import NotNow
from queue_strategies.model import AgentId
from queue_strategies.rights import ForbiddenError, Person, Scope

ROOT = "/api/v1/voicemails"


class MessagesAsked(View):
    """Which messages are asked for."""

    box: str = Field("", max_length=64)
    new: bool = Field(default=False, description="those alone that nobody has heard")


class VoicemailView(View):
    """A message; `heard_at` is null while it is new."""

    voicemail: UUID
    box: str
    number: str
    name: str
    contact: str | None
    duration_s: float | None
    left_at: dt.datetime
    heard_at: dt.datetime | None
    heard_by: str | None
    called_back_at: dt.datetime | None
    called_back_by: str | None


class CallBackAsked(View):
    """Who is to call back."""

    agent: str = Field("", max_length=64, description="empty: the agent who asks")


class VoicemailDesk:
    """Answer those whose boxes they are."""

    def __init__(self, boxes: MessageBoxes, apps: Apps, reach: Reach) -> None:
        self._boxes, self._reach = boxes, reach
        self._directory, self._dialling, self._greetings = apps.directory, apps.dialling, apps.greetings

    def operations(self) -> tuple[Operation, ...]:
        """List what can be asked."""
        one = f"{ROOT}/{{voicemail}}"
        return (
            Operation(
                method="GET", path=ROOT, needs=Scope.WORK, answer=self._list, asks=MessagesAsked,
                hears=True, gives=VoicemailView, many=True,
                summary="List the messages of one's boxes, the latest first",
            ),
            Operation(
                method="GET", path=f"{one}/sound", needs=Scope.WORK, answer=self._sound, media=("audio/wav",),
                hears=True, summary="Hear a message, or a range of its bytes; it is not new any more",
            ),
            Operation(
                method="POST", path=f"{one}/call-back", needs=Scope.WORK, answer=self._call_back,
                asks=CallBackAsked,
                summary="Ring an agent's phone, and from it whoever left a message; it is called back then",
            ),
            Operation(
                method="DELETE", path=one, needs=Scope.WORK, answer=self._delete,
                summary="Delete a message and its sound",
            ),
            *GreetingDesk(self._greetings, self._theirs).operations(),
        )  # fmt: skip

    async def _list(self, asked: Asked) -> list[VoicemailView]:
        wanted: MessagesAsked = asked.query
        theirs = self._theirs(asked.who)
        if wanted.box:
            if theirs is not None and wanted.box not in theirs:
                raise ForbiddenError(f"voicemail {wanted.box!r} is not within reach of {asked.who.name}")
            theirs = {wanted.box}
        return [view(row) for row in await self._boxes.find(theirs, new=wanted.new)]

    async def _sound(self, asked: Asked) -> Sound:
        message = await self._one(asked)
        file = self._boxes.file_of(message)
        size = (await asyncio.to_thread(file.stat)).st_size
        self._boxes.note_heard(message, asked.who.name)
        name = f"{message['voicemail']}.wav"
        return Sound(size, "audio/wav", name, partial(part_of, file))

    async def _call_back(self, asked: Asked) -> None:
        who, agent = asked.who, AgentId(asked.query.agent or asked.who.agent or "")
        message = await self._one(asked)
        if not agent:
            raise NotNow(f"{who.name} is no agent: say which agent is to call back")
        if not self._reach.agent(who, agent):
            raise ForbiddenError(f"agent {agent!r} is not within reach of {who.name}")
        if not self._directory.is_agent(agent):
            raise NotFoundError(f"there is no agent {agent!r}")
        box = self._directory.boxes().get(message["box"])
        if box is None or not box.calls_back(message["number"]):
            raise NotNow(not_called_back(message))
        noted = partial(self._boxes.note_called_back, message, who.name, agent)
        await self._dialling.dial(agent, message["number"], noted)

    async def _delete(self, asked: Asked) -> None:
        await self._boxes.delete(await self._one(asked), asked.who.name)

    async def _one(self, asked: Asked) -> dict[str, Any]:
        """Find a message in the own boxes; who does not see everybody is not told of any other."""
        name = asked.path["voicemail"]
        try:
            found = await self._boxes.find(self._theirs(asked.who), voicemail=str(UUID(name)))
        except ValueError:
            found = []
        if not found and not asked.who.sees_everybody:
            raise ForbiddenError(f"voicemail {name[:40]!r} is not within reach of {asked.who.name}")
        if not found:
            raise NotFoundError(f"there is no message {name[:40]!r}")
        return found[0]

    def _theirs(self, who: Person) -> set[str] | None:
        """Name the boxes of somebody; None: all, those included that floor.toml has no more."""
        if who.sees_everybody:
            return None
        boxes = self._directory.boxes().items()
        return {name for name, box in boxes if box.of is not None and self._has(who, box.of)}

    def _has(self, who: Person, of: Destination) -> bool:
        within = self._reach.agent if of.kind is DestinationKind.AGENT else self._reach.queue
        return within(who, of.name)


def not_called_back(message: dict[str, Any]) -> str:
    """Say why nobody calls whom a message is from: the number is what its caller showed, true or not."""
    if not message["number"]:
        return "who left the message showed no number"
    return (
        f"{message['number']} is no number that this box calls back: "
        f"those it does are named in voicemail.{message['box']}.call_back_numbers"
    )


def view(row: dict[str, Any]) -> VoicemailView:
    """Show a message as people see it."""
    return VoicemailView(**{name: row[name] for name in VoicemailView.model_fields})
