"""A camera that is covered, moved, defocused, in the dark, or whose picture is frozen.

Each sign becomes a score of 0 to 1, such that 0.60, the usual threshold, is where it begins to matter.
"""

from collections.abc import Callable, Mapping

from watchglass.base.clock import WallUs
from watchglass.model.event import Happening
from watchglass.model.look import SceneSigns
from watchglass.model.rule import Rule
from watchglass.rules.sentry import Lasting, Moment, NewId, Sentry, Steady

EASE = 0.10
"""By how much its score must fall under the threshold until it is over."""

TAMPER_GRACE = 5.0
"""Seconds for which it must be over."""

FROZEN = 5.0
"""Seconds without one changed pixel from which on a picture is frozen; that of a real sensor always has noise."""


HOLE = 1.0
"""Seconds for which a sign may be missing without beginning anew."""


def covered(signs: SceneSigns) -> float:
    """The share of the picture that has lost its texture."""
    return signs.covered


def dark(signs: SceneSigns) -> float:
    """0.60 where the mean brightness is a tenth."""
    return 1 - signs.brightness / 0.25


def defocused(signs: SceneSigns) -> float:
    """0.60 where two fifths of the usual sharpness are left."""
    return 1 - signs.sharpness


def moved(signs: SceneSigns) -> float:
    """0.60 where the scene has moved by a tenth of the picture's width."""
    return 6 * abs(signs.shift)


def frozen(signs: SceneSigns) -> float:
    """All or nothing."""
    return 1.0 if signs.frozen >= FROZEN else 0.0


SIGNS: Mapping[str, Callable[[SceneSigns], float]] = {
    "The picture is frozen: it does not change any more.": frozen,
    "The picture is dark.": dark,
    "The camera is covered.": covered,
    "The camera was moved.": moved,
    "The picture is out of focus.": defocused,
}
"""In the order in which one is told: what is dark is without texture and sharpness, too."""


class Tampering(Sentry):
    """One event at a time, of the first sign that is there."""

    def __init__(self, rule: Rule, new_id: NewId) -> None:
        super().__init__(rule, new_id)
        self._steady = {sentence: Steady(HOLE) for sentence in SIGNS}
        self._lasting = Lasting(rule, new_id, TAMPER_GRACE)
        self._which = ""

    def look(self, moment: Moment) -> list[Happening]:
        signs = moment.signs
        if signs is None:
            return []
        scores = {sentence: max(0.0, min(1.0, score(signs))) for sentence, score in SIGNS.items()}
        if self._lasting.lasts:
            if any(score >= self.rule.threshold - EASE for score in scores.values()):
                return self._lasting.keep(moment, scores[self._which], 0, None, self._which)
            return self._lasting.miss(moment)
        held = {
            sentence: steady.feed(moment.now, scores[sentence] >= self.rule.threshold)
            for sentence, steady in self._steady.items()
        }
        for sentence, seconds in held.items():
            if seconds is not None and seconds >= (self.rule.seconds or 0):
                self._which = sentence
                return self._lasting.keep(moment, scores[sentence], 0, None, sentence)
        return []

    def reset(self) -> list[Happening]:
        """A camera that is moved or covered often begins anew: what lasts goes on, until the signs say otherwise."""
        self._steady = {sentence: Steady(HOLE) for sentence in SIGNS}
        self._lasting.rebase()
        return []

    def finish(self, wall: WallUs | None) -> list[Happening]:
        self._steady = {sentence: Steady(HOLE) for sentence in SIGNS}
        return self._lasting.finish(wall)
