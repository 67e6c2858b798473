"""Everything that can be done by REST."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from pydantic import BaseModel

from ari_apps.agents import AgentAction
from ari_apps.console.desk import Desk
from ari_apps.console.operation import Asked, Operation
from ari_apps.console.reach import Reach, of_queue
from ari_apps.console.views import (
    AgentView,
    CallbackView,
    CallView,
    FloorView,
    Moved,
    Onward,
    Pause,
    Priority,
    QueueView,
    ReloadedView,
    WhyView,
    Withdrawn,
)
from ari_apps.destinations import Destination, DestinationKind
from ari_apps.requests import (
    CallRequest,
    CancelConsult,
    CompleteTransfer,
    Consult,
    HangUp,
    Hold,
    Move,
    Prefer,
    Resume,
    Transfer,
    Withdraw,
)
from queue_strategies.rights import Role, Scope

ROOT = "/api/v1"


def operations(desk: Desk, reach: Reach) -> tuple[Operation, ...]:
    """List what this desk can do."""

    async def reload(_: Asked) -> ReloadedView:
        return desk.reload()

    reloading = Operation(
        method="POST",
        path=f"{ROOT}/reload",
        summary="Read floor.toml anew: queues, rules, agents' queues and skills, routes, menus",
        needs=Scope.ADMINISTER,
        answer=reload,
        gives=ReloadedView,
    )
    return (*_looking(desk, reach), *_agents(desk), *_calls(desk, reach), *_callbacks(desk, reach), reloading)


def _looking(desk: Desk, reach: Reach) -> tuple[Operation, ...]:
    async def floor(asked: Asked) -> FloorView:
        return reach.of_floor(asked.who, desk.floor())

    async def queues(asked: Asked) -> list[QueueView]:
        return reach.of_floor(asked.who, desk.floor()).queues

    async def queue(asked: Asked) -> QueueView:
        return of_queue(asked.who, desk.queue(asked.path["queue"]))

    async def agents(asked: Asked) -> list[AgentView]:
        return reach.of_floor(asked.who, desk.floor()).agents

    async def agent(asked: Asked) -> AgentView:
        return desk.agent(asked.path["agent"])

    async def calls(asked: Asked) -> list[CallView]:
        return reach.of_calls(asked.who, desk.calls())

    async def call(asked: Asked) -> CallView:
        return desk.call(asked.path["call"])

    async def why(asked: Asked) -> WhyView:
        return await desk.why(asked.path["call"])

    look = partial(Operation, method="GET", needs=Scope.LOOK)
    return (
        look(path=f"{ROOT}/floor", summary="Show queues and agents", answer=floor, gives=FloorView),
        look(path=f"{ROOT}/queues", summary="List queues", answer=queues, gives=QueueView, many=True),
        look(path=f"{ROOT}/queues/{{queue}}", summary="Show a queue", answer=queue, gives=QueueView),
        look(path=f"{ROOT}/agents", summary="List agents", answer=agents, gives=AgentView, many=True),
        look(path=f"{ROOT}/agents/{{agent}}", summary="Show an agent", answer=agent, gives=AgentView),
        look(path=f"{ROOT}/calls", summary="List calls", answer=calls, gives=CallView, many=True),
        look(path=f"{ROOT}/calls/{{call}}", summary="Show a call", answer=call, gives=CallView),
        look(
            path=f"{ROOT}/calls/{{call}}/why",
            summary="Explain who was considered for a call, now and at each offer, and who was not",
            needs=Scope.STEER,
            answer=why,
            gives=WhyView,
        ),
    )


def _callbacks(desk: Desk, reach: Reach) -> tuple[Operation, ...]:
    async def callbacks(asked: Asked) -> list[CallbackView]:
        return reach.of_callbacks(asked.who, desk.callbacks())

    async def cancel(asked: Asked) -> None:
        desk.cancel_callback(asked.path["call"])

    return (
        Operation(
            method="GET",
            path=f"{ROOT}/callbacks",
            summary="List callers who keep their places without the line",
            needs=Scope.LOOK,
            answer=callbacks,
            gives=CallbackView,
            many=True,
        ),
        Operation(
            method="DELETE",
            path=f"{ROOT}/callbacks/{{call}}",
            summary="Cancel a callback: the place is kept no longer",
            needs=Scope.STEER,
            answer=cancel,
        ),
    )


def _agents(desk: Desk) -> tuple[Operation, ...]:
    def act(action: AgentAction, summary: str) -> Operation:
        async def answer(asked: Asked) -> None:
            if asked.body is None:
                forced = asked.who.role is not Role.AGENT
                desk.let_agent(asked.path["agent"], action, forced=forced)
            else:
                desk.let_agent(asked.path["agent"], action, asked.body.reason, asked.body.queue)

        return Operation(
            method="POST",
            path=f"{ROOT}/agents/{{agent}}/{action.replace('_', '-')}",
            summary=summary,
            needs=Scope.WORK,
            answer=answer,
            takes=Pause if action is AgentAction.PAUSE else None,
        )

    async def serve_again(asked: Asked) -> None:
        desk.let_agent(asked.path["agent"], AgentAction.UNPAUSE, queue=asked.path["queue"])

    return (
        Operation(
            method="POST",
            path=f"{ROOT}/agents/{{agent}}/queues/{{queue}}/unpause",
            summary="Let an agent serve a queue again",
            needs=Scope.WORK,
            answer=serve_again,
        ),
        act(AgentAction.LOG_IN, "Log an agent in"),
        act(AgentAction.LOG_OUT, "Log an agent out"),
        act(AgentAction.PAUSE, "Pause an agent; during a call, as soon as it is over"),
        act(AgentAction.UNPAUSE, "End an agent's pause"),
        act(AgentAction.READY, "End an agent's wrap-up, rest and pause"),
    )


def _calls(desk: Desk, reach: Reach) -> tuple[Operation, ...]:
    def ask(
        verb: str,
        summary: str,
        request: Callable[[Asked], CallRequest],
        takes: type[BaseModel] | None = None,
        method: str = "POST",
        needs: Scope = Scope.WORK,
    ) -> Operation:
        async def answer(asked: Asked) -> None:
            wanted = request(asked)
            to = getattr(wanted, "to", None)
            if isinstance(to, Destination):
                reach.check_target(asked.who, to)
            await desk.ask(asked.path["call"], wanted)

        return Operation(
            method=method,
            path=f"{ROOT}/calls/{{call}}/{verb}",
            summary=summary,
            needs=needs,
            answer=answer,
            takes=takes,
        )

    return (
        ask("hold", "Put the customer on hold", lambda _: Hold()),
        ask("resume", "Take the customer back from hold", lambda _: Resume()),
        ask("transfer", "Send the customer on (blind)", lambda asked: Transfer(to=asked.body.to), Onward),
        ask(
            "consult", "Hold the customer and call somebody", lambda asked: Consult(to=asked.body.to), Onward
        ),
        ask("complete-transfer", "Give the customer to the consulted", lambda _: CompleteTransfer()),
        ask("cancel-consult", "Go back to the customer", lambda _: CancelConsult()),
        ask("hang-up", "End the call", lambda _: HangUp()),
        ask(
            "priority",
            "Change a waiting call's priority",
            lambda asked: Prefer(priority=asked.body.priority),
            Priority,
            method="PUT",
            needs=Scope.STEER,
        ),
        ask("move", "Let a waiting call wait in another queue", _move, Moved, needs=Scope.STEER),
        ask(
            "withdraw",
            "Let a waiting call wait no more, and go on elsewhere or end",
            lambda asked: Withdraw(to=asked.body.to),
            Withdrawn,
            needs=Scope.STEER,
        ),
    )


def _move(asked: Asked) -> Move:
    return Move(to=Destination(DestinationKind.QUEUE, asked.body.queue), anew=asked.body.anew)
