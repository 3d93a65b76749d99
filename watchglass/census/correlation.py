"""Whether areas with more cameras have more or less of something else, and what may be concluded from that.

Every coefficient comes with its interval, with what it is without each single area, and for each denominator there is:
a rank by people and one by square kilometres seldom agree.
"""

import dataclasses
import math
from collections.abc import Callable, Sequence

import numpy as np
from scipy.stats import rankdata

from watchglass.census.values import FIGURES, Figure, Measures, Numbers
from watchglass.model.precision import Z

DENOMINATORS = ("per-1000", "per-km2", "per-street-km", "effective-per-1000")
LEAST = 4
"""Areas below which Fisher's interval does not exist."""
DRAWS = 2000
ON_A_LINE = 1 - 1e-12
"""A coefficient from which on areas lie on one line, but for the rounding of the computer."""

SHOWN = 5
"""Areas that are named in a sentence."""

NO_CAUSE = (
    "None of this shows a cause: cameras may be put where there is crime, and rich, dense or watchful places differ in more than "
    "their cameras. Where the index is itself divided by people or by area, what both are divided by makes them go together. An index made from what people say they feel measures perception, not what happened."
)


@dataclasses.dataclass(frozen=True, slots=True)
class Without:
    """Pearson's coefficient when one area is left out, None where it cannot be had."""

    area: str
    pearson: Figure | None


@dataclasses.dataclass(frozen=True, slots=True)
class Correlation:
    """An index against a figure over so many areas. Coefficients are None where nothing can be said, and `words` says why.

    `drawn` is Pearson's coefficient with the interval of a bootstrap over areas, beside Fisher's in `pearson`.
    """

    index: str
    figure: str
    areas: int
    pearson: Figure | None
    drawn: Figure | None
    spearman: Figure | None
    without: tuple[Without, ...]
    words: str

    @property
    def most(self) -> Without | None:
        """The area that the coefficient hangs on most."""
        whole = self.pearson
        if whole is None:
            return None
        return max(self.without, key=lambda one: _moved(whole, one), default=None)


@dataclasses.dataclass(frozen=True, slots=True)
class Conclusion:
    """All of one index, a coefficient for each denominator, and what may and may not be concluded."""

    index: str
    correlations: tuple[Correlation, ...]
    words: str


def conclude(areas: Sequence[Measures], seed: int = 0) -> tuple[Conclusion, ...]:
    """For every index that any area has, in order of their names."""
    found = []
    for index in sorted({name for area in areas for name in area.indices}):
        each = tuple(
            correlate(areas, index, figure, seed)
            for figure in DENOMINATORS
            if any(figure in area.figures for area in areas)
        )
        found.append(Conclusion(index, each, _conclusion(index, each)))
    return tuple(found)


def correlate(areas: Sequence[Measures], index: str, figure: str, seed: int = 0) -> Correlation:
    """One index against one figure, over the areas that have both as finite numbers."""
    there = [
        (area.area, area.figures[figure].value, area.indices[index])
        for area in areas
        if figure in area.figures and math.isfinite(area.indices.get(index, math.nan))
    ]
    names = [name for name, _, _ in there]
    ours = np.array([value for _, value, _ in there], float)
    theirs = np.array([value for _, _, value in there], float)
    empty = Correlation(index, figure, len(there), None, None, None, (), "")
    what = f"{_words(figure)} and '{index}'"
    if len(there) < LEAST:
        words = f"Nothing can be said about {what}: {len(there)} areas have both, and it takes {LEAST} at the least."
        return dataclasses.replace(empty, words=words)
    constant = [name for name, one in ((_words(figure), ours), (f"'{index}'", theirs)) if _constant(one)]
    if constant:
        words = f"Nothing can be said about {what}: {' and '.join(constant)} is the same in all {len(there)} areas."
        return dataclasses.replace(empty, words=words)
    whole = Correlation(
        index,
        figure,
        len(there),
        pearson(ours, theirs),
        bootstrap(ours, theirs, seed),
        spearman(ours, theirs),
        tuple(Without(name, pearson(np.delete(ours, at), np.delete(theirs, at))) for at, name in enumerate(names)),
        "",
    )
    return dataclasses.replace(whole, words=_sentence(whole))


