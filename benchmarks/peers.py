"""Other programs that hide people, for comparison. They never come near the product.

deface (https://github.com/ORB-HD/deface, MIT) finds faces and blurs them. It is installed into an environment of its own
in build/bench, which the product cannot import from, and run as a program. Nothing here adds it to what watchglass
needs, and without it a benchmark says so and goes on.
"""

import subprocess
import sys
from pathlib import Path

from benchmarks.footage import FOLDER
from watchglass.cli.progress import Report

DEFACE = "deface==1.5.0"
_PATIENCE = 600.0  # seconds for an installation


class NotToBeHadError(Exception):
    """A peer cannot be installed here; the sentence says why."""


def deface(tell: Report) -> Path:
    """The program, installed first if need be: wheels only. NotToBeHadError."""
    folder = FOLDER / DEFACE.replace("==", "-")
    program = folder / "bin" / "deface"
    stamp = folder / "installed"
    if stamp.exists():
        return program
    tell(f"Installing {DEFACE} on its own", 0, 1)
    folder.parent.mkdir(parents=True, exist_ok=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for command in (
        [sys.executable, "-m", "venv", "--clear", str(folder)],
        [*pip, "--no-input", "--only-binary", ":all:", DEFACE],
    ):
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NotToBeHadError(f"{DEFACE} could not be installed: {error}") from error
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["pip did not say why"])[-1]
            raise NotToBeHadError(f"{DEFACE} could not be installed: {last}")
    stamp.touch()
    return program


def run_deface(program: Path, source: Path, target: Path) -> None:
    """Blur the faces that it finds, with its own defaults and on the CPU. RuntimeError with its last words."""
    command = [str(program), str(source), "--output", str(target), "--backend", "opencv"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode or not target.exists():
        raise RuntimeError(f"{DEFACE} failed: {done.stderr.strip()[-300:]}")
