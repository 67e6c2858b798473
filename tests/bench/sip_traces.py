"""Read what SIPp saw, call by call, from its short message traces.

Both SIPp processes stamp each message with the same system clock, in microseconds, as they read or write
it, so a difference between two lines is a time as the outside world sees it. A caller is recognised in the
agent's INVITE by the caller's number, which Asterisk passes on in From.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Message:
    """One SIP message in a SIPp trace; `moment` in seconds."""

    moment: float
    sent: bool
    dialog: str
    cseq: str
    first_line: str


@dataclass(slots=True)
class CallSeen:
    """One call as caller and agent saw it; moments in seconds of one clock, None for what never came."""

    number: str
    invited: float | None = None
    trying: float | None = None
    answered: float | None = None
    ended: float | None = None
    agent_invited: float | None = None
    agent_answered: float | None = None
    agent_parted: float | None = None
    offers: int = 0
    hung_up: bool = False
    """The caller did."""

    @property
    def dispatch_s(self) -> float | None:
        """Give the time from the caller's 100 Trying to the first agent's INVITE."""
        if self.trying is None or self.agent_invited is None:
            return None
        return self.agent_invited - self.trying

    @property
    def complete(self) -> bool:
        """Tell whether the call was answered, talked to an agent and ended on both sides."""
        moments = (self.answered, self.ended, self.agent_answered, self.agent_parted)
        return all(moment is not None for moment in moments) and self.dispatch_s is not None


def messages(lines: Iterable[str]) -> Iterator[Message]:
    """Read a SIPp short message trace; a line cut short by the end of SIPp is left out."""
    for line in lines:
        fields = line.rstrip("\r\n").split("\t")
        if len(fields) < 7:
            continue
        _, _, moment, direction, dialog, cseq, first_line = fields[:7]
        yield Message(float(moment), direction == "S", dialog, cseq.removeprefix("CSeq:"), first_line)


def calls_seen(
    caller: Iterable[Message], agent: Iterable[Message], callers: Mapping[str, str]
) -> list[CallSeen]:
    """Put together both sides of every call; `callers` gives the caller's number of each agent's dialog."""
    calls: dict[str, CallSeen] = {}
    for message in caller:
        number = caller_number(message.dialog)
        _note_caller(calls.setdefault(number, CallSeen(number)), message)
    for message in agent:
        if call := calls.get(callers.get(message.dialog, "")):
            _note_agent(call, message)
    return list(calls.values())


def caller_number(dialog: str) -> str:
    """Give the number of the caller whose Call-ID begins with it (`49301-9210@127.0.0.1`)."""
    return dialog.partition("-")[0]


def _note_caller(call: CallSeen, message: Message) -> None:
    match message.first_line.split(" ", 2)[:2], message.sent:
        case ["INVITE", _], True:
            call.invited = call.invited or message.moment
        case ["SIP/2.0", "100"], False:
            call.trying = call.trying or message.moment
        case ["SIP/2.0", "200"], False if message.cseq.endswith("INVITE"):
            call.answered = call.answered or message.moment
        case ["BYE", _], hung_up:
            call.hung_up |= hung_up
            call.ended = call.ended or message.moment


def _note_agent(call: CallSeen, message: Message) -> None:
    match message.first_line.split(" ", 2)[:2], message.sent:
        case ["INVITE", _], False:
            call.agent_invited = call.agent_invited or message.moment
            call.offers += 1
        case ["ACK", _], False:
            call.agent_answered = call.agent_answered or message.moment
        case ["SIP/2.0", "200"], False if message.cseq.endswith("BYE"):
            call.agent_parted = call.agent_parted or message.moment


def read_run(folder: Path) -> list[CallSeen]:
    """Read the traces that one run left in a folder."""
    callers = dict(_pairs((folder / "agent.log").read_text().splitlines()))
    with (folder / "caller.msg").open() as caller, (folder / "agent.msg").open() as agent:
        return calls_seen(messages(caller), messages(agent), callers)


def _pairs(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        dialog, separator, number = line.partition(" ")
        if separator:
            yield dialog, number.strip()


def percentile(values: Sequence[float], share: float) -> float:
    """Give the value below which this share (0 to 1) of the values lies; nearest rank."""
    ranked = sorted(values)
    return ranked[max(0, ceil(share * len(ranked)) - 1)]
