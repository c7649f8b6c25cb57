"""Who makes the chunks of a build: this process, workers of this machine, or a Ray cluster."""

import contextlib
from collections.abc import Iterator

from catalog import cluster
from catalog.building.plan import Plan, versions
from catalog.building.settings import load_arguments
from catalog.model import device, workers
from catalog.model.stage import Hands


@contextlib.contextmanager
def of(plan: Plan) -> Iterator[Hands | None]:
    """What makes the chunks after the pilot; None where this process does.

    Raises SettingRefused where the cluster asked for cannot be used.
    """
    settings, work = plan.settings, plan.work
    cuda = work.model.device.type == "cuda"
    count = settings.workers or max(1, device.gpus())
    if settings.ray is None and count == 1:
        yield None
        return
    recipe = workers.Recipe.of(work, load_arguments(settings), versions(work.model))
    if settings.ray is None:
        yield workers.here(recipe, count)
        return
    with cluster.connected(settings.ray, max(1, work.threads()), int(cuda)) as joined:
        yield workers.there(recipe, joined)