def pearson(ours: Numbers, theirs: Numbers) -> Figure | None:
    """Pearson's coefficient with Fisher's interval (1921): atanh(r) is normal with variance 1 / (n - 3)."""
    return _interval(ours, theirs, "Fisher's z", lambda _: 1.0)


def spearman(ours: Numbers, theirs: Numbers) -> Figure | None:
    """Spearman's, ties at their middle rank, with the interval of Bonett and Wright (2000): variance (1 + r²/2) / (n - 3)."""
    return _interval(rankdata(ours), rankdata(theirs), "Bonett and Wright", lambda r: 1 + r * r / 2)


def bootstrap(ours: Numbers, theirs: Numbers, seed: int = 0) -> Figure | None:
    """Pearson's with the 95 % percentile interval over areas drawn with replacement; draws in which a column is constant say nothing."""
    value = _coefficient(ours, theirs)
    if value is None:
        return None
    drawn = np.random.default_rng(seed).integers(0, len(ours), (DRAWS, len(ours)))
    first, second = _scaled(ours)[drawn], _scaled(theirs)[drawn]
    varied = (np.ptp(first, axis=1) > 0) & (np.ptp(second, axis=1) > 0)
    first, second = first[varied], second[varied]
    first, second = first - first.mean(1, keepdims=True), second - second.mean(1, keepdims=True)
    scale = np.sqrt((first**2).sum(1) * (second**2).sum(1))
    coefficients = np.clip((first * second).sum(1) / scale, -1, 1)
    if len(coefficients) < DRAWS // 2:
        return Figure(value, how="too few different areas to draw from")
    low, high = np.percentile(coefficients, [2.5, 97.5])
    return Figure(value, min(float(low), value), max(float(high), value), f"95 %, bootstrap over {len(ours)} areas")


def _interval(ours: Numbers, theirs: Numbers, by: str, variance: Callable[[float], float]) -> Figure | None:
    value = _coefficient(ours, theirs)
    if value is None:
        return None
    if len(ours) < LEAST:
        return Figure(value, how=f"{len(ours)} areas are too few for an interval")
    if abs(value) >= ON_A_LINE:
        return Figure(value, how="all on one line: no interval")
    middle, half = math.atanh(value), Z * math.sqrt(variance(value) / (len(ours) - 3))
    return Figure(value, math.tanh(middle - half), math.tanh(middle + half), f"95 %, {by}")


def _coefficient(ours: Numbers, theirs: Numbers) -> float | None:
    """None where a column is constant, or there are no two areas."""
    if len(ours) < 2 or _constant(ours) or _constant(theirs):
        return None
    first, second = _scaled(ours), _scaled(theirs)
    first, second = first - first.mean(), second - second.mean()
    value = float(first @ second / math.sqrt((first @ first) * (second @ second)))
    return min(1.0, max(-1.0, value))


def _scaled(values: Numbers) -> Numbers:
    """Between 0 and 1, so that squares neither overflow nor vanish."""
    scaled: Numbers = (values - values.min()) / (np.ptp(values) or 1.0)
    return scaled


def _constant(values: Numbers) -> bool:
    return bool(np.ptp(values) == 0)


def _moved(whole: Figure, one: Without) -> float:
    """How far a coefficient goes when an area is left out; endlessly where nothing varies without it."""
    return math.inf if one.pearson is None else abs(one.pearson.value - whole.value)


def _told(figure: Figure) -> int:
    """The sign that an interval leaves no doubt of, 0 where it holds 0 or there is none."""
    if figure.low is None or figure.high is None or figure.low <= 0 <= figure.high:
        return 0
    return 1 if figure.low > 0 else -1


