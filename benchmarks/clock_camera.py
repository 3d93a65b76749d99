"""An RTSP camera that draws the time into its picture, for measuring how late a view is.

Runs under Debian's own /usr/bin/python3 with GStreamer's RTSP server (python3-gi gir1.2-gst-rtsp-server-1.0
gstreamer1.0-plugins-base gstreamer1.0-plugins-ugly). Prints its port, then serves rtsp://127.0.0.1:PORT/clock until
it is killed.

The time is a row of squares before a street of grey stones: a square that is there is a 1. In the view a square is a
flat shape and its absence is the stones, so the time can be read from the view as well. For the first STILL seconds
there is no square, so that the plate can be learnt.
"""

import random
import sys
import time
from typing import Any

import gi  # type: ignore[import-not-found] # Debian's, not in our environment

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # type: ignore[import-not-found] # noqa: E402

WIDTH, HEIGHT, RATE = 640, 480, 10
BITS, SQUARE, PITCH, LEFT, TOP, ACROSS = 20, 32, 64, 16, 96, 10  # benchmarks/live.py reads these places
TICK_MS = 10
STONE = 4
WHITE = 235


def street() -> list[bytes]:
    """Luma rows of stones in fixed random greys: whatever is drawn before them is seen."""
    grey = random.Random(1)  # noqa: S311 - stones, not keys
    rows = []
    for _ in range(HEIGHT // STONE):
        row = b"".join(bytes([grey.randrange(40, 200)]) * STONE for _ in range(WIDTH // STONE))
        rows += [row] * STONE
    return rows


def picture(rows: list[bytes], ticks: int | None) -> bytes:
    """An I420 frame that shows `ticks` (None: no square at all)."""
    luma = bytearray(b"".join(rows))
    for bit in range(BITS):
        if ticks is not None and ticks >> bit & 1:
            left, top = LEFT + bit % ACROSS * PITCH, TOP + bit // ACROSS * PITCH
            for row in range(top, top + SQUARE):
                luma[row * WIDTH + left : row * WIDTH + left + SQUARE] = bytes([WHITE]) * SQUARE
    return bytes(luma) + b"\x80" * (WIDTH * HEIGHT // 2)


class Clock(GstRtspServer.RTSPMediaFactory):  # type: ignore[misc] # see above
    """Pushes a picture ten times a second; the time drawn is that of the push."""

    def __init__(self, still: float) -> None:
        super().__init__()
        self._until = time.time() + still  # noqa: TID251 - another Python, which has none of our code
        self._rows = street()
        self.set_shared(True)
        self.set_launch(
            f"( appsrc name=source is-live=true do-timestamp=true format=time "
            f"caps=video/x-raw,format=I420,width={WIDTH},height={HEIGHT},framerate={RATE}/1 "
            f"! x264enc tune=zerolatency sliced-threads=false speed-preset=veryfast bitrate=3000 key-int-max={RATE} "
            "! h264parse config-interval=-1 "
            "! rtph264pay name=pay0 pt=96 )"
        )

    def configure(self, media: Any) -> None:
        source = media.get_element().get_child_by_name("source")
        GLib.timeout_add(1000 // RATE, self._push, source)

    def _push(self, source: Any) -> bool:
        now = time.time()  # noqa: TID251 - another Python, which has none of our code
        ticks = None if now < self._until else int(now * 1000 / TICK_MS) % (1 << BITS)
        buffer = Gst.Buffer.new_wrapped(picture(self._rows, ticks))
        buffer.duration = Gst.SECOND // RATE
        return bool(source.emit("push-buffer", buffer) == Gst.FlowReturn.OK)


def main() -> None:
    """Serve until killed."""
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service("0")
    factory = Clock(float(sys.argv[1]))
    factory.connect("media-configure", lambda _factory, media: factory.configure(media))
    server.get_mount_points().add_factory("/clock", factory)
    server.attach(None)
    print(server.get_bound_port(), flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
