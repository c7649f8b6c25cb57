"""Independent tasks on a Ray cluster: the optional extra `ray`, an engine that others keep.

A task whose worker is ended from outside is done again by Ray; results come in order.
"""

import contextlib
import logging
import os
import socket
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from catalog import parallel
from catalog.errors import SettingRefused, WorkerGone

Task = TypeVar("Task")
Result = TypeVar("Result")

RETRIES = 3
"""Times that a task is done again when its worker is lost."""
LOCAL = "local"
"""The address that starts a cluster on this machine."""
_PATIENCE = 10.0
"""Seconds to wait for an address that does not answer."""
AHEAD = 2
"""Tasks under way for each place: one that runs, one that waits."""


@dataclass(frozen=True)
class Cluster:
    """A Ray cluster that is connected, and what one task takes of it."""

    address: str
    cpus: int = 1
    gpus: int = 0

    @property
    def places(self) -> int:
        """Tasks that can run at once."""
        resources = _ray().cluster_resources()
        wanted = {"GPU": self.gpus} if self.gpus else {"CPU": self.cpus}
        return int(min(resources.get(name, 0) // each for name, each in wanted.items()))

    def run(
        self, function: Callable[..., Result], tasks: Sequence[Task], shared: Any = None
    ) -> Iterator[Result]:
        """function(task), or function(task, shared), for every task in order.

        `shared` is sent once. A task is taken from the sequence when a place is nearly free. What a
        task raises is raised here; WorkerGone where workers are lost again and again.
        """
        ray = _ray()
        places = self.places
        if places < 1:
            wanted = f"{self.gpus} GPU" if self.gpus else f"{self.cpus} CPUs"
            raise SettingRefused(
                f"The Ray cluster at {self.address} has no worker with {wanted}. Add one, or use "
                "fewer --threads."
            )
        remote = ray.remote(num_cpus=self.cpus, num_gpus=self.gpus, max_retries=RETRIES)(function)
        held = () if shared is None else (ray.put(shared),)
        waiting: deque[Any] = deque()
        try:
            for task in tasks:
                if len(waiting) >= AHEAD * places:
                    yield ray.get(waiting.popleft())
                waiting.append(remote.remote(task, *held))
            while waiting:
                yield ray.get(waiting.popleft())
        except ray.exceptions.RayTaskError as error:
            raise error.cause if isinstance(error.cause, Exception) else error from error
        except (
            ray.exceptions.WorkerCrashedError,
            ray.exceptions.ObjectLostError,
            ray.exceptions.NodeDiedError,
            ray.exceptions.OutOfMemoryError,
        ) as error:
            raise WorkerGone(
                "Workers of the Ray cluster were ended again and again, perhaps for want of "
                "memory. Use fewer of them a machine, or a smaller --batch-size, and run the "
                "command again: it goes on where it stopped."
            ) from error
        finally:
            for one in waiting:
                with contextlib.suppress(ray.exceptions.RayError, ValueError):
                    ray.cancel(one, force=False)


@contextlib.contextmanager
def connected(address: str, cpus: int = 1, gpus: int = 0) -> Iterator[Cluster]:
    """The cluster at an address, until the end of the block; `local` starts one here.

    Raises SettingRefused where Ray is not installed or nobody answers.
    """
    if address != LOCAL and (Path.home() / ".ray" / "auth_token").is_file():
        os.environ.setdefault("RAY_AUTH_MODE", "token")  # `ray start` made one, to be shown
    ray = _ray()
    try:
        _knock(address)
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except (OSError, RuntimeError, ValueError) as error:
        raise SettingRefused(
            f"No Ray cluster answers at {address}. Start one with: ray start --head, give its "
            "address (host:6379) and have its token in ~/.ray/auth_token, or use --workers on this "
            "machine."
        ) from error
    try:
        yield Cluster(address, cpus, gpus)
    finally:
        ray.shutdown()


@contextlib.contextmanager
def taking(address: str | None) -> Iterator[None]:
    """Within the block the cluster at an address takes what `parallel.run` is given; None: nobody.

    Tasks name files: they must lie at the same paths on every machine. Refused as `connected` is.
    """
    if address is None:
        yield
        return
    with connected(address) as joined, parallel.taken_by(joined.run):
        yield


def _knock(address: str) -> None:
    """OSError where nobody listens at host:port: Ray itself would try for many minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host and port.isdecimal():
        socket.create_connection((host, int(port)), _PATIENCE).close()


def _ray() -> Any:
    """The library; SettingRefused where it is not installed."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would call home
    os.environ.setdefault("RAY_gcs_server_port_wait_time_s", "120")  # of a machine with other work
    try:
        import ray
        import ray.exceptions
    except ImportError as error:
        raise SettingRefused(
            "Ray is not installed. Install it with: pip install 'dimension-catalog[ray]', or use "
            "--workers on this machine."
        ) from error
    return ray
