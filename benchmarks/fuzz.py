"""Feed every reader of bytes with damaged and hostile ones, and see that nothing but documented errors comes out.

    python -m benchmarks.fuzz [--seconds S] [--jobs J] [--only TARGET ...] [--out FILE]

The time is divided among the targets (benchmarks/fuzz_targets.py); each has a process of its own. They are guided by
coverage with atheris (https://github.com/google/atheris, Apache-2.0), libFuzzer for Python, which is installed into build/fuzz
for this alone: nothing of it is in the product or its environment. Where it can't be had, seeds are changed at random, and
this says so. Inputs that reached something new stay in build/fuzz/corpus and are the next run's beginning.

An exception that the reader does not document, an input that takes more than 10 s, and more than 2 GiB of memory are
findings: the input is kept in build/fuzz/findings, what is printed tells how to feed it again, and the exit code is 1.
"""

import argparse
import concurrent.futures
import dataclasses
import json
import math
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import fuzz_worker
from benchmarks.fuzz_targets import Target, named
from benchmarks.peers import NotToBeHadError
from benchmarks.table import Row
from watchglass.cli.progress import Report, reporting

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "build" / "fuzz"
ATHERIS = "atheris==3.0.0"

_PATIENCE = 600.0  # seconds for an installation
_OVER = 60.0  # seconds over its time after which a target that does not end is ended


@dataclasses.dataclass(frozen=True, slots=True)
class Result:
    """What came of one target. `coverage` counts what was reached in the code, `corpus` inputs that each reached something
    that the others did not; None where nobody counted. `findings` are files, `words` the last ones about them.
    """

    target: str
    seconds: float
    executions: int
    coverage: int | None = None
    corpus: int | None = None
    findings: Sequence[str] = ()
    words: str = ""

    def row(self) -> Row:
        """As a row of a table."""
        reached = "coverage unknown" if self.coverage is None else f"coverage {self.coverage}, corpus {self.corpus}"
        what = f"{self.target}: {self.executions:,} inputs in {self.seconds:.0f} s, {reached}"
        return Row(what, f"{len(self.findings)} findings", "0", not self.findings)


def atheris(tell: Report) -> Path:
    """A folder from which atheris can be imported, installed first if need be: wheels only. NotToBeHadError."""
    folder = FOLDER / ATHERIS.replace("==", "-")
    stamp = folder / "installed"
    if stamp.exists():
        return folder
    tell(f"Installing {ATHERIS} on its own", 0, 1)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    command += ["--no-deps", "--only-binary", ":all:", "--upgrade", "--target", str(folder), ATHERIS]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotToBeHadError(f"{ATHERIS} could not be installed: {error}") from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["pip did not say why"])[-1]
        raise NotToBeHadError(f"{ATHERIS} could not be installed: {last}")
    stamp.touch()
    return folder


def fuzz(target: Target, seconds: float, guide: Path | None, folder: Path = FOLDER) -> Result:
    """Feed one target for so long, guided by the atheris in `guide` if there is one."""
    corpus, findings = folder / "corpus" / target.name, folder / "findings" / target.name
    corpus.mkdir(parents=True, exist_ok=True)
    findings.mkdir(parents=True, exist_ok=True)
    before = set(findings.iterdir())
    command = [sys.executable, "-m", "benchmarks.fuzz_worker", target.name]
    if guide is None:
        command += ["--mutate", str(seconds), "--keep", str(findings)]
    else:
        command += ["--atheris", f"-max_total_time={max(1, round(seconds))}", f"-artifact_prefix={findings}/"]
        command += [f"-timeout={fuzz_worker.LONGEST_INPUT:.0f}", f"-rss_limit_mb={fuzz_worker.MOST_MEMORY >> 20}"]
        command += ["-report_slow_units=3600", "-print_final_stats=1", str(corpus)]
    path = os.pathsep.join([str(ROOT), *([str(guide)] if guide else [])])
    log = findings.parent / f"{target.name}.log"
    with log.open("wb") as words:
        try:
            code = subprocess.run(
                command,
                stdout=words,
                stderr=words,
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": path},
                timeout=seconds + _OVER,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            code = -1
    said = log.read_text(encoding="utf-8", errors="replace")
    new = sorted(str(path) for path in set(findings.iterdir()) - before)
    if code and not new:  # it ended in a way that left no input: that is one as well
        new = [str(log)]
    return _result(target, seconds, said, new)


def _result(target: Target, seconds: float, said: str, findings: Sequence[str]) -> Result:
    """From what a worker, or libFuzzer in it, wrote."""
    executions = re.findall(r"stat::number_of_executed_units: +(\d+)", said)
    reached = re.findall(r"cov: (\d+) ft: \d+ corp: (\d+)/", said)
    coverage, corpus = (int(reached[-1][0]), int(reached[-1][1])) if reached else (None, None)
    words = "\n".join(said.splitlines()[-25:]) if findings else ""
    return Result(target.name, seconds, int(executions[-1]) if executions else 0, coverage, corpus, findings, words)


def run(targets: Sequence[Target], seconds: float, jobs: int, tell: Report) -> tuple[list[Result], str]:
    """Feed all of them, so that it takes `seconds` in all; and how they were fed, as a sentence."""
    try:
        guide, how = atheris(tell), f"Guided by coverage, with {ATHERIS}."
    except NotToBeHadError as error:
        guide, how = None, f"Changed at random, not guided by coverage: {error}"
    each = seconds / math.ceil(len(targets) / jobs)
    results = []
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for result in pool.map(lambda target: fuzz(target, each, guide), targets):
            results.append(result)
            tell("feeding damaged bytes", len(results), len(targets))
    return results, how


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--jobs", type=int, default=1, help="targets that are fed at the same time")
    parser.add_argument("--only", nargs="+", default=[], metavar="TARGET")
    parser.add_argument("--out", type=Path, help="a JSON file for the results")
    options = parser.parse_args()
    with reporting() as tell:
        results, how = run(named(options.only), options.seconds, options.jobs, tell)
    print(how)
    for result in results:
        row = result.row()
        print(f"{row.what}: {row.figure}")
        for finding in result.findings:
            print(
                f"  {result.words}\n  again: {sys.executable} -m benchmarks.fuzz_worker {result.target} --input {finding}"
            )
    if options.out:
        options.out.write_text(json.dumps([dataclasses.asdict(result) for result in results], indent=1) + "\n")
    sys.exit(any(result.findings for result in results))


if __name__ == "__main__":
    main()
