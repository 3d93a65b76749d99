"""Which area has most by a figure, and how sure that is."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from scipy.stats import rankdata

from watchglass.census.rates import RATES, Rated
from watchglass.census.values import Figure, Measures

NO_RANGE = "nothing is known of its error: it is ranked by the bare number"


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """An area's place, 1 the most. Equals share one, and the next after two firsts is third. `first` and `last` are within
    which places it is in 95 % of the draws, None where nothing is known of its error.
    """

    area: str
    value: float
    place: int
    first: int | None
    last: int | None
    how: str


def ranks(rated: Sequence[Rated], name: str = "per-1000") -> tuple[Place, ...]:
    """Places of all areas that have the figure, most first; equals by name.

    Areas of whose error nothing is known stay where they are in every draw.
    """
    there = [one for one in rated if name in one.measures.figures]
    if not there:
        return ()
    values = np.array([one.measures.figures[name].value for one in there])
    places = rankdata(-values, "min").astype(int)
    drawn = np.broadcast_to(values, (_draws(there), len(there))).copy()
    known = [name in RATES and one.draws is not None for one in there]
    for at, one in enumerate(there):
        if known[at] and one.draws is not None:
            drawn[:, at] = one.draws * (values[at] / one.measures.figures["cameras"].value)
    lows, highs = np.percentile(rankdata(-drawn, "min", axis=1), [2.5, 97.5], axis=0, method="nearest").astype(int)
    found = []
    for at, one in enumerate(there):
        place = int(places[at])
        first, last = (min(int(lows[at]), place), max(int(highs[at]), place)) if known[at] else (None, None)
        how = f"95 % of {len(drawn)} draws" if known[at] else NO_RANGE
        found.append(Place(one.measures.area, float(values[at]), place, first, last, how))
    return tuple(sorted(found, key=lambda one: (one.place, one.area)))


def with_ranks(rated: Sequence[Rated], name: str = "per-1000") -> tuple[Measures, ...]:
    """The areas' figures with their rank among them, as they were in order."""
    places = {one.area: one for one in ranks(rated, name)}
    found = []
    for one in rated:
        measures, place = one.measures, places.get(one.measures.area)
        if place is not None:
            figure = Figure(place.place, place.first, place.last, f"{place.how}, of {len(places)} areas")
            measures = dataclasses.replace(measures, figures={**measures.figures, f"rank-{name}": figure})
        found.append(measures)
    return tuple(found)


def _draws(rated: Sequence[Rated]) -> int:
    """How many draws there are: one, of the bare numbers, if there are none."""
    return max((len(one.draws) for one in rated if one.draws is not None), default=1)
