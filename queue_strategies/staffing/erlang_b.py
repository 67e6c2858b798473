"""Erlang B: no queue at all; who finds every agent busy is blocked (M/M/n/n, and by insensitivity M/G/n/n).

Erlang 1917, "Solution of some problems in the theory of probabilities of significance in automatic telephone
exchanges".
"""

from __future__ import annotations

from queue_strategies.staffing.traffic import MOST_AGENTS, StaffingError, whole_number


def blocked(agents: int, load: float) -> float:
    """Return the share of callers who find all agents busy, for a load in erlang.

    By the recursion B(n) = a·B(n-1) / (n + a·B(n-1)) of Jagerman 1974, "Some properties of the Erlang loss
    function": positive terms only, so it neither overflows nor cancels; what is below 1e-308 becomes 0.
    """
    share = 1.0
    for agent in range(1, whole_number("agents", agents, MOST_AGENTS) + 1):
        carried = load * share
        share = carried / (agent + carried)
    return share


def fewest_agents_blocking(load: float, most_blocked: float) -> int:
    """Return the fewest agents, or lines, who leave at most this share of callers blocked."""
    if not 0 < most_blocked < 1:
        raise StaffingError(f"blocking: {most_blocked:g} cannot be, it is a share between 0 and 1")
    share = 1.0
    for agent in range(1, MOST_AGENTS + 1):
        share = load * share / (agent + load * share)
        if share <= most_blocked:
            return agent
    raise StaffingError(f"load: not even {MOST_AGENTS} agents are enough for {load:g} erlang")
