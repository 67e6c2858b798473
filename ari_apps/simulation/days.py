"""Live many days, on all processors: the same days whether by one process or by many."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from itertools import islice
from multiprocessing.sharedctypes import Synchronized
from random import Random
from threading import Thread

from ari_apps.simulation.errors import SimulationError
from queue_strategies.simulation import Experiment, LivedDay, Streams

Days = list[list[LivedDay]]
"""For each day, what became of it on each floor."""
TOLD_EVERY_S = 0.5
IN_HAND = 4
"""Days that are given out in advance to each process, so that none waits for us."""
_experiment: Experiment
"""What this process lives the days of."""
_done: Synchronized[float]
"""How many days all processes have lived together, in parts."""


def luck_of(seed: int, day: int) -> Streams:
    """Give the chance of one day: each name has a stream of its own, the same in every process."""
    return lambda name: Random(f"{seed}/{day}/{name}")  # noqa: S311 - nothing here is a secret


def processors() -> int:
    """Count the processors that we may use."""
    return len(os.sched_getaffinity(0))


def live_days(
    experiment: Experiment, days: int, seed: int, processes: int, tell: Callable[[float], None]
) -> Days:
    """Live so many days, and tell how many are done, parts of days included.

    Raise SimulationError when a process is killed.
    """
    tell(0.0)
    lived: Days = [[] for _ in range(days)]
    live = _here if min(processes, days) == 1 else partial(_in_processes, processes=processes)
    for day, told in live(experiment, days, seed, tell):
        lived[day] = told
    return lived


def _here(
    experiment: Experiment, days: int, seed: int, tell: Callable[[float], None]
) -> Iterator[tuple[int, list[LivedDay]]]:
    done = 0.0

    def add(share: float) -> None:
        nonlocal done
        done += share
        tell(done)

    for day in range(days):
        yield day, experiment.live(day, luck_of(seed, day), add)


def _in_processes(
    experiment: Experiment, days: int, seed: int, tell: Callable[[float], None], processes: int
) -> Iterator[tuple[int, list[LivedDay]]]:
    """Start anew in each process: a fork would take along threads, which do not survive it."""
    context = multiprocessing.get_context("spawn")
    done = context.Value("d", 0.0)
    pool = ProcessPoolExecutor(min(processes, days), context, _begin, (experiment, done))
    try:
        to_live = iter(range(days))
        going: set[Future[tuple[int, list[LivedDay]]]] = set()
        while True:
            going |= {
                pool.submit(_live, day, seed) for day in islice(to_live, IN_HAND * processes - len(going))
            }
            if not going:
                return
            over, going = wait(going, TOLD_EVERY_S, FIRST_COMPLETED)
            tell(done.value)
            yield from (future.result() for future in over)
    except BrokenProcessPool:
        raise SimulationError(
            "a process was killed while it simulated, perhaps for want of memory: try --processes 1"
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(experiment: Experiment, done: Synchronized[float]) -> None:
    global _experiment, _done
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who waits for us
    Thread(target=_end_with_parent, name="end with the one who waits for us", daemon=True).start()
    _experiment, _done = experiment, done


def _end_with_parent() -> None:
    """End when the one who waits for us is gone, however that came about."""
    if (parent := multiprocessing.parent_process()) is not None:
        parent.join()
        os._exit(1)


def _live(day: int, seed: int) -> tuple[int, list[LivedDay]]:
    return day, _experiment.live(day, luck_of(seed, day), _add)


def _add(share: float) -> None:
    with _done.get_lock():
        _done.value += share
