"""What is shown to a model: one Modality per kind of item. NumPy and pandas only."""

from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray


class Modality(Protocol):
    """Turns items into model inputs, and says where their vectors are read."""

    @property
    def name(self) -> str:
        """text, image or audio."""
        ...

    @property
    def reading(self) -> str:
        """Template or pooling, as stored in the catalog."""
        ...

    @property
    def items(self) -> pd.DataFrame:
        """One row per item in order of its number; columns as in the table `item`."""
        ...

    def inputs(self, items: NDArray[np.integer]) -> dict[str, NDArray[Any]]:
        """Arguments of the model's trunk for these items, all of one length."""
        ...

    def read(self, hidden: Any) -> Any:
        """float[items, positions, dims] -> float[items, dims]: the vector of each item."""
        ...
