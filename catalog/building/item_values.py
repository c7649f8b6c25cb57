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
from catalog.errors import CatalogError
from catalog.model import foreign, opening, states
from catalog.sites import Site
from catalog.store.catalog import Catalog


def of_items(catalog: Catalog, site: str, items: NDArray[np.int64]) -> NDArray[np.float32]:
    """States of the items at a site; the errors of loading where the model is not at hand."""
    loaded = opening.of(catalog)
    modality = reopen.reopen(catalog, loaded)
    place = Site.parse(site)
    size = modality.rows(min(256, len(items)))
    found = states.batches(loaded, modality, [place], items, size)
    with foreign.border(f"while items of {catalog.slug} were read"):
        return np.concatenate([seen[place].cpu().numpy() for _, seen in found])


def main(catalog: str, site: str, items: str, out: str) -> int:
    """Write the values; 1 where the model is not at hand."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    try:
        values = of_items(Catalog(Path(catalog)), site, np.load(items))
    except (CatalogError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    np.save(out, values)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
