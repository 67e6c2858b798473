"""Read from /proc what processes have used: CPU since they began, memory now."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage

PROC = Path("/proc")
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def cpu_s(pids: Iterable[int]) -> float:
    """Add up the CPU seconds of these processes and of children they saw end; one that is gone counts 0."""
    return sum(_ticks(pid) for pid in pids) / TICKS_PER_S


def machine_cpu_s() -> float:
    """Read how many CPU seconds all programs of this machine have used since it started."""
    user, nice, system, _idle, _iowait, irq, softirq = _machine_ticks()[:7]
    return (user + nice + system + irq + softirq) / TICKS_PER_S


def own_cpu_s() -> float:
    """Read the CPU seconds of this process and of its children that have ended."""
    own, children = getrusage(RUSAGE_SELF), getrusage(RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def memory_bytes(pids: Iterable[int]) -> int:
    """Add up the memory of these processes; pages that several share are divided among them."""
    return sum(_proportional_bytes(pid) for pid in pids)


def family(pid: int) -> list[int]:
    """List a process and everything that descends from it."""
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [pid]
    for parent in found:
        found.extend(children.get(parent, ()))
    return found


def _machine_ticks() -> list[int]:
    first_line, _, _ = (PROC / "stat").read_text().partition("\n")
    return [int(field) for field in first_line.split()[1:]]


def _ticks(pid: int) -> int:
    fields = _stat(pid)
    return sum(map(int, fields[11:15]))  # utime, stime, cutime, cstime: proc(5) fields 14 to 17


def _stat(pid: int) -> list[str]:
    try:
        text = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return []
    return text.rpartition(")")[2].split()  # the name before it may hold anything


def _proportional_bytes(pid: int) -> int:
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
