"""Values of a sample of items at one site, from the live model, by its own process.

A process of its own, so that the dashboard never loads a model: a catalog, a site, a file of item
numbers (.npy) and the file to write float32[items, dims] to.
"""

import os
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from catalog.building import reopen
from catalog.errors import CatalogError, SettingRefused
from catalog.model import device as devices
from catalog.model import loading, states
from catalog.model.live import ModelKey
from catalog.sites import Site
from catalog.store import queries, reading


def of_items(path: Path, site: str, items: NDArray[np.int64]) -> NDArray[np.float32]:
    """States of the items at a site; the errors of loading where the model is not at hand."""
    build = reading.fetch(path, queries.build()).iloc[0].to_dict()
    key = ModelKey.of(build)
    loaded = loading.load(key.source, key.revision, key.dtype, devices.nearest(key.device))
    if loaded.weights_hash != build["weights_hash"]:
        raise SettingRefused(f"{loaded.source} holds other weights than the catalog.")
    modality = reopen.reopen(path, loaded)
    place = Site.parse(site)
    size = min(256, len(items))
    found = states.batches(loaded, modality, [place], items, size)
    return np.concatenate([seen[place].cpu().numpy() for _, seen in found])


def main(catalog: str, site: str, items: str, out: str) -> int:
    """Write the values; 1 where the model is not at hand."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    try:
        values = of_items(Path(catalog), site, np.load(items))
    except (CatalogError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    np.save(out, values)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