def _sentence(one: Correlation) -> str:
    """What a coefficient says, what it hangs on, and whether the other ways to compute it agree."""
    whole, drawn, by_rank = one.pearson, one.drawn, one.spearman
    if whole is None or drawn is None or by_rank is None:  # constant columns were sorted out before
        return one.words
    what, sign = _words(one.figure), _told(whole)
    if whole.low is None:
        parts = [
            f"All {one.areas} areas lie on one line, {what} against '{one.index}' ({_r(whole)}): look where the figures come from."
        ]
    elif sign:
        more = "higher" if sign > 0 else "lower"
        parts = [f"Of {one.areas} areas, those with more {what} tend to have a {more} '{one.index}' ({_r(whole)})."]
    else:
        parts = [
            (
                f"Over {one.areas} areas it cannot be told whether more {what} go with a higher or a lower '{one.index}': "
                f"the interval holds 0 ({_r(whole)})."
            )
        ]
    if whole.low is not None and drawn.low is not None and _told(drawn) != sign:
        holds = "leaves out 0" if _told(drawn) else "holds 0"
        parts.append(
            f"Drawing areas anew {holds} ({_r(drawn)}): the two intervals disagree, and neither is to be relied on."
        )
    parts.append(f"By rank it is {_r(by_rank, 'rho')}{_rank_disagrees(sign, _told(by_rank))}.")
    parts.append(_influence(one, whole))
    return " ".join(parts)


def _rank_disagrees(sign: int, by_rank: int) -> str:
    if sign == by_rank:
        return ""
    if not by_rank:
        return ", which cannot be told from 0: the size of single areas makes the difference"
    return ", which says more than the figures themselves do" if not sign else ", which says the opposite"


def _influence(one: Correlation, whole: Figure) -> str:
    most = one.most
    if most is None:
        return ""
    if most.pearson is None:
        return f"Without {most.area} all areas are alike: it is this one area against the rest."
    without, sign = most.pearson, _told(whole)
    words = f"It hangs most on {most.area}: without it {_r(without)}"
    if without.value * whole.value < 0:
        words += ", with the sign turned"
    if sign and not _told(without):
        words += f": {most.area} carries it, for without it nothing can be told"
    if not sign and _told(without):
        words += f": {most.area} hides it, for without it something can be told"
    others = [
        other.area
        for other in one.without
        if other is not most and (other.pearson is None or _told(other.pearson) != sign)
    ]
    if others:
        named = ", ".join(others[:SHOWN]) + (f" and {len(others) - SHOWN} more" if len(others) > SHOWN else "")
        words += f". Leaving out another would change what can be told too: {named}"
    return f"{words}."


def _conclusion(index: str, each: Sequence[Correlation]) -> str:
    told = {one.figure: _told(one.pearson) for one in each if one.pearson is not None}
    parts = [one.words for one in each]
    by = {sign: [_words(figure) for figure, value in told.items() if value == sign] for sign in (-1, 0, 1)}
    if by[1] and by[-1]:
        parts.append(
            f"The denominators contradict each other: by {_and(by[1])} '{index}' is higher where there are more cameras, by "
            f"{_and(by[-1])} lower. Whoever picks one picks the answer."
        )
    elif len(told) > 1 and by[0] and (by[1] or by[-1]):
        parts.append(
            f"The denominators disagree: by {_and(by[1] or by[-1])} something can be told, by {_and(by[0])} not. "
            "Whoever picks one picks the answer."
        )
    elif len(told) > 1:
        parts.append("All denominators agree in that." if by[1] or by[-1] else "By no denominator can it be told.")
    elif told:
        parts.append("There is one denominator only: by another the answer may be another.")
    if len({one.areas for one in each}) > 1:
        parts.append("Not all denominators are there for the same areas.")
    if len(told) > 1:
        parts.append(f"An interval at 95 % leaves out the truth one time in twenty, and there are {len(told)} of them.")
    return " ".join([*parts, NO_CAUSE])


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _words(figure: str) -> str:
    return FIGURES[figure].partition(":")[0]


def _r(figure: Figure, letter: str = "r") -> str:
    interval = (
        "" if figure.low is None or figure.high is None else f", 95 % {_digits(figure.low)} to {_digits(figure.high)}"
    )
    return f"{letter} = {_digits(figure.value)}{interval}"


def _digits(value: float) -> str:
    """Two decimals, or up to four where two would make 0 or 1 of what is neither."""
    return next(
        (text for text in (f"{value:.{decimals}f}" for decimals in (2, 3, 4)) if abs(float(text)) not in {0, 1}),
        f"{abs(value):.2f}" if abs(value) < 0.5 else f"{value:.2f}",
    )
