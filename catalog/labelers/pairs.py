"""The pairs of a label test: drawn from items that the author of the label never saw."""

import numpy as np
from numpy.typing import NDArray

from catalog.browse import trial_items
from catalog.labelers import baseline
from catalog.store.catalog import Catalog
from catalog.workspace import label_pairs, machines, reading
from catalog.workspace.file import Workspace
from catalog.workspace.label_pairs import Trial
from catalog.workspace.label_tests import Tested


def drawn(
    workspace: Workspace,
    catalog: Catalog,
    tested: Tested,
    tester: str,
    seed: str,
    threshold: str,
    authors: frozenset[str] | None = None,
) -> tuple[list[Trial], bool]:
    """30 pairs for a label, and whether values are known; drawn from `seed`, a name of the test.

    Without the live model nobody knows an item's value: then all pairs come from the whole range.
    The labels of other dimensions in it are those that the tester may see, of `authors` alone
    where they are named.
    """
    subject = tested.subject
    found = trial_items.of_dimension(catalog, subject.site, int(subject.name), threshold)
    names = {"model": subject.model, "revision": subject.revision, "reading": subject.reading}
    said = reading.current(workspace, tester, **names)
    said = said if authors is None else said[said.author.isin(authors)]
    alike = said.text.notna() & (said.pole == subject.pole) & (said.target != subject.whole.key)
    trials = label_pairs.draw(
        found.items,
        tested.text,
        subject.pole,
        said[alike].text.tolist(),
        _seen(catalog, tested.author, found.shown),
        np.random.default_rng(list(seed.encode())),
    )
    whole = [trial if found.values else trial_items.whole(trial) for trial in trials]
    return whole, found.values


def _seen(catalog: Catalog, author: str, shown: NDArray[np.integer]) -> NDArray[np.integer]:
    """Families that the author has seen: those that labelers are shown, and what a rule learned."""
    if author != machines.author(baseline.NAME):
        return shown
    return np.union1d(shown, baseline.learned_families(catalog))
