"""What is told of a recording, for good."""

from __future__ import annotations

from ari_apps.recording.notes import Note
from ari_apps.recording.studio import Talk
from queue_strategies.facts import (
    RecordingBegan,
    RecordingEnded,
    RecordingPassedOn,
    RecordingPaused,
    RecordingResumed,
)
from queue_strategies.model import ContactId
from queue_strategies.recording import Course, LeftOut


def began(note: Note, talk: Talk, because: str, moment: float) -> RecordingBegan:
    """Tell that a talk is about to be recorded."""
    return RecordingBegan(
        moment=moment,
        contact=ContactId(note.contact),
        recording=note.recording,
        channel=note.channel,
        visit=talk.visit,
        queue=talk.queue,
        agent=talk.agent,
        because=because,
    )


def passed_on(note: Note, talk: Talk, moment: float) -> RecordingPassedOn:
    """Tell that it goes on with another agent."""
    return RecordingPassedOn(
        moment=moment,
        contact=ContactId(note.contact),
        recording=note.recording,
        visit=talk.visit,
        queue=talk.queue,
        agent=talk.agent,
    )


def paused(note: Note, course: Course, by: str, moment: float) -> RecordingPaused:
    """Tell that something is left out from now on, and why."""
    because = LeftOut.ASKED if LeftOut.ASKED in course.left_out else min(course.left_out)
    return RecordingPaused(
        moment=moment, contact=ContactId(note.contact), recording=note.recording, because=because, by=by
    )


def resumed(note: Note, paused_s: float, by: str, moment: float) -> RecordingResumed:
    """Tell that it is recorded again."""
    return RecordingResumed(
        moment=moment, contact=ContactId(note.contact), recording=note.recording, paused_s=paused_s, by=by
    )


def ended(note: Note, moment: float, *, heard: bool = True) -> RecordingEnded:
    """Tell that it is over; `heard` is False where nobody saw the end."""
    return RecordingEnded(
        moment=moment,
        contact=ContactId(note.contact),
        recording=note.recording,
        recorded_s=note.recorded_s,
        paused_s=note.paused_s,
        heard=heard,
    )
