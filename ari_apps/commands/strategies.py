"""`callfloor strategies`: what can be chosen by name, what it means, and whose name it is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from queue_strategies.choice import Choice
from queue_strategies.orders import ORDERS
from queue_strategies.strategies import STRATEGIES

BESIDES = """\
Skills, at levels from 1: [[queues]], [[routes]] and the keys of [menus] ask for them, [[agents]] have them.
A rule of [rules] widens that with waiting: penalties as in app_queue, skills ring by ring as in a bullseye.
The agent of a caller's last call is waited for alone for last_agent_patience_s.
Penalties stand beside the queues of [[agents]]; a member of a higher one is rung while no lower one is ready.
"""


def strategies() -> None:
    """List the ways to choose agents and callers."""
    console = Console(highlight=False)
    _list(console, "Which agent is rung: `strategy` in [[queues]]", STRATEGIES.values())
    _list(console, "Which caller is served next: `order` in [callers]", ORDERS.values())
    console.print(Text("Who may be rung for a caller at all", style="bold"))
    for line in BESIDES.splitlines():
        console.print(Padding(Text(line), (0, 0, 0, 2)))


def _list(console: Console, title: str, choices: Iterable[Choice[Any]]) -> None:
    console.print(Text(title, style="bold"))
    for choice in choices:
        others = "".join(f" or {name}" for name in choice.spellings)
        console.print(Text.assemble("  ", (choice.name, "cyan"), others, (f"  {choice.origin}", "dim")))
        console.print(Padding(Text(choice.sentence), (0, 0, 0, 4)))
    console.print()
