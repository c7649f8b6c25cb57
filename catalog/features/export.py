"""A prototype as a file for elsewhere: this program's JSON, or a Neuronpedia vector."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.errors import SettingRefused
from catalog.sites import Site

FORMAT = "dimension-catalog prototype 1"


@dataclass(frozen=True)
class Source:
    """What a prototype was measured on."""

    name: str
    model: str
    revision: str
    reading: str
    site: str
    threshold: str
    background: str
    dims: int
    """Dimensions of the site."""


def as_json(
    source: Source,
    dimensions: Sequence[int] | NDArray[np.integer],
    signs: Sequence[int] | NDArray[np.integer],
    figures: dict[str, Any] | None = None,
) -> str:
    """The signed dimensions with their source, and the figures that belong beside them.

    `figures` holds plain JSON values; missing ones are null. ASCII, so hostile names stay strings.
    """
    body = {
        "format": FORMAT,
        **asdict(source),
        "prototype": [
            {"dimension": int(d), "sign": int(s)} for d, s in zip(dimensions, signs, strict=True)
        ],
        "figures": {name: _plain(value) for name, value in (figures or {}).items()},
    }
    return json.dumps(body, indent=1, allow_nan=False)


def neuronpedia_vector(
    source: Source,
    dimensions: Sequence[int] | NDArray[np.integer],
    signs: Sequence[int] | NDArray[np.integer],
    mean_abs: Sequence[float] | NDArray[np.floating],
) -> str:
    """The signed prototype in the form of Neuronpedia's vector upload, as JSON.

    The vector has +1 and -1 at the prototype's dimensions and 0 elsewhere. The default steering
    strength is the mean of `mean_abs` (mean |x| of those dimensions), so that one step moves each
    by about its usual size. Neuronpedia knows the residual stream before and after a block, so
    other sites are refused (SettingRefused): resid.0 is resid_pre of block 0, resid.L is
    resid_post of block L - 1.
    """
    site = Site.parse(source.site)
    if site.kind != "resid" or site.layer is None:
        raise SettingRefused(
            f"Neuronpedia holds vectors of the residual stream only, not of {source.site}. "
            "Export the prototype of a resid site."
        )
    vector = np.zeros(source.dims, np.int64)
    vector[np.asarray(dimensions, np.int64)] = np.asarray(signs, np.int64)
    strength = float(np.mean(mean_abs)) if len(mean_abs) else 1.0
    body = {
        "modelId": source.model,
        "layerNumber": max(0, site.layer - 1),
        "hookType": "hook_resid_post" if site.layer else "hook_resid_pre",
        "vector": vector.tolist(),
        "vectorDefaultSteerStrength": strength,
        "vectorLabel": source.name,
    }
    return json.dumps(body, allow_nan=False)


def _plain(value: Any) -> Any:
    """NumPy scalars as Python's, NaN as None."""
    plain = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(plain, float) and not np.isfinite(plain) else plain
