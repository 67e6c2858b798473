"""Turn what was measured into figures: pooled over the rounds, beside app_queue, with the spread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean

from tests.bench.measuring import PARTS, Measured, Waited
from tests.bench.sip_traces import percentile

BASE = "app_queue"
TITLES = {"asterisk": "Asterisk", "callfloor": "callfloor", "postgresql": "PostgreSQL"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One system under one load, in every round."""

    system: str
    agents: int
    rate: float
    rounds: Sequence[Measured]

    @property
    def calls(self) -> int:
        """Count the calls of all rounds."""
        return sum(each.calls for each in self.rounds)

    @property
    def failed(self) -> int:
        """Count the calls that were not answered, talked through and ended on both sides."""
        return sum(each.failed for each in self.rounds)

    @property
    def unmeasured(self) -> int:
        """Count the calls without a latency: no agent's phone was rung for them."""
        return self.calls - sum(len(each.dispatch_ms) for each in self.rounds)

    def dispatch_ms(self, share: float) -> float:
        """Give a percentile of the dispatch latency over all rounds."""
        return percentile([value for each in self.rounds for value in each.dispatch_ms], share)

    def dispatch_ms_by_round(self, share: float) -> list[float]:
        """Give the same round by round."""
        return [percentile(each.dispatch_ms, share) for each in self.rounds]

    def cpu_ms(self, part: str) -> float:
        """Give the CPU time of a part of the system per call."""
        return fmean(each.cpu_ms_per_call[part] for each in self.rounds)

    @property
    def cpu_ms_total(self) -> float:
        """Give the CPU time of the whole system per call."""
        return sum(self.cpu_ms(part) for part in PARTS)

    @property
    def ari_requests(self) -> float:
        """Give the ARI requests per call."""
        return fmean(each.ari_requests_per_call for each in self.rounds)


def pairs(cells: Iterable[Cell]) -> list[tuple[Cell, Cell | None]]:
    """Put each cell beside app_queue's under the same load; app_queue's own beside nothing."""
    found = list(cells)
    base = {(cell.agents, cell.rate): cell for cell in found if cell.system == BASE}
    return [
        (cell, None if cell.system == BASE else base.get((cell.agents, cell.rate)))
        for cell in sorted(found, key=lambda cell: (cell.agents, cell.rate, cell.system != BASE))
    ]


def ratio(ours: float, theirs: float) -> float | None:
    """Divide; nothing over nothing is nothing."""
    return ours / theirs if theirs else None


def dispatch_table(cells: Iterable[Cell]) -> list[str]:
    """Write the figures of every load as a Markdown table; ratios are to app_queue in the same rounds."""
    head = ["agents", "calls/s", "system", "calls", "failed", "dispatch p50, ms", "p99, ms"]
    head += [f"CPU ms/call {TITLES[part]}" for part in PARTS] + ["ARI requests/call"]
    rows = [_dispatch_row(cell, beside) for cell, beside in pairs(cells)]
    return markdown(head, rows)


def _dispatch_row(cell: Cell, beside: Cell | None) -> list[str]:
    latencies = [_latency(cell, beside, share) for share in (0.5, 0.99)]
    cpu = [f"{cell.cpu_ms(part):.1f}" if cell.cpu_ms(part) else "" for part in PARTS]
    if beside is not None:
        cpu[-1] += f" (all: ×{cell.cpu_ms_total / beside.cpu_ms_total:.1f})"
    requests = f"{cell.ari_requests:.1f}" if cell.ari_requests else ""
    counts = [str(cell.agents), f"{cell.rate:g}", cell.system, str(cell.calls), str(cell.failed)]
    return [*counts, *latencies, *cpu, requests]


def _latency(cell: Cell, beside: Cell | None, share: float) -> str:
    by_round = cell.dispatch_ms_by_round(share)
    text = f"{cell.dispatch_ms(share):.1f} ({min(by_round):.1f}–{max(by_round):.1f})"
    if beside is None:
        return text
    return f"{text} ×{cell.dispatch_ms(share) / beside.dispatch_ms(share):.1f}"


def waiting_table(waited: Mapping[str, Waited]) -> list[str]:
    """Write what waiting callers cost as a Markdown table."""
    head = [
        "system",
        "callers waiting",
        "music packets/s each",
        *(f"KiB/caller {TITLES[part]}" for part in PARTS),
    ]
    head += [f"CPU % of a core, {TITLES[part]}" for part in PARTS]
    rows = []
    for system, each in waited.items():
        memory = [f"{each.memory_kib_per_caller[part]:.0f}" for part in PARTS]
        cpu = [f"{each.cpu_percent[part]:.0f}" for part in PARTS]
        music = f"{each.music_packets_per_s:.0f}"
        rows.append([system, f"{each.waiting} of {each.asked}", music, *memory, *cpu])
    return markdown(head, rows)


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Write a Markdown table whose columns line up in a terminal too."""
    table = [head, *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(head))]

    def line(row: Sequence[str]) -> str:
        cells = (text.ljust(width) for text, width in zip(row, widths, strict=True))
        return f"| {' | '.join(cells)} |"

    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return [line(head), rule, *map(line, table[1:])]


def as_json(cells: Iterable[Cell], waited: Mapping[str, Waited]) -> dict[str, object]:
    """Give every figure, and the latency of every call, as JSON has it."""
    return {
        "cells": [_cell_as_json(cell, beside) for cell, beside in pairs(cells)],
        "waiting": {system: asdict(each) for system, each in waited.items()},
    }


def _cell_as_json(cell: Cell, beside: Cell | None) -> dict[str, object]:
    figures: dict[str, object] = {
        "system": cell.system,
        "agents": cell.agents,
        "calls_per_s": cell.rate,
        "calls": cell.calls,
        "failed": cell.failed,
        "dispatch_ms": {"p50": cell.dispatch_ms(0.5), "p99": cell.dispatch_ms(0.99)},
        "cpu_ms_per_call": {part: cell.cpu_ms(part) for part in PARTS},
        "ari_requests_per_call": cell.ari_requests,
        "rounds": [asdict(each) for each in cell.rounds],
    }
    if beside is not None:
        figures["ratio"] = {
            "dispatch_p50": ratio(cell.dispatch_ms(0.5), beside.dispatch_ms(0.5)),
            "dispatch_p99": ratio(cell.dispatch_ms(0.99), beside.dispatch_ms(0.99)),
            "cpu": ratio(cell.cpu_ms_total, beside.cpu_ms_total),
        }
    return figures
