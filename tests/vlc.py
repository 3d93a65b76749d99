"""VLC, Debian's, without a screen: what it says about files, and what it shows of them.

Needs vlc-bin and vlc-plugin-base. VLC refuses to run as root, so it is then run as `nobody`.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

# Times as fast as life. On a busy machine VLC ends before it has shown the last pictures, the more of them the faster it
# plays; a picture that it cannot show is missing however often it plays.
_RATES = (20, 4, 1, 1, 1)
_NOBODY = 65534
_PATIENCE = 60.0

# Lines about the machine, which has no sound, screen or hot keys, and about VLC itself; none is about a file.
_OF_THE_MACHINE = (
    "vlcpulse audio output error: PulseAudio server connection failure",
    "main audio output error: no suitable audio output module",
    "main interface error: no suitable interface module",
    "main libvlc error: interface ",
    "dbus interface error: ",
    "dummy interface: using the dummy interface module",
    "main playlist: end of playlist, exiting",
)
_ADDRESS = re.compile(r"^\[[0-9a-f]+\] ")  # of the object that speaks
_NUMBER = re.compile(r"\b(0x)?[0-9a-f]*\d[0-9a-f]*\b")


def needs_vlc() -> None:
    """Skip the test, saying why, where there is no VLC."""
    if shutil.which("vlc") is None:
        pytest.skip("VLC is not installed: apt-get install vlc-bin vlc-plugin-base")


def said(videos: Sequence[bytes]) -> list[str]:
    """What VLC says while it plays these one after another, warnings and errors and notes, with N for each number."""
    lines = _play(videos, _RATES[0], ["--vout", "dummy"]).splitlines()
    plain = (_ADDRESS.sub("", line) for line in lines if line.strip())
    return [_NUMBER.sub("N", line) for line in plain if not line.startswith(_OF_THE_MACHINE)]


def shown(video: bytes, count: int) -> list[npt.NDArray[np.uint8]]:
    """The pictures that VLC shows of a video in 4:2:0, planes one after another, but none twice in a row.

    Played again, and slower, while fewer are seen than the `count` there should be.
    """
    pictures: list[npt.NDArray[np.uint8]] = []
    for rate in _RATES:
        pictures = _shown_at(video, rate)
        if len(pictures) >= count:
            break
    return pictures


def _shown_at(video: bytes, rate: int) -> list[npt.NDArray[np.uint8]]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "shown.yuv"
        Path(folder).chmod(0o777)  # VLC writes here, as somebody else
        _play([video], rate, ["--vout", "yuv", "--yuv-chroma", "I420", "--yuv-file", str(out)])
        content = out.read_bytes()
    # A line that says "I420 W160 H120 ...", and each picture behind a line that says "FRAME".
    head, _, rest = content.partition(b"\n")
    size = re.search(rb" W(\d+) H(\d+) ", head)
    assert size is not None, head
    step = len(b"FRAME\n") + int(size[1]) * int(size[2]) * 3 // 2
    assert len(rest) % step == 0
    pictures = [np.frombuffer(rest[at + 6 : at + step], np.uint8) for at in range(0, len(rest), step)]
    return without_repeats(pictures)


def without_repeats(pictures: Sequence[npt.NDArray[np.uint8]]) -> list[npt.NDArray[np.uint8]]:
    """Pictures that differ from the one before: a player may show one again while it waits."""
    return [one for at, one in enumerate(pictures) if at == 0 or not np.array_equal(one, pictures[at - 1])]


def _play(videos: Sequence[bytes], rate: int, options: Sequence[str]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)  # whoever VLC is run as keeps its own things here
        files = [Path(folder) / f"{number}.mp4" for number in range(len(videos))]
        for file, video in zip(files, videos, strict=True):
            file.write_bytes(video)
            file.chmod(0o644)
        command = ["vlc", "--ignore-config", "-v", "--no-color", "--intf", "dummy", "--no-audio", "--no-dbus"]
        # No title over the picture: what is shown is compared bit by bit.
        command += [
            "--no-media-library",
            "--no-drop-late-frames",
            "--no-skip-frames",
            "--no-video-title-show",
            "--rate",
            str(rate),
            *options,
        ]
        done = subprocess.run(
            [*command, "--play-and-exit", *map(str, files)],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE,
            check=True,
            env={**{name: value for name, value in os.environ.items() if name != "DISPLAY"}, "HOME": folder},
            user=_NOBODY if os.geteuid() == 0 else None,
        )
    return done.stderr
