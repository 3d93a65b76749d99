"""One target of `benchmarks/fuzz_targets.py`, fed by itself: what `benchmarks/fuzz.py` starts as a process.

    python -m benchmarks.fuzz_worker TARGET --input FILE             once, with what a finding left
    python -m benchmarks.fuzz_worker TARGET --mutate SECONDS --keep FOLDER    without knowing what is reached
    python -m benchmarks.fuzz_worker TARGET --atheris OPTION ...     guided by coverage; libFuzzer's options

The imports are made here and not at the top: atheris counts what is reached in modules that are imported under its eyes.
"""

import argparse
import contextlib
import faulthandler
import hashlib
import importlib
import random
import resource
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

MOST_MEMORY = 2 << 30  # bytes of address space over what is there at the beginning
LONGEST_INPUT = 10.0  # seconds that one input may take

_CHANGES = 6
_GROWTH = 64  # bytes that one change adds at most


def changed(data: bytes, others: Sequence[bytes], dice: random.Random) -> bytes:
    """An input with some bytes changed, taken out, put in, or taken from another input."""
    made = bytearray(data)
    for _ in range(dice.randint(1, _CHANGES)):
        place = dice.randrange(len(made) + 1)
        match dice.randrange(5):
            case 0 if place < len(made):
                made[place] ^= 1 << dice.randrange(8)
            case 1:
                made[place : place + 1] = dice.choice((b"\0", b"\xff", b"\x7f", b"\x80", b"0", b"[", b'"', b"."))
            case 2:
                del made[place : place + dice.randint(1, _GROWTH)]
            case 3:
                made[place:place] = dice.randbytes(dice.randint(1, 8))
            case _:
                other = dice.choice(others)
                begin = dice.randrange(len(other) + 1)
                made[place:place] = other[begin : begin + dice.randint(1, _GROWTH)]
    return bytes(made)


def mutate(
    take: Callable[[bytes], None],
    seeds: Sequence[bytes],
    dice: random.Random,
    going_on: Callable[[int], bool],
    longest: int,
) -> tuple[int, bytes | None]:
    """Feed inputs that are made of `seeds` as long as `going_on(count)`. How many, and the one with which it broke."""
    count = 0
    while going_on(count):
        data = changed(dice.choice(seeds), seeds, dice)[:longest]
        count += 1
        try:
            take(data)
        except Exception:  # noqa: BLE001 - whatever comes out of a target is a finding
            traceback.print_exc()
            return count, data
    return count, None


def _mutate(target: Any, seconds: float, folder: Path) -> int:
    """As libFuzzer does it: what breaks is left in `folder`, numbers are on stderr."""
    resource.setrlimit(resource.RLIMIT_AS, (_address_space() + MOST_MEMORY, resource.RLIM_INFINITY))
    end = time.monotonic() + seconds

    def going_on(_: int) -> bool:
        faulthandler.dump_traceback_later(LONGEST_INPUT, exit=True)
        return time.monotonic() < end

    dice = random.Random()  # noqa: S311 - damage, no secrets
    count, broken = mutate(target.take, target.seeds(), dice, going_on, target.longest)
    faulthandler.cancel_dump_traceback_later()
    print(f"stat::number_of_executed_units: {count}", file=sys.stderr)
    if broken is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"crash-{hashlib.sha256(broken).hexdigest()[:16]}").write_bytes(broken)
    return int(broken is not None)


def _address_space() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target")
    parser.add_argument("--input", type=Path)
    parser.add_argument("--mutate", type=float)
    parser.add_argument("--keep", type=Path, default=Path())
    parser.add_argument("--atheris", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    atheris = importlib.import_module("atheris") if options.atheris is not None else None
    counted = (
        contextlib.nullcontext()
        if atheris is None
        else atheris.instrument_imports(include=["watchglass", "tomllib", "zipfile"])
    )
    with counted:
        (target,) = importlib.import_module("benchmarks.fuzz_targets").named([options.target])
    if atheris is not None:
        corpus = Path(options.atheris[-1])
        for seed in target.seeds():
            (corpus / hashlib.sha256(seed).hexdigest()[:40]).write_bytes(seed)
        atheris.Setup([sys.argv[0], f"-max_len={target.longest}", *options.atheris], target.take)
        atheris.Fuzz()
    elif options.input is not None:
        target.take(options.input.read_bytes())
    else:
        sys.exit(_mutate(target, options.mutate, options.keep))


if __name__ == "__main__":
    main()
