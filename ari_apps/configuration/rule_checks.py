"""Find what cannot be meant in how agents and callers are chosen: strategies, orders, rules, skills."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ari_apps.configuration.errors import Problem, at, suggest
from ari_apps.configuration.rules import Rule, floor_rule, least_asked
from ari_apps.ivr.settings import RouteSettings, Skills
from queue_strategies.choice import find, hint
from queue_strategies.definitions import SERVICE_LEVELS
from queue_strategies.orders import ORDERS
from queue_strategies.strategies import STRATEGIES

if TYPE_CHECKING:
    from ari_apps.configuration.floor_toml import FloorConfiguration
    from ari_apps.configuration.settings import AgentSettings, QueueSettings


def unknown_choices(configuration: FloorConfiguration) -> Iterator[Problem]:
    """Find strategies, orders and formulas that do not exist, and options that a queue's strategy has not."""
    for n, queue in enumerate(configuration.queues):
        if find(STRATEGIES, queue.strategy) is None:
            told = f"unknown strategy {queue.strategy!r}, {hint(STRATEGIES, queue.strategy)}"
            yield at(f"queues[{n}].strategy", told)
        else:
            yield from useless_options(queue, f"queues[{n}]")
        formula = queue.service_level_formula
        if formula not in SERVICE_LEVELS:
            nearest = suggest(formula, list(SERVICE_LEVELS))
            yield at(f"queues[{n}].service_level_formula", f"unknown formula {formula!r}, {nearest}")
    if find(ORDERS, configuration.callers.order) is None:
        order = configuration.callers.order
        yield at("callers.order", f"unknown order {order!r}, {hint(ORDERS, order)}")
    elif "ageing_s" in configuration.callers.model_fields_set:
        yield from _useless_ageing(configuration.callers.order)


def _useless_ageing(order: str) -> Iterator[Problem]:
    if order.replace("_", "-") != AGEING:
        yield at("callers.ageing_s", f"is for order {AGEING!r}, here it is {order!r}")


AGEING = "priority-ageing"
"""The one order of callers that asks what a step of priority is worth."""
OPTIONS = {
    "ring_progressively_delay_s": "ring-progressively",
    "skill_worth_s": "best-skill",
    "handle_time_worth": "predicted-best",
}
"""Fields of a queue that one strategy alone understands."""


def useless_options(queue: QueueSettings, place: str) -> Iterator[Problem]:
    """Find what is said for a strategy that the queue does not have."""
    for field, strategy in OPTIONS.items():
        if field in queue.model_fields_set and queue.strategy.replace("_", "-") != strategy:
            yield at(f"{place}.{field}", f"is for strategy {strategy!r}, this queue has {queue.strategy!r}")


def wrong_rules(configuration: FloorConfiguration) -> Iterator[Problem]:
    """Find rules that leave nobody between their bounds, and two steps at the same time."""
    for name, rule in configuration.rules.items():
        times = [step.after_s for step in rule]
        for n, after_s in enumerate(times):
            if after_s in times[:n]:
                yield at(f"rules.{name}[{n}].after_s", f"{after_s:g} s has a step already, make them one")
        yield from _nobody_left(name, rule)


def _nobody_left(name: str, rule: Rule) -> Iterator[Problem]:
    lowest = highest = None
    for step in floor_rule(rule):
        lowest = step.min_penalty if step.min_penalty is not None else lowest
        highest = step.max_penalty if step.max_penalty is not None else highest
        if lowest is not None and highest is not None and lowest > highest:
            told = f"after {step.after_s:g} s min_penalty {lowest} is above max_penalty {highest}"
            yield at(f"rules.{name}", f"{told}: nobody could be rung, lower the one or raise the other")


def skills_nobody_has(configuration: FloorConfiguration) -> Iterator[Problem]:
    """Find callers whom nobody could ever serve: even the rule's last step asks for what no member can do."""
    known = sorted({skill for agent in configuration.agents for skill in agent.skills})
    for n, queue in enumerate(configuration.queues):
        members = [agent for agent in configuration.agents if _is_member(agent, queue)]
        asked = least_asked(queue.skills, configuration.rules.get(queue.rule or "", ()))
        for skill, level in asked.items():
            if members and not any(agent.skills.get(skill, 0) >= level for agent in members):
                remedy = suggest(skill, known) if skill not in known else "lower it, or drop it by a rule"
                yield at(f"queues[{n}].skills.{skill}", f"no member has {skill} at level {level}, {remedy}")
    for place, skills in _asked_by_callers(configuration):
        for skill in skills:
            if skill not in known:
                told = f"no agent has the skill {skill!r}, {suggest(skill, known)}"
                yield at(f"{place}.skills.{skill}", told)


def _is_member(agent: AgentSettings, queue: QueueSettings) -> bool:
    return any(place.queue == queue.name for place in agent.queues)


def _asked_by_callers(configuration: FloorConfiguration) -> Iterator[tuple[str, Skills]]:
    for name, menu in configuration.menus.items():
        for kind, choices in (("keys", menu.keys), ("answers", menu.answers)):
            for key, choice in choices.items():
                yield f"menus.{name}.{kind}.{key}", choice.skills
    yield from _asked_by_routes(configuration.routes, "routes")


def _asked_by_routes(routes: Sequence[RouteSettings], place: str) -> Iterator[tuple[str, Skills]]:
    for n, route in enumerate(routes):
        yield f"{place}[{n}]", route.skills or {}
        yield from _asked_by_routes(route.routes, f"{place}[{n}].routes")
