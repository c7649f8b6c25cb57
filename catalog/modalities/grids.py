"""Where the patches of an image or a spectrogram lie among a model's positions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from catalog.errors import ModelUnsupported


@dataclass(frozen=True)
class Grid:
    """Positions: first `prefix` without a place (CLS, distillation, registers), then patches."""

    prefix: int
    rows: int
    columns: int
    axes: str
    """What rows and columns are: "height x width", "frequency x time" or "time"."""

    @classmethod
    def of(cls, settings: Mapping[str, Any], positions: int, inputs: Mapping[str, Any]) -> "Grid":
        """The layout by a model's config, the positions it showed, and its inputs' shapes.

        Without patches (Whisper, Wav2Vec2) all positions are steps of time. ModelUnsupported
        where the patches do not fit the positions.
        """
        patch = settings.get("patch_size")
        if patch is None:
            return cls(0, 1, positions, "time")
        tall, wide = _both(patch)
        if "input_values" in inputs:
            time, bands = inputs["input_values"].shape[-2:]
            rows = (bands - tall) // int(settings["frequency_stride"]) + 1
            columns = (time - wide) // int(settings["time_stride"]) + 1
            axes = "frequency x time"
        elif "spatial_shapes" in inputs:  # each image has a grid of its own: one row of patches
            return cls(0, 1, positions, "height x width")
        else:
            height, width = inputs["pixel_values"].shape[-2:]
            rows, columns, axes = height // tall, width // wide, "height x width"
        if positions < rows * columns:
            raise ModelUnsupported(
                f"Its {positions} positions are fewer than the {rows} x {columns} patches of its "
                "config, so nothing says where a patch lies. Only models that keep all patches "
                "are supported."
            )
        return cls(positions - rows * columns, rows, columns, axes)


def _both(value: Any) -> tuple[int, int]:
    """Height and width of a size given once or twice."""
    return (int(value), int(value)) if isinstance(value, int) else (int(value[0]), int(value[1]))
