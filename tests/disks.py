"""Small disks of a test's own, which can really be full: tmpfs in a mount namespace that ends with the test.

The file system is the kernel's, and so is ENOSPC: a limit on the size of files or an error made up in Python would not be the same.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

_DISKS = "WATCHGLASS_SMALL_DISKS"
_SCRIPT = """
for disk in $WATCHGLASS_SMALL_DISKS; do mount -t tmpfs -o "size=${disk%%:*},mode=700" watchglass "${disk#*:}" || exit 99; done
exec "$@"
"""
_NOT_MOUNTED = 99


def here() -> list[Path]:
    """The disks that this process was started with, by `run_with`; none outside."""
    return [Path(disk.partition(":")[2]) for disk in os.environ.get(_DISKS, "").split()]


def run_with(place: Path, sizes: Sequence[int], test: str) -> None:
    """Run one test (`tests/x/test_y.py::test_z`) in a process of its own, which sees empty disks of so many bytes in `place`.

    Nothing is left mounted, whatever ends it. Takes root, or a kernel that lets anybody make user namespaces; skips elsewhere.
    """
    mounted = {place / str(number): size for number, size in enumerate(sizes)}
    for path in mounted:
        path.mkdir()
    spaces = ["--mount"] if os.geteuid() == 0 else ["--user", "--map-root-user", "--mount"]
    pytest_again = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", test]
    ran = subprocess.run(
        ["unshare", *spaces, "sh", "-c", _SCRIPT, "sh", *pytest_again],
        env={**os.environ, _DISKS: " ".join(f"{size}:{path}" for path, size in mounted.items())},
        cwd=Path(__file__).resolve().parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode == _NOT_MOUNTED or ran.stderr.startswith("unshare:"):
        pytest.skip(f"no disk can be mounted here ({ran.stderr.strip()}): run as root")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "1 passed" in ran.stdout
