"""Other looks of one camera's scene: by day, by night, under its infrared lamp, from another preset of a moving mount.

When a picture has changed as a whole and stays so, the looks that were learnt before are tried first: the one that
matches is taken up within two seconds, where learning anew takes ten to thirty. Nothing is told apart by a clock or by
what a camera says of itself; a look is found by looking.
"""

import dataclasses
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from watchglass.redact.cells import Small, differing, with_at_least
from watchglass.redact.plate import Plate

Look = Mapping[str, npt.NDArray[np.generic]]
"""A plate's arrays, as `Plate.kept` gives them."""


@dataclasses.dataclass(frozen=True, slots=True)
class PlateBookOptions:
    """`most` looks are kept, the one unused for longest goes first. A look with at most `unlike` of its known cells
    different from a frame is the look of that frame; `known` is the least share of cells that it must know.
    """

    most: int = 8
    unlike: float = 0.25
    known: float = 0.6


class PlateBook:
    """The looks of one camera besides the present one. Used from one thread."""

    def __init__(self, options: PlateBookOptions | None = None) -> None:
        self._options = options or PlateBookOptions()
        self.looks: list[Look] = []

    def put(self, plate: Plate) -> None:
        """Keep what is known now, if that is enough to show a view."""
        if plate.ready:
            self.looks.append(plate.kept())
            del self.looks[: -self._options.most]

    def recall(self, plate: Plate, small: Small) -> bool:
        """Let the plate become the look that this frame has, if there is one; what it was before is kept."""
        unlike = [self._unlike(look, plate, small) for look in self.looks]
        best = min(range(len(unlike)), key=unlike.__getitem__, default=None)
        if best is None or unlike[best] > self._options.unlike:
            return False
        look = self.looks.pop(best)
        self.put(plate)
        plate.forget()
        return plate.restore(look)

    def _unlike(self, look: Look, plate: Plate, small: Small) -> float:
        """Share of the look's known cells that differ from the frame; 1.0 if it knows too little to tell."""
        known = look["known"].astype(np.bool_)
        if look["y"].shape != small.y.shape or known.mean() < self._options.known:
            return 1.0
        y, u, v = (look[name].astype(np.uint8, copy=False) for name in ("y", "u", "v"))
        options = plate.options
        apart = differing(small, Small(y, u, v), options.luma, options.chroma)
        return float(with_at_least(apart, options.pixels)[known].mean())
