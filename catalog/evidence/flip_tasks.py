"""What the flips of the evidence run: sites and scales of each category; how many workers."""

from catalog import parallel
from catalog.evidence.cell import Cell
from catalog.flips import measuring
from catalog.flips.measuring import Task
from catalog.model import opening
from catalog.model.loading import LoadedModel

MOST_PARAMETERS = 250_000_000
"""A larger model is not held by several processes at a time."""


def of(cell: Cell, model: LoadedModel, names: list[str]) -> list[Task]:
    """What is flipped of each category: every residual site, and doses at the primary one.

    Of a heavy model only the middles of the three thirds of its layers, and no doses.
    """
    sites = cell.catalog.sites.dropna(subset="dims")
    residual = tuple(str(name) for name in sites[sites["kind"] == "resid"]["site"])
    key = opening.ModelKey.held(model)
    primary = str(cell.site)
    scales: tuple[float, ...] = measuring.SCALES
    if cell.heavy:
        last = len(residual) - 1
        residual = tuple(dict.fromkeys((residual[last // 6], primary, residual[5 * last // 6])))
        scales = (1.0,)
    return [
        Task(cell.catalog, one, residual, primary, cell.threshold, key, scales) for one in names
    ]


def workers(model: LoadedModel) -> int:
    """Processes that may each hold the model: one where it is large or on a device of its own."""
    alone = model.device.type != "cpu" or model.parameters > MOST_PARAMETERS
    return 1 if alone else parallel.cores()
