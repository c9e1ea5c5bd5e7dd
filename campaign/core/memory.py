"""Work that makes very many objects, all of which it keeps."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Meanwhile nothing looks for objects that only refer to each other; what nobody refers to goes at once.

    Every such look goes through all objects of the process: with ten thousand rows and names in memory, a
    sixth of the time was spent in looking. For the worker: it stops the looking for all threads.
    """
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()
