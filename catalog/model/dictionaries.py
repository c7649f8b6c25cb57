"""Learned dictionaries (sparse autoencoders) as SAELens and Gemma Scope leave them in a folder.

    latents = activation((x - b_dec) W_enc + b_enc)      x = latents W_dec + b_dec

with W_enc float[dims, latents] and W_dec float[latents, dims]; b_dec is subtracted first where the
config says so. Activations: `standard` (relu), `jumprelu` (a value above the latent's threshold,
else 0), `topk` (the k largest of each item). What could only be guessed at is refused.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file

from catalog.errors import SettingRefused
from catalog.sites import Site

Floats = NDArray[np.float32]
Kind = Literal["standard", "jumprelu", "topk"]
_NAMES = ("W_enc", "b_enc", "W_dec", "b_dec")
_PLAIN = (None, "none", "None", "")


@dataclass(frozen=True)
class Dictionary:
    """A dictionary of one site, float32 throughout."""

    name: str
    """Name of its folder."""
    site: Site
    kind: Kind
    encoder: Floats
    """float32[dims, latents]."""
    bias: Floats
    """float32[latents]."""
    decoder: Floats
    """float32[latents, dims]."""
    centre: Floats
    """b_dec: float32[dims]."""
    centred: bool
    """Whether it is subtracted before encoding."""
    threshold: Floats | None
    """Of `jumprelu`: float32[latents]."""
    k: int
    """Of `topk`; else 0."""
    sha256: str
    """Of the weights' file."""
    by_norm: bool = False
    """Of `topk`: whether latents compete by value x norm of their decoder row."""

    @property
    def latents(self) -> int:
        """Number of latents."""
        return len(self.bias)

    @property
    def dims(self) -> int:
        """Width of the site it reads."""
        return len(self.centre)

    def encode(self, states: Floats) -> Floats:
        """Latents of float32[n, dims]: float32[n, latents], most of them 0."""
        given = states - self.centre if self.centred else states
        before: Floats = np.asarray(given @ self.encoder + self.bias, np.float32)
        if self.kind == "standard":
            return np.maximum(before, 0)
        if self.threshold is not None:
            return np.where(before > np.maximum(self.threshold, 0), before, np.float32(0))
        norms = np.asarray(np.linalg.norm(self.decoder, axis=1), np.float32)
        return largest(before, self.k, norms if self.by_norm else None)

    def decode(self, latents: Floats) -> Floats:
        """States back from latents: float32[n, dims]."""
        return latents @ self.decoder + self.centre


def largest(before: Floats, k: int, weight: NDArray[np.floating] | None = None) -> Floats:
    """The k largest of each row, negative ones 0, all others 0."""
    judged = before if weight is None else before * weight
    k = min(k, before.shape[1])
    places = np.argpartition(judged, before.shape[1] - k, axis=1)[:, -k:]
    found = np.zeros_like(before)
    kept = np.maximum(np.take_along_axis(before, places, axis=1), 0)
    np.put_along_axis(found, places, kept, axis=1)
    return found


def read(folder: Path, site: str | None = None) -> Dictionary:
    """The dictionary of a folder; `site` says where it reads where its config does not.

    SettingRefused for anything that is missing, does not fit, or is not known.
    """
    config, weights, digest = _files(folder)
    arrays = {name: _array(weights, name, folder) for name in _NAMES}
    _check(arrays, config, folder)
    kind, k, threshold = _activation(config, weights, len(arrays["b_enc"]), folder)
    normalised = config.get("normalize_activations")
    if normalised not in _PLAIN:
        raise SettingRefused(
            f"{folder.name} normalises its input ({normalised}). Fold that into its weights first."
        )
    read_at = Site.parse(site) if site else _site(config, folder)
    return Dictionary(
        folder.resolve().name,
        read_at,
        kind,
        arrays["W_enc"],
        arrays["b_enc"],
        arrays["W_dec"],
        arrays["b_dec"],
        bool(config.get("apply_b_dec_to_input", False)),
        threshold,
        k,
        digest,
        bool(config.get("rescale_acts_by_decoder_norm", False)),
    )


def _files(folder: Path) -> tuple[Mapping[str, Any], Mapping[str, Any], str]:
    """Config (empty where there is none), weights by name, and their hash."""
    if not folder.is_dir():
        raise SettingRefused(
            f"There is no folder {folder}. --sae takes a folder with the weights and the config of "
            "a sparse autoencoder, as SAELens or Gemma Scope has it."
        )
    found = [*sorted(folder.glob("*.safetensors")), *sorted(folder.glob("*.npz"))]
    found = [path for path in found if "sparsity" not in path.name]
    if len(found) != 1:
        raise SettingRefused(
            f"{folder} holds {len(found)} files of weights (.safetensors or .npz); one is needed. "
            "Name the folder of one dictionary."
        )
    told = next(
        (_config(folder / n) for n in ("cfg.json", "config.json") if (folder / n).is_file()), {}
    )
    try:
        weights = _loaded(found[0])
    except (SafetensorError, ValueError, OSError, KeyError) as error:
        raise SettingRefused(
            f"{found[0]} is damaged or no file of weights. Download the dictionary again."
        ) from error
    digest = hashlib.sha256(found[0].read_bytes()).hexdigest()
    return {**told, **(told.get("metadata") or {})}, weights, digest


