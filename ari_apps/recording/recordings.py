"""The recordings of a floor: a tape for every call, by the rules of queues and agents."""

from __future__ import annotations

from collections.abc import Callable, Container
from contextlib import suppress
from dataclasses import dataclass, field, replace

import structlog

from ari_apps.ari import AriError
from ari_apps.call import Call
from ari_apps.destinations import Destination
from ari_apps.directory import Directory
from ari_apps.feature_codes import FeatureCodes
from ari_apps.legs import Leg
from ari_apps.reaching import Attempt, Reached
from ari_apps.recording import ear, trail
from ari_apps.recording.native import NativeRecordings
from ari_apps.recording.notes import Note
from ari_apps.recording.rules import talk_of
from ari_apps.recording.studio import Guest, Studio, Talk, Told
from ari_apps.recording.takes import Takes
from ari_apps.recording.tape import Tape
from ari_apps.requests import NotNow
from queue_strategies.facts import Fact, MonitoringBegan, MonitoringEnded
from queue_strategies.model import AgentId, ContactId
from queue_strategies.monitoring import Mode
from queue_strategies.recording import (
    Course,
    CustomerLeft,
    Happened,
    HoldBegan,
    HoldEnded,
    LeftOut,
    StopAsked,
    TalkBegan,
)

log = structlog.get_logger()

KEYS_MAX = 8
"""No code is longer."""


