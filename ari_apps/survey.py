"""Ask a customer how it was, once the agent has gone: hello, a few questions, goodbye.

Nothing of it is worth a call: where the database does not tell in time when this customer was asked last,
nobody is asked, and whoever presses nothing is bid goodbye.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import structlog

from ari_apps.call import Call
from ari_apps.configuration.surveys import QuestionSettings, SurveySettings
from ari_apps.destinations import Destination, DestinationKind
from ari_apps.directory import Directory
from ari_apps.ivr.callback_dialogue import media
from ari_apps.ivr.digits import Complete, OneOf
from ari_apps.ivr.prompts import Prompts
from ari_apps.reaching import Attempt, Reached, Visit
from queue_strategies.facts import Fact, SurveyAnswered, SurveyOffered
from queue_strategies.model import AgentId, VisitId
from queue_strategies.survey import JustAsked, SurveyRules, Verdict, asks_when, is_chosen, judge, score_of

log = structlog.get_logger()

AskedLately = Callable[[str, int], Coroutine[Any, Any, bool | None]]
"""Was this number asked within so many days? None: nobody can say in time."""


async def nobody_knows(_: str, __: int) -> None:
    """Stand for a database that is not there."""


@dataclass(frozen=True, slots=True)
class Talked:
    """With whom a customer had talked last, who is to be asked about it."""

    visit: Visit
    agent: AgentId | None
    rules: SurveyRules
    name: str
    survey: SurveySettings


class Surveys:
    """Everything that asking needs."""

    def __init__(
        self,
        *,
        prompts: Prompts,
        directory: Directory,
        now: Callable[[], float],
        chance: Callable[[], float],
        remember: Callable[[Fact], None],
        asked_lately: AskedLately,
    ) -> None:
        self._prompts = prompts
        self._directory = directory
        self._now = now
        self._chance = chance
        self._remember = remember
        self._asked_lately = asked_lately
        self._just_asked = JustAsked()

    def choose(self, attempt: Attempt, met: Reached) -> Talked | None:
        """Say whether, by chance, a customer is to be asked whose agent has just hung up; None: no."""
        if not isinstance(attempt, Visit):
            return None
        queue = Destination(DestinationKind.QUEUE, attempt.caller.queue)
        found = self._directory.survey_of(queue)
        if found is None or not is_chosen(rules := found[0].rules(), self._chance()):
            return None
        return Talked(attempt, met.agent, rules, found[0].ask, found[1])

    async def ask(self, call: Call, talked: Talked) -> None:
        """Ask all questions, unless this customer was asked lately. Raises CallerGone."""
        verdict = judge(talked.rules, call.caller_number, lately=await self._lately(call, talked.rules))
        log.info("survey.decided", contact=call.contact, queue=talked.visit.to, verdict=verdict.value)
        if verdict is not Verdict.ASKED:
            return
        self._just_asked.note(call.caller_number, self._now())
        self._remember(
            SurveyOffered(
                moment=self._now(),
                contact=call.contact,
                visit=VisitId(talked.visit.id),
                queue=talked.visit.caller.queue,
                agent=talked.agent,
                survey=talked.name,
            )
        )
        await call.play(await media(call, self._prompts, talked.survey.greeting))
        for question in talked.survey.questions:
            answer = await self._answer(call, question)
            if answer is None:
                break
            self._remember(self._answered(call, talked, question, answer))
        await call.play(await media(call, self._prompts, talked.survey.thanks))

    async def _lately(self, call: Call, rules: SurveyRules) -> bool | None:
        if not asks_when(rules, call.caller_number):
            return None
        if self._just_asked.knows(call.caller_number, self._now()):
            return True
        return await call.attend(self._asked_lately(call.caller_number, rules.again_after_days))

    async def _answer(self, call: Call, question: QuestionSettings) -> str | None:
        """Return the key that answers a question; None where there was none after all tries."""
        told = await media(call, self._prompts, question.prompt)
        matcher = OneOf(tuple(question.keys))
        for _ in range(question.tries):
            answer = await call.collect(
                told,
                matcher,
                timeout_s=question.timeout_s,
                between_s=question.timeout_s,
                barge_in=question.barge_in,
            )
            if isinstance(answer, Complete):
                return answer.digits
            wrong = await media(call, self._prompts, question.invalid_prompt) if answer.digits else []
            await call.play(wrong)
        return None

    def _answered(
        self, call: Call, talked: Talked, question: QuestionSettings, answer: str
    ) -> SurveyAnswered:
        return SurveyAnswered(
            moment=self._now(),
            contact=call.contact,
            visit=VisitId(talked.visit.id),
            queue=talked.visit.caller.queue,
            agent=talked.agent,
            survey=talked.name,
            question=question.name,
            answer=answer,
            score=score_of(answer) if question.score else None,
        )
