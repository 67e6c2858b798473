"""Live many days, on all processors: the same days whether by one process or by many."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, as_completed, wait
from concurrent.futures.process import BrokenProcessPool
from random import Random
from threading import Thread

from ari_apps.simulation.errors import SimulationError
from queue_strategies.simulation import Experiment, LivedDay, Streams

Days = list[list[LivedDay]]
"""For each day, what became of it on each floor."""
IN_HAND = 4
"""Days that are given out in advance to each process, so that none waits for us."""
_experiment: Experiment
"""What this process lives the days of."""


def luck_of(seed: int, day: int) -> Streams:
    """Give the chance of one day: each name has a stream of its own, the same in every process."""
    return lambda name: Random(f"{seed}/{day}/{name}")  # noqa: S311 - nothing here is a secret


def processors() -> int:
    """Count the processors that we may use."""
    return len(os.sched_getaffinity(0))


def live_days(
    experiment: Experiment, days: int, seed: int, processes: int, tell: Callable[[int], None]
) -> Days:
    """Live so many days, and tell how many are done; raises SimulationError when a process is killed."""
    lived: Days = [[] for _ in range(days)]
    source = _here(experiment, days, seed) if min(processes, days) == 1 else None
    for done, (day, told) in enumerate(source or _in_processes(experiment, days, seed, processes), 1):
        lived[day] = told
        tell(done)
    return lived


def _here(experiment: Experiment, days: int, seed: int) -> Iterator[tuple[int, list[LivedDay]]]:
    for day in range(days):
        yield day, experiment.live(day, luck_of(seed, day))


def _in_processes(
    experiment: Experiment, days: int, seed: int, processes: int
) -> Iterator[tuple[int, list[LivedDay]]]:
    """Start anew in each process: a fork would take along threads, which do not survive it."""
    pool = ProcessPoolExecutor(
        min(processes, days), multiprocessing.get_context("spawn"), _begin, (experiment,)
    )
    try:
        going: set[Future[tuple[int, list[LivedDay]]]] = set()
        for day in range(days):
            going.add(pool.submit(_live, day, seed))
            if len(going) >= IN_HAND * processes:
                done, going = wait(going, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        yield from (future.result() for future in as_completed(going))
    except BrokenProcessPool:
        raise SimulationError(
            "a process was killed while it simulated, perhaps for want of memory: try --processes 1"
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(experiment: Experiment) -> None:
    global _experiment
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who waits for us
    Thread(target=_end_with_parent, name="end with the one who waits for us", daemon=True).start()
    _experiment = experiment


def _end_with_parent() -> None:
    """End when the one who waits for us is gone, however that came about."""
    if (parent := multiprocessing.parent_process()) is not None:
        parent.join()
        os._exit(1)


def _live(day: int, seed: int) -> tuple[int, list[LivedDay]]:
    return day, _experiment.live(day, luck_of(seed, day))
