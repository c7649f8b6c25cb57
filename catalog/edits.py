"""Edit: a frozen value that says which numbers of a hidden state change, and how.

It works on NumPy arrays and torch tensors alike and imports neither torch nor a model, so that
what an edit does can be measured on arrays; `catalog.model.editing` puts it into a forward pass.
"""

import math
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from catalog.errors import SettingRefused
from catalog.sites import Site

Kind = Literal["flip", "zero", "clamp", "add", "scale", "turn"]
"""flip: |x - cut| kept, the sign set to that of `values`. zero: 0. clamp: set to `values`.
add: plus `values`. scale: times `strength`. turn: a change like that of another edit (same
||x'||, same ||delta|| at every position) in the direction of `values`, made orthogonal to x."""


@dataclass(frozen=True)
class Edit:
    """Change some dimensions at one residual site; a pure function on float[..., D].

    `strength` multiplies the change (for `scale` it is the factor itself): 1 is the edit as its
    kind says, 0 changes nothing.
    """

    site: Site
    dimensions: tuple[int, ...]
    kind: Kind
    values: tuple[float, ...] = ()
    """One for each dimension: flip (+1 or -1), clamp, add; turn has one for every dimension."""
    cut: tuple[float, ...] = ()
    """Threshold of each dimension, for flip; empty means 0."""
    strength: float = 1.0
    positions: tuple[int, ...] | None = None
    """Positions of the text that change; None means all."""
    like: "Edit | None" = None
    """For turn: the edit whose norms are matched."""

    def __post_init__(self) -> None:
        """Refuse what cannot be carried out, in one sentence."""
        if self.kind not in get_args(Kind):
            raise SettingRefused(
                f"{self.kind!r} is no edit; there are {', '.join(get_args(Kind))}."
            )
        if self.site.kind != "resid":
            raise SettingRefused(f"{self.site} cannot be edited: choose a residual site, resid.L.")
        numbers = [self.strength, *self.values, *self.cut]
        if not all(math.isfinite(number) for number in numbers):
            raise SettingRefused("An edit's scale and values must be finite numbers, not NaN.")
        if self.kind == "turn":
            if self.like is None or self.like.site != self.site:
                raise SettingRefused("A turn needs an edit of the same site whose size it takes.")
            return
        if not self.dimensions:
            raise SettingRefused("The edit names no dimension. Choose at least one.")
        if len(set(self.dimensions)) < len(self.dimensions) or min(self.dimensions) < 0:
            raise SettingRefused("The dimensions of an edit are different numbers from 0.")
        needed = len(self.dimensions) if self.kind in ("flip", "clamp", "add") else 0
        if len(self.values) != needed or len(self.cut) not in (0, len(self.dimensions)):
            raise SettingRefused(
                f"A {self.kind} of {len(self.dimensions)} dimensions needs {needed} values; "
                f"{len(self.values)} were given."
            )

    def check(self, dims: int, layers: int, positions: int) -> None:
        """SettingRefused where the edit does not fit float[positions, dims] of a model."""
        if (self.site.layer or 0) > layers:
            raise SettingRefused(f"There is no {self.site}: the model has {layers} blocks.")
        if self.dimensions and max(self.dimensions) >= dims:
            raise SettingRefused(
                f"There is no dimension {max(self.dimensions)}: {self.site} has {dims} (from 0)."
            )
        if self.kind == "turn" and len(self.values) != dims:
            raise SettingRefused(f"A turn needs a direction of {dims} numbers.")
        if self.positions and not all(0 <= place < positions for place in self.positions):
            raise SettingRefused(
                f"There is no position {max(self.positions)}: the text has {positions} tokens."
            )

    def __call__(self, hidden: Any) -> Any:
        """float[..., D] (with `positions`: float[..., T, D]) edited; the input is left as it was.

        Numbers that do not change keep every bit.
        """
        changed = _copied(hidden)
        if self.positions is None:
            return self._all(changed)
        places = list(self.positions)
        changed[..., places, :] = self._all(_copied(changed[..., places, :]))
        return changed

    def _all(self, states: Any) -> Any:
        if self.kind == "turn":
            assert self.like is not None
            wanted = self.like._all(_copied(states))
            return _turned(states, wanted, _like(states, self.values))
        columns = list(self.dimensions)
        chosen = states[..., columns]
        made = self._made(chosen)
        same = made == chosen
        made[same] = chosen[same]
        states[..., columns] = made
        return states

    def _made(self, chosen: Any) -> Any:
        """New values of the chosen dimensions."""
        if self.kind == "scale":
            return chosen * self.strength
        if self.kind == "add":
            return chosen + self.strength * _like(chosen, self.values)
        if self.kind == "flip":
            cut = _like(chosen, self.cut or (0.0,) * len(self.dimensions))
            wrong = (chosen > cut) != (_like(chosen, self.values) > 0)
            target = _copied(chosen)
            target[wrong] = (2 * cut - chosen)[wrong]
        else:
            values = self.values if self.kind == "clamp" else (0.0,) * len(self.dimensions)
            target = chosen * 0 + _like(chosen, values)
        return target if self.strength == 1 else chosen + self.strength * (target - chosen)


def _turned(states: Any, wanted: Any, direction: Any) -> Any:
    """States moved as far as to `wanted` and to its norm, but towards a random direction.

    x' = x + a x/|x| + b u with u orthogonal to x; a and b follow from |x'| = |wanted| and
    |x' - x| = |wanted - x|. Where |wanted| = |x| this is a rotation.
    """
    delta = ((wanted - states) ** 2).sum(-1)
    own, new = (states**2).sum(-1), (wanted**2).sum(-1)
    length = own**0.5 + 1e-30
    along = (new - own - delta) / (2 * length)
    across = delta - along**2
    across = (across * (across > 0)) ** 0.5
    unit = states / length[..., None]
    aside = direction - (unit * direction).sum(-1)[..., None] * unit
    aside = aside / ((aside**2).sum(-1) ** 0.5 + 1e-30)[..., None]
    made = states + along[..., None] * unit + across[..., None] * aside
    still = delta == 0
    made[still] = states[still]
    return made


def _copied(states: Any) -> Any:
    return states.clone() if hasattr(states, "clone") else np.array(states)


def _like(states: Any, values: tuple[float, ...]) -> Any:
    """The values in the kind, number format and place of `states`."""
    if hasattr(states, "new_tensor"):
        return states.new_tensor(values)
    return np.asarray(values, states.dtype)