@dataclass(slots=True)
class Recordings:
    """What calls tell of themselves, and what people ask for."""

    studio: Studio
    directory: Directory
    codes: FeatureCodes
    chance: Callable[[], float]
    seat_of: Callable[[str], str] = lambda _: ""
    """Names the channel of a supervisor's phone; empty: there is none."""
    _tapes: dict[ContactId, Tape] = field(default_factory=dict)
    _unfinished: dict[str, Note] = field(default_factory=dict)
    """By contact: what an earlier process has begun, and nobody has taken up."""
    native: NativeRecordings = field(init=False)
    """Of calls that callfloor does not lead."""

    def __post_init__(self) -> None:
        self.native = NativeRecordings(self)

    def __contains__(self, contact: object) -> bool:
        """Tell whether somebody talks, or has talked, with a customer who is on the line."""
        return contact in self._tapes

    # -- what calls tell ------------------------------------------------------------------------------------

    def talk_began(self, call: Call, to: Destination, attempt: Attempt, met: Reached) -> None:
        """Note that a customer hears somebody, for the first time or after a transfer."""
        self.begin(self._tape(call), talk_of(call, to, attempt, met, self.directory, self.chance()))

    def talk_went_on(
        self, call: Call, to: Destination, attempt: Attempt, met: Reached, *, held: bool
    ) -> None:
        """Go on recording a talk that an earlier process has left, if that one did; one of ours goes on."""
        if call.contact not in self:
            talk = talk_of(call, to, attempt, met, self.directory, self.chance())
            self.go_on(self._tape(call), talk, held=held)

    def begin(self, tape: Tape, talk: Talk) -> None:
        """Let a tape learn with whom the customer talks."""
        tape.tell(Told(TalkBegan(talk.wanted, talk.hold), talk))

    def go_on(self, tape: Tape, talk: Talk, *, held: bool, by_chance: bool = False) -> None:
        """Let a tape go on where one of an earlier process has left off, if there is one."""
        note = self._unfinished.pop(tape.contact, None)
        if note is None:  # usually chance was asked when the talk began
            self.begin(tape, talk if by_chance else replace(talk, wanted=replace(talk.wanted, yes=False)))
            return
        tape.takes, tape.since = Takes(self.studio, note), self.studio.clock.moment()
        tape.course = Course(begun=True, left_out=frozenset({LeftOut.ASKED} if note.paused else ()))
        self.begin(tape, talk)
        if held:
            tape.tell(Told(HoldBegan()))
        self.studio.crew.start(self._stop_ears(note), f"go on with recording {note.recording}")

    def passed_on(self, heir: Call, to: Destination, attempt: Attempt, met: Reached) -> None:
        """Begin another recording on the line that a contact goes on with, as the dialler has left."""
        before = self._tapes.get(heir.contact)
        course = before.course if before is not None else Course()
        self.left(heir.contact)
        talk = talk_of(heir, to, attempt, met, self.directory, self.chance())
        went_on = replace(talk.wanted, yes=course.runs, because=course.because)
        self.begin(self._tape(heir), replace(talk, wanted=went_on))

    def hold_began(self, call: Call) -> None:
        """Note that a customer is on hold."""
        self.tell(call.contact, HoldBegan())

    def hold_ended(self, call: Call) -> None:
        """Note that a customer is back from hold."""
        self.tell(call.contact, HoldEnded())

    def agent_left(self, call: Call) -> None:
        """Note that a customer waits for somebody else, as the agent has gone."""
        if (tape := self._tapes.get(call.contact)) is not None:
            tape.is_left = True
        self.hold_began(call)

    def talk_ended(self, call: Call) -> None:
        """Note that the last agent has gone; what the customer is asked afterwards is no talk."""
        self.tell(call.contact, StopAsked())

    def left(self, contact: ContactId) -> None:
        """Note that a customer has gone."""
        self.tell(contact, CustomerLeft())
        self._tapes.pop(contact, None)
        if (note := self._unfinished.pop(contact, None)) is not None:
            self._finish(note)

    def tell(self, contact: ContactId, happened: Happened) -> None:
        """Let the tape of a customer, if there is one, learn what happened."""
        if (tape := self._tapes.get(contact)) is not None:
            tape.tell(Told(happened))

    def take(self, fact: Fact) -> None:
        """Follow native calls; learn whom the customer hears beside the agent, as one who barges in."""
        self.native.take(fact)
        match fact:
            case MonitoringBegan(mode=Mode.BARGE | Mode.TAKE_OVER):
                tape, channel = self._tapes.get(ContactId(fact.contact)), self.seat_of(fact.supervisor)
                if tape is not None and channel:
                    tape.guest_came(fact.ear, Guest(channel, instead=fact.mode == Mode.TAKE_OVER))
            case MonitoringEnded():
                if (tape := self._tapes.get(ContactId(fact.contact))) is not None:
                    tape.guest_left(fact.ear)

    # -- what an earlier process has left -------------------------------------------------------------------

    def recall(self) -> None:
        """Learn what an earlier process has not finished; what it left out, nobody hears from the first."""
        self._unfinished = {note.contact: note for note in self.studio.notes.read() if not note.ended}
        for paused in [note for note in self._unfinished.values() if note.paused]:
            for watcher in self.studio.pause_watchers:
                watcher(ContactId(paused.contact), True)
        for note in self.studio.notes.read():
            if note.ended:
                self.studio.keeping.give(note)

    def part(self, calls: Container[str]) -> None:
        """Finish what belongs to no call that is there still, once it is known which are."""
        for contact in [contact for contact in self._unfinished if contact not in calls]:
            self._finish(self._unfinished.pop(contact))

    def _finish(self, note: Note) -> None:
        """Keep what there is of a recording whose end nobody saw."""
        self.studio.remember(trail.ended(note, self.studio.clock.moment(), heard=False))
        self.studio.keeping.give(note)

    async def _stop_ears(self, note: Note) -> None:
        """End what still listens for a process that is gone; new ears have taken over."""
        last = note.takes[-1].files if note.takes else ()
        for file in (*last, *note.strays):
            await ear.stop(self.studio.ari, file)

    # -- what people ask for --------------------------------------------------------------------------------

    def pressed(self, call: Call, leg: Leg, key: str) -> None:
        """Note a key that an agent presses while talking; a code does what it says, and a beep tells so."""
        tape = self._tapes.get(call.contact)
        if tape is None:
            return
        tape.keys = (tape.keys + key)[-KEYS_MAX:]
        if (asked := self.codes.pressed(tape.keys)) is not None:
            tape.keys = ""
            self.studio.crew.start(self._ask_by_key(tape, leg, asked), f"key of {leg.id}")

    async def _ask_by_key(self, tape: Tape, leg: Leg, asked: Happened) -> None:
        agent = tape.talk.agent if tape.talk else None
        try:
            await tape.ask(asked, f"agent {agent or leg.id}")
            sound = "sound:beep"
        except NotNow as refusal:
            log.info("recording.key_refused", contact=tape.contact, agent=agent, why=str(refusal))
            sound = "sound:beeperr"
        with suppress(AriError):
            await leg.channel.play(sound, self.studio.new_id())

    async def ask(self, contact: ContactId, happened: Happened, by: str) -> None:
        """Do what somebody asks for about the call of a contact; raises NotNow."""
        tape = self._tapes.get(contact)
        if tape is None:
            raise NotNow("not before somebody talks with the customer")
        await tape.ask(happened, by)

    def is_paused(self, contact: ContactId) -> bool:
        """Tell whether somebody has asked that nobody hear what is said now."""
        tape = self._tapes.get(contact)
        return tape is not None and tape.course.paused

    def agent_of(self, contact: ContactId) -> AgentId | None:
        """Find the agent with whom a customer talks, or talked last."""
        tape = self._tapes.get(contact)
        return tape.talk.agent if tape is not None and tape.talk is not None else None

    def contact_of(self, agent: AgentId) -> ContactId | None:
        """Find the customer with whom an agent talks, the last one if there are several."""
        here = (contact for contact, tape in reversed(self._tapes.items()) if not tape.is_left)
        return next((contact for contact in here if self.agent_of(contact) == agent), None)

    @property
    def running(self) -> int:
        """How many calls are recorded at this moment."""
        return sum(tape.course.runs for tape in self._tapes.values())

    def _tape(self, call: Call) -> Tape:
        return self.tape(call.contact, call.channel_id, by_agent=bool(call.phone))

    def tape(self, contact: ContactId, channel: str, *, by_agent: bool = False) -> Tape:
        """Find the tape of a contact, or take a new one."""
        if (tape := self._tapes.get(contact)) is None:
            tape = self._tapes[contact] = Tape(self.studio, contact, channel, by_agent=by_agent)
        return tape
