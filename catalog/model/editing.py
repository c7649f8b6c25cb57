"""Change sites during a forward pass: every row of a batch has its own edits, hooks come off."""

import contextlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from torch import Tensor

from catalog.edits import Edit
from catalog.model.structure import Structure, first_tensor, hidden_input
from catalog.sites import Site

__all__ = ["Edit", "editing", "replaced"]


@contextlib.contextmanager
def editing(
    parts: Structure, edits_per_row: Sequence[Sequence[Edit]], spread: bool = False
) -> Iterator[None]:
    """Apply `edits_per_row[n]`, in order, to row n of every batch that runs inside the block.

    Baseline and all conditions are rows of one batch; a row without edits keeps every bit. What
    `recording` entered before this block reads is edited. With `spread` the model is given one
    row, which becomes all rows at the first edited site: the blocks before it run once. Raises
    SettingRefused where an edit does not fit the model, ValueError where a batch has another
    number of rows.
    """
    sites = sorted({edit.site for row in edits_per_row for edit in row}, key=lambda s: s.order)
    for row in edits_per_row:
        for edit in row:
            edit.check(parts.hidden_size, len(parts.blocks), 1 + max(edit.positions or (0,)))

    def change(site: Site, first: bool) -> Callable[[Tensor], Tensor]:
        def changed(hidden: Tensor) -> Tensor:
            if spread and first:
                hidden = hidden.expand(len(edits_per_row), *hidden.shape[1:])
            return _changed(hidden, site, edits_per_row)

        return changed

    with contextlib.ExitStack() as hooks:
        for number, site in enumerate(sites):
            hooks.callback(_hook(parts, site, change(site, number == 0)))
        yield


@contextlib.contextmanager
def replaced(parts: Structure, site: Site, states: Tensor) -> Iterator[None]:
    """Whatever runs inside the block goes on from `states` at a site: float[rows, positions, dims].

    The model may be given fewer rows: the blocks before the site then run on those only.
    """
    take_off = _hook(parts, site, lambda _hidden: states)
    try:
        yield
    finally:
        take_off()


def _hook(parts: Structure, site: Site, change: Callable[[Tensor], Tensor]) -> Callable[[], None]:
    """Let a function change the states of one site; returns what takes the hook off."""

    tap = parts.tap(site)
    turn = itertools.count()

    def due() -> bool:
        """Whether this call is the site's: a shared block is called several times a pass."""
        return tap.calls == 1 or next(turn) % tap.calls == tap.nth

    def before(_module: Any, args: Any, kwargs: Any) -> Any:
        if not due():
            return None
        hidden = change(hidden_input(args, kwargs))
        if args:
            return (hidden, *args[1:]), kwargs
        return args, {**kwargs, "hidden_states": hidden}

    def after(_module: Any, _args: Any, output: Any) -> Any:
        if not due():
            return None
        hidden = change(first_tensor(output))
        return type(output)((hidden, *output[1:])) if isinstance(output, tuple | list) else hidden

    if tap.of == "input":
        return tap.module.register_forward_pre_hook(before, prepend=True, with_kwargs=True).remove
    return tap.module.register_forward_hook(after, prepend=True).remove


def _changed(hidden: Tensor, site: Site, rows: Sequence[Sequence[Edit]]) -> Tensor:
    """float[rows, positions, dims] with this site's edits made; the input is left as it was."""
    if len(hidden) != len(rows):
        raise ValueError(f"The batch has {len(hidden)} rows; edits were given for {len(rows)}.")
    changed = hidden.clone()
    for number, edits in enumerate(rows):
        for edit in edits:
            if edit.site == site:
                edit.check(hidden.shape[-1], site.layer or 0, hidden.shape[1])
                changed[number] = edit(changed[number])
    return changed
