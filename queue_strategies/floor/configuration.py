"""Change the queues and agents while callers wait and talk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import reduce
from operator import or_

from queue_strategies.events import FloorConfigured
from queue_strategies.floor.agents import log_out
from queue_strategies.floor.bounds import check_figures
from queue_strategies.floor.desk import Desk
from queue_strategies.floor.dispositions import demand_no_more
from queue_strategies.floor.entrance import stand_elsewhere
from queue_strategies.floor.hall import Hall
from queue_strategies.floor.letting_go import let_go
from queue_strategies.floor.line import Line, Seat
from queue_strategies.floor.roster import Roster
from queue_strategies.floor.visit import Place
from queue_strategies.metrics import check_formula
from queue_strategies.model import Agent, AgentId, Queue, QueueName, VisitOutcome
from queue_strategies.orders import order_named
from queue_strategies.strategies import strategy_of


def check(event: FloorConfigured) -> None:
    """Refuse what cannot be; raises UnknownStrategy, UnknownOrder, UnknownFormula or ImpossibleFigure."""
    order_named(event.order, event.ageing_s)
    for queue in event.queues:
        strategy_of(queue, chance=lambda: 0.0)
        check_formula(queue.service_level_formula)
    check_figures(event)


def configured(hall: Hall, event: FloorConfigured) -> None:
    """Take over queues and agents; whoever is in a queue that is no more is served to the end.

    The members stay who are there still; where none of them is left, those who wait are let go of.
    """
    queues = {queue.name: queue for queue in event.queues}
    agents = {agent.id: agent for agent in event.agents}
    if (event.order, event.ageing_s) != hall.order_chosen:
        hall.order_chosen = (event.order, event.ageing_s)
        hall.order_of_service = order_named(event.order, event.ageing_s)
    _close_lines(hall, queues)
    for queue in queues.values():
        _open_line(hall, queue)
    _dismiss(hall, agents)
    _seat(hall, agents)
    demand_no_more(hall)
    for line in list(hall.lines.values()):
        if line.deserted:
            _give_up(hall, line)
        else:
            _look_again(hall, line)


def _close_lines(hall: Hall, queues: Mapping[QueueName, Queue]) -> None:
    for line in [line for name, line in hall.lines.items() if name not in queues]:
        line.closed = True
        line.order = hall.order_of_service
        hall.dissolve(line)


def _give_up(hall: Hall, line: Line) -> None:
    """Let go of those whom nobody is left to serve; one who is being connected is served."""
    for visit in line.unanswered:
        if visit.place is Place.WAITING:
            let_go(hall, visit, VisitOutcome.WITHDRAWN)


def _open_line(hall: Hall, queue: Queue) -> None:
    line = hall.lines.get(queue.name)
    if line is None:
        hall.lines[queue.name] = Line(queue, strategy_of(queue, hall.chance), hall.order_of_service)
        return
    if _choice(line.queue) != _choice(queue):
        line.strategy = strategy_of(queue, hall.chance)
        for visit in line.unanswered:
            visit.turn = ()
    line.closed = False
    line.obey(queue)
    line.order = hall.order_of_service


def _choice(queue: Queue) -> tuple[str, float, float, float]:
    """Return what makes a strategy; while that stays the same, whose turn it is is not forgotten."""
    return (queue.strategy, queue.ring_progressively_delay_s, queue.skill_worth_s, queue.handle_time_worth)


def _dismiss(hall: Hall, agents: Mapping[AgentId, Agent]) -> None:
    for desk in [desk for desk in hall.desks.values() if desk.agent.id not in agents]:
        desk.removed = True
        desk.own_calls.clear()
        log_out(hall, desk)
        hall.refresh_desk(desk)


def _seat(hall: Hall, agents: Mapping[AgentId, Agent]) -> None:
    """Give every agent a seat in each queue served; what was counted at a seat is kept."""
    seats = {line: line.stand_up() for line in hall.lines.values()}
    for desk in hall.desks.values():
        desk.seats = []
    places: Counter[Line] = Counter()
    for agent in agents.values():
        desk = _desk(hall, agent)
        for name, membership in agent.queues.items():
            line = hall.lines.get(name)
            if line is None or line.closed:
                continue
            seat = seats[line].get(agent.id) or Seat(desk, line, 0, 0)
            seat.desk, seat.penalty, seat.place = desk, membership.penalty, places[line]
            places[line] += 1
            line.seats[agent.id] = seat
            desk.seats.append(seat)
    for line in hall.lines.values():
        if line.closed:
            _stay_seated(line, seats[line], agents)
        line.roster = Roster((seat.penalty, seat.place) for seat in line.seats.values())
    for id_ in agents:
        desk = hall.desks[id_]
        hall.refresh_desk(desk)
        hall.refresh_seats(desk)
        hall.count(desk)
        desk.watched = reduce(or_, (seat.line.watched for seat in desk.seats), 0)


def _stay_seated(line: Line, seats: Mapping[AgentId, Seat], agents: Mapping[AgentId, Agent]) -> None:
    """Let the members of a queue that is no more go on to serve it, as far as they are agents still."""
    for id_, seat in seats.items():
        if id_ in agents:
            line.seats[id_] = seat
            seat.desk.seats.append(seat)


def _desk(hall: Hall, agent: Agent) -> Desk:
    desk = hall.desks.get(agent.id)
    if desk is None:
        desk = hall.desks[agent.id] = Desk(agent, hall.number(), hall.now, hall.now, hall.now)
    desk.agent = agent
    desk.removed = False
    return desk


def _look_again(hall: Hall, line: Line) -> None:
    hall.touched[line] = None
    for visit in list(line.unanswered):
        if visit.wants_agent not in line.seats:
            visit.wants_agent = None
        if not line.strategy.one_penalty_at_a_time:
            visit.penalty_ringing = None
        stand_elsewhere(hall, visit)
        if visit.place is Place.WAITING:
            hall.arm(visit)