def _config(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, UnicodeDecodeError) as error:
        raise SettingRefused(f"{path} is no JSON. Download the dictionary again.") from error
    if not isinstance(told, dict) or not isinstance(told.get("metadata") or {}, dict):
        raise SettingRefused(
            f"{path} is no config: it holds no names with values. Download the dictionary again."
        )
    return told


def _loaded(path: Path) -> Mapping[str, Any]:
    if path.suffix == ".npz":
        with np.load(path) as arrays:
            return {name: arrays[name] for name in arrays.files}
    return {name: one.float().numpy() for name, one in load_file(path).items()}  # bfloat16 too


def _array(weights: Mapping[str, Any], name: str, folder: Path) -> Floats:
    found = weights.get(name, weights.get(name.lower()))
    if found is None:
        raise SettingRefused(
            f"{folder.name} has no {name} (it has {', '.join(sorted(weights))}): it is no sparse "
            "autoencoder that can be read here."
        )
    return np.ascontiguousarray(found, np.float32)


def _check(arrays: Mapping[str, Floats], config: Mapping[str, Any], folder: Path) -> None:
    """Refuse shapes that do not fit each other, or the config."""
    shapes = {name: one.shape for name, one in arrays.items()}
    latents, dims = arrays["b_enc"].size, arrays["b_dec"].size
    wanted: dict[str, tuple[int, ...]] = {"b_enc": (latents,), "b_dec": (dims,)}
    wanted |= {"W_enc": (dims, latents), "W_dec": (latents, dims)}
    for name, shape in wanted.items():
        if shapes[name] != shape:
            raise SettingRefused(
                f"{folder.name}: {name} is {shapes[name]}, where {dims} dimensions and {latents} "
                f"latents need {shape}. Download the dictionary again."
            )
    for key, real in (("d_in", dims), ("d_sae", latents), ("width", latents)):
        told = str(config.get(key))
        if told.isdigit() and int(told) != real:
            raise SettingRefused(
                f"{folder.name}: its config says {key} = {told}, its weights hold {real}. Take the "
                "config that belongs to them."
            )
    if not all(np.isfinite(one).all() for one in arrays.values()):
        raise SettingRefused(f"{folder.name} holds weights that are not finite. Download it again.")


def _activation(
    config: Mapping[str, Any], weights: Mapping[str, Any], latents: int, folder: Path
) -> tuple[Kind, int, Floats | None]:
    told = str(config.get("architecture", config.get("activation_fn_str", ""))).lower()
    told = told.replace("_", "").replace("-", "")
    if str(config.get("activation_fn_str", "")).lower() == "topk":
        told = "topk"
    if "threshold" in weights and told in ("", "jumprelu", "batchtopk"):
        threshold = np.ascontiguousarray(weights["threshold"], np.float32)
        if threshold.size not in (1, latents):
            raise SettingRefused(
                f"{folder.name} has {threshold.size} thresholds for {latents} latents. Download "
                "the dictionary again."
            )
        return "jumprelu", 0, np.broadcast_to(threshold.ravel(), latents).copy()
    if told in ("topk", "batchtopk"):
        k = config.get("k", (config.get("activation_fn_kwargs") or {}).get("k"))
        if not isinstance(k, int) or k < 1:
            raise SettingRefused(
                f"{folder.name} is a top-k dictionary whose config has no k. Add it."
            )
        if k > latents:
            raise SettingRefused(
                f"{folder.name}: its config says k = {k}, its weights hold {latents} latents. Take "
                "the config that belongs to them."
            )
        return "topk", k, None
    if told in ("standard", "relu", ""):
        return "standard", 0, None
    raise SettingRefused(
        f"{folder.name} is a dictionary of the kind {told!r}; standard, jumprelu and topk can be "
        "read."
    )


_HOOKS = (
    (re.compile(r"blocks\.(\d+)\.hook_resid_post"), 1),
    (re.compile(r"blocks\.(\d+)\.hook_resid_pre"), 0),
    (re.compile(r"(?:model\.)?layers\.(\d+)\.output"), 1),
)
"""Names of hooks, and what is added to the block's number: resid.L is the output of block L."""


def _site(config: Mapping[str, Any], folder: Path) -> Site:
    named = str(config.get("hook_name") or config.get("hf_hook_point_in") or "")
    for pattern, more in _HOOKS:
        found = pattern.fullmatch(named)
        if found is not None:
            return Site("resid", int(found.group(1)) + more)
    if named:
        raise SettingRefused(
            f"{folder.name} reads {named!r}, which is no residual site. Only dictionaries of the "
            "residual stream are compared; or say where it reads with --sae-site."
        )
    layer = re.search(r"layer_(\d+)", str(folder.resolve()))
    if layer is not None:  # Gemma Scope: the output of the block of this number, from 0
        return Site("resid", int(layer.group(1)) + 1)
    raise SettingRefused(
        f"Nothing says which site {folder.name} reads. Name it with --sae-site, such as resid.3."
    )
