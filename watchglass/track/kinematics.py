"""How a box moves: a Kalman filter of constant velocity on its centre and its size, as in SORT (arXiv 1602.00763).

All noise is in shares of the box's height, since somebody near the camera covers more pixels in a second than somebody far
away, and in seconds, so that it holds at any frame rate.
"""

import numpy as np
import numpy.typing as npt

from watchglass.model.vision import Box

Floats = npt.NDArray[np.float64]

_DRIFT = 0.095  # of position and size, heights by square root of a second
_TURN = 0.47  # of velocity, heights a second by square root of a second
_LOOK = 0.07  # of a detection's centre, in heights
_TRUST = np.array([1.0, 1.0, 4.0, 2.0])  # variances beside that of the centre: widths swing with the legs
_FAINT = 2.5  # the variance of a faint detection, beside that of a sure one
_SLOWING = 0.26  # share of its velocity that what is not seen for a while loses in a second: people stop
_STOPPING = 0.55  # seconds after which it does
_UNSEEN = 0.35  # seconds without a look after which a velocity is measured between two looks instead
_SEEN = np.eye(4, 6)


class Kinematics:
    """Where one box is and how it moves, at `time` (seconds): centre, width, height in pixels, pixels a second.

    `speed`, in heights a second, is all that is known of a velocity before the second look.
    """

    def __init__(self, box: Box, time: float, speed: float = 1.0) -> None:
        self.time = self._seen = time
        self._last = _measured(box)
        self._state = np.concatenate([self._last, [0.0, 0.0]])
        spread = np.array([_LOOK] * 4 + [speed] * 2)
        self._covariance: Floats = np.diag((spread * self._height) ** 2)

    @property
    def box(self) -> Box:
        across, down, width, height = self._state[:4].tolist()
        return Box(across - width / 2, down - height / 2, across + width / 2, down + height / 2)

    @property
    def unseen(self) -> float:
        """Seconds since it was seen last."""
        return self.time - self._seen

    def advance(self, time: float) -> None:
        """Move on to a later time."""
        seconds, self.time = time - self.time, time
        step = np.eye(6)
        step[0, 4] = step[1, 5] = seconds
        drift = np.array([_DRIFT] * 4 + [_TURN] * 2) * self._height
        self._state = step @ self._state
        self._covariance = step @ self._covariance @ step.T + np.diag(drift**2 * seconds)
        if self.unseen > _STOPPING:
            self._state[4:] *= (1 - _SLOWING) ** seconds

    def see(self, box: Box, *, faint: bool) -> None:
        """Take in where it was found at its time."""
        found = _measured(box)
        if self.unseen > _UNSEEN:  # the way between two looks says more than what was guessed meanwhile
            between = (found[:2] - self._last[:2]) / self.unseen
            self._state[4:] = 0.7 * between + 0.3 * self._state[4:]
        noise = np.diag((_LOOK * self._height) ** 2 * (_FAINT if faint else 1.0) * _TRUST)
        gain = self._covariance @ _SEEN.T @ np.linalg.inv(_SEEN @ self._covariance @ _SEEN.T + noise)
        self._state = self._state + gain @ (found - self._state[:4])
        self._covariance = (np.eye(6) - gain @ _SEEN) @ self._covariance
        self._last, self._seen = found, self.time

    @property
    def _height(self) -> float:
        return max(float(self._state[3]), 1.0)


def _measured(box: Box) -> Floats:
    return np.array([(box.left + box.right) / 2, (box.top + box.bottom) / 2, box.width, box.height])
