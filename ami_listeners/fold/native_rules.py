"""By which rules Asterisk's own queues work."""

from __future__ import annotations

from dataclasses import replace

from ami_listeners.messages import AmiEvent
from queue_strategies.facts import NativeRulesSeen
from queue_strategies.model import Queue, QueueName


def rules_seen(rules: Queue, moment: float) -> NativeRulesSeen:
    """Tell by which rules a queue's callers are judged."""
    return NativeRulesSeen(
        moment=moment, queue=rules.name, service_level_s=rules.service_level_s, strategy=rules.strategy
    )


def native_rules(params: AmiEvent) -> Queue:
    """Read a queue's rules as Asterisk has them; it knows no service level unless one is configured."""
    name, strategy = QueueName(params.text("Queue")), params.text("Strategy")
    level_s = params.number("ServiceLevel")
    rules = Queue(name=name, strategy=strategy)
    return replace(rules, service_level_s=float(level_s)) if level_s else rules
