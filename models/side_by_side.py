"""Jobs that have nothing to do with each other, done side by side on the threads of the run.

Fitting spends its time in LightGBM and linear algebra, which let go of Python's lock, each on one thread: so that as
many fits as there are threads go on at once, and what comes of each does not depend on how many that is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Made = TypeVar("Made")


def side_by_side(jobs: Sequence[Callable[[], Made]], threads: int) -> list[Made]:
    """What each job makes, in the order of the jobs. Where one raises, so does this, and what is not begun is left."""
    if threads == 1:
        return [job() for job in jobs]
    with ThreadPoolExecutor(threads) as pool:
        waiting = [pool.submit(job) for job in jobs]
        try:
            return [one.result() for one in waiting]
        finally:
            for one in waiting:
                one.cancel()
