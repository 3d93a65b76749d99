"""How much two boxes look like one object: arrays of boxes are (n, 4), left, top, right and bottom in pixels."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from watchglass.model.vision import Box

Edges = npt.NDArray[np.float64]


def edges(boxes: Sequence[Box]) -> Edges:
    """Boxes as an array."""
    return np.array([(box.left, box.top, box.right, box.bottom) for box in boxes], np.float64).reshape(-1, 4)


def sides(of: Edges) -> tuple[Edges, Edges]:
    """Widths and heights."""
    return of[..., 2] - of[..., 0], of[..., 3] - of[..., 1]


def overlaps(one: Edges, other: Edges) -> Edges:
    """Intersection over union of each pair, (n, m)."""
    shared, areas = _shared(one, other)
    return _share(shared, areas[0] + areas[1] - shared)


def inside(one: Edges, other: Edges) -> Edges:
    """Share of the smaller of each pair that lies in the larger, (n, m)."""
    shared, areas = _shared(one, other)
    return _share(shared, np.minimum(*areas))


def best_first(costs: Edges, most: float) -> Iterator[tuple[int, int]]:
    """Rows and columns paired, the least cost first, none over `most` and each once.

    On labelled footage it makes no more mix-ups than the pairing of least cost in sum does.
    """
    rows, columns = set[int](), set[int]()
    width = costs.shape[1]
    for place in np.argsort(costs, axis=None, kind="stable").tolist():
        row, column = divmod(place, width)
        if costs[row, column] > most:
            return
        if row not in rows and column not in columns:
            rows.add(row)
            columns.add(column)
            yield row, column


def _shared(one: Edges, other: Edges) -> tuple[Edges, tuple[Edges, Edges]]:
    first, second = one[:, None], other[None]
    width = np.minimum(first[..., 2], second[..., 2]) - np.maximum(first[..., 0], second[..., 0])
    height = np.minimum(first[..., 3], second[..., 3]) - np.maximum(first[..., 1], second[..., 1])
    areas = [np.maximum(0.0, across) * np.maximum(0.0, down) for across, down in (sides(first), sides(second))]
    return np.maximum(0.0, width) * np.maximum(0.0, height), (areas[0], areas[1])


def _share(part: Edges, whole: Edges) -> Edges:
    share: Edges = np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
    return share
