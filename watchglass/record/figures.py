"""What the recorder tells of its streams, for whoever counts: a file of the run folder, replaced every few seconds."""

import dataclasses
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from watchglass.base.clock import WallUs
from watchglass.base.vitals import BELIEVED_US, publish
from watchglass.model.camera import StreamRole

FILE: Final = "streams.json"


@dataclasses.dataclass(frozen=True, slots=True)
class StreamFigures:
    """Of one stream. `lost`: RTP packets since the recorder started. `gain`: what the camera's clock gains on ours, in parts
    of one; None where that is not known, or its timestamps are not used.
    """

    camera: int
    role: StreamRole
    lost: int
    gain: float | None


def tell(run: Path, streams: Iterable[StreamFigures], at: WallUs) -> None:
    """Tell how streams are at this moment. OSError where that cannot be done."""
    publish(run / FILE, {"at": at, "streams": [dataclasses.asdict(stream) for stream in streams]})


def heard(run: Path, now: WallUs) -> list[StreamFigures]:
    """What was told last; nothing if that is too long ago, or it is something else."""
    try:
        told: Any = json.loads((run / FILE).read_bytes())
        if abs(now - int(told["at"])) > BELIEVED_US:
            return []
        return [_figures(one) for one in told["streams"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _figures(told: Any) -> StreamFigures:
    gain = told["gain"]
    return StreamFigures(
        int(told["camera"]), StreamRole(told["role"]), int(told["lost"]), None if gain is None else float(gain)
    )
