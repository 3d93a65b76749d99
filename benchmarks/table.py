"""One row of what `make bench` prints."""

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """A figure as text, its target, and whether it is met."""

    what: str
    figure: str
    target: str
    met: bool
