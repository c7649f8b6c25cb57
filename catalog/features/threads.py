"""Threads of one process that score side by side."""

import functools
from concurrent.futures import ThreadPoolExecutor
from typing import Any


@functools.cache
def pool(threads: int) -> ThreadPoolExecutor:
    """So many threads; starting them anew for each null takes longer than a small one."""
    return ThreadPoolExecutor(threads)


def single() -> Any:
    """A context in which BLAS runs on one thread: several threads call it side by side."""
    return _pools().limit(limits=1, user_api="blas")


@functools.cache
def _pools() -> Any:
    """The process's thread pools, SciPy's own among them; looking them up takes 10 ms, so once."""
    import scipy.linalg  # noqa: F401  # brings its BLAS
    from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]  # no stubs

    return ThreadpoolController()
