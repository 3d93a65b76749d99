"""What the recorder tells a subscriber, as values and on the wire (`watchglass/base/wire.py`).

| `type` | head | payload |
|---|---|---|
| `run` | `run`, `codec`, `width`, `height`, `rate` | the codec's extradata |
| `packet` | `pts` (1/90000 s), `wall` (microseconds UTC), `keyframe`, `jump` | the access unit |
| `health` | `state`, `since` (microseconds UTC), `cause` | - |
| `gone` | - | - |

The subscriber says one thing, first: `{"type": "subscribe", "camera": 1, "role": "sub"}`.
"""

import dataclasses

from watchglass.base.clock import WallUs
from watchglass.base.wire import Head, Message, TornMessageError
from watchglass.model.camera import Health, HealthState, StreamRole
from watchglass.model.media import Packet, StreamInfo, Ticks


@dataclasses.dataclass(frozen=True, slots=True)
class Run:
    """A run begins: the packets that follow belong to it, and decode with `info`."""

    run: str
    info: StreamInfo


@dataclasses.dataclass(frozen=True, slots=True)
class HealthChange:
    """The stream's health is another now."""

    health: Health


@dataclasses.dataclass(frozen=True, slots=True)
class Gone:
    """The camera was removed, switched off or set up anew; nothing more comes. Subscribe again if it is still there."""


Notice = Run | Packet | HealthChange | Gone


def subscription(camera: int, role: StreamRole) -> Head:
    """What a subscriber sends."""
    return {"type": "subscribe", "camera": camera, "role": str(role)}


def parse_subscription(head: Head) -> tuple[int, StreamRole]:
    """The camera and role that a subscriber asks for. TornMessageError if it is not a subscription."""
    try:
        wanted = int(head["camera"]), StreamRole(head["role"])
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise TornMessageError("a subscription names no camera and role") from error
    if head.get("type") != "subscribe":
        raise TornMessageError("a subscriber sent something else than a subscription")
    return wanted


def to_wire(notice: Notice) -> Message:
    """A notice as head and payload."""
    match notice:
        case Packet():
            head = {
                "type": "packet",
                "pts": notice.pts,
                "wall": notice.wall,
                "keyframe": notice.keyframe,
                "jump": notice.jump,
            }
            return head, notice.data
        case Run(run, info):
            head = {
                "type": "run",
                "run": run,
                "codec": info.codec,
                "width": info.width,
                "height": info.height,
                "rate": info.rate,
            }
            return head, info.extradata
        case HealthChange(health):
            return {"type": "health", "state": str(health.state), "since": health.since, "cause": health.cause}, b""
        case Gone():
            return {"type": "gone"}, b""


def from_wire(head: Head, payload: bytes) -> Notice:
    """The reverse of `to_wire`. TornMessageError if the message is none of ours."""
    try:
        match head["type"]:
            case "packet":
                pts, wall = Ticks(int(head["pts"])), WallUs(int(head["wall"]))
                return Packet(payload, pts, wall, bool(head["keyframe"]), bool(head["jump"]))
            case "run":
                width, height, rate = int(head["width"]), int(head["height"]), float(head["rate"])
                return Run(str(head["run"]), StreamInfo(str(head["codec"]), payload, width, height, rate))
            case "health":
                since = WallUs(int(head["since"]))
                return HealthChange(Health(HealthState(head["state"]), since, str(head["cause"])))
            case "gone":
                return Gone()
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise TornMessageError("a message of the recorder lacks something") from error
    raise TornMessageError("the recorder sent a message of an unknown type")
