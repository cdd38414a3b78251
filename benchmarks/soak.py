"""`kill -9` at random moments of a small training: each run goes on until it ends, and is compared bit for bit.

    python -m benchmarks.soak --processes 40 --children 160 --seed 0
    | kind | kills | runs | starting | updates | writing | removing | adapter | done | lost at most | differences |
    | processes | 40 | 11 | 9 | 14 | 9 | 3 | 4 | 1 | 3 updates | 0 |
    soak: 200 kills in 44 runs, each ended as the one that nobody killed; 598 s

Killed is a whole `python -m lfine train`, or a child forked after the imports. The moment is drawn: so long after the
start, or so long after an update, a half-written checkpoint, a new one or the adapter is seen. Ends with 1 when
anything differs, was lost or is left over, and when the time is up before all kills.

*Not here:* the task and the comparison (soak_place.py); the moments one by one (tests/finetune/train/test_killed.py).
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tqdm import tqdm

from benchmarks.soak_place import (
    CADENCE,
    STEPS,
    Place,
    differences,
    done,
    finished,
    run_of,
    saved,
)
from lfine.runs import read_run

STAGES = ("starting", "updates", "writing", "removing", "adapter", "done")
"""What a process was doing when it was killed, as its files tell."""
DRAWN = {"starting": 3, "updates": 4, "writing": 3, "removing": 4, "adapter": 2}
"""Weights with which the stage of a moment is drawn."""
LONGEST = {"updates": 0.06, "writing": 0.012, "removing": 0.004, "adapter": 0.012}
"""Seconds after the sight of it in which the kill falls."""
IN_ONE_RUN = 8
"""Kills of one run, at most."""
FURTHER = 6
"""Updates that a process may get on before it is killed, at most."""
POLL = 0.0005
ENVIRONMENT = {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}


@dataclass(frozen=True)
class Moment:
    """When a process is killed."""

    stage: str
    after: int
    """Updates done before it counts."""
    wait: float
    """Seconds from the sight of the stage; from the start for `starting`."""


@dataclass
class Tally:
    """What became of one kind of processes."""

    kills: int = 0
    runs: int = 0
    stages: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    """Most updates that had to be done again after a kill."""
    found: list[str] = field(default_factory=list)
    """Differences."""

    def row(self, kind: str) -> str:
        stages = " | ".join(str(self.stages[stage]) for stage in STAGES)
        return f"| {kind} | {self.kills} | {self.runs} | {stages} | {self.lost} updates | {len(self.found)} |"


class TimeUpError(Exception):
    """The bound in time is reached."""


Start = Callable[[Place, list[str]], int]
"""Start a training with these words; return the process's number."""


def start_process(place: Place, words: list[str]) -> int:
    """Start `python -m lfine`, its output in a file."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    actions = [(os.POSIX_SPAWN_OPEN, 1, str(place.output), flags, 0o644), (os.POSIX_SPAWN_DUP2, 1, 2)]
    return os.posix_spawn(sys.executable, [sys.executable, "-m", "lfine", *words], os.environ, file_actions=actions)


def start_child(place: Place, words: list[str]) -> int:
    """Fork; the child has everything imported, and nothing was computed before."""

    def train() -> int:
        from lfine.cli.main import main

        said = os.open(place.output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(said, 1)
        os.dup2(said, 2)
        return main(words)

    return in_child(train)


def in_child(work: Callable[[], int]) -> int:
    """Fork, do some work there and end with its exit code; return the child's number."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        code = work()
    except BaseException:  # noqa: BLE001 (nothing may come back into the parent's code from here)
        traceback.print_exc()
    finally:
        os._exit(code)


def draw(chance: random.Random, at: int, start: float) -> Moment:
    """Draw when to kill a process that goes on after `at` updates and takes `start` seconds to begin."""
    stage = chance.choices(list(DRAWN), list(DRAWN.values()))[0]
    if stage == "starting":
        return Moment(stage, 0, chance.uniform(0, start))
    after = STEPS if stage == "adapter" else min(at + chance.randint(1, FURTHER), STEPS)
    return Moment(stage, after, chance.uniform(0, LONGEST[stage]))


def log_number(run: Path | None) -> int:
    """Return the inode of log.jsonl, which every process writes anew before its first update; 0: there is none."""
    try:
        return 0 if run is None else (run / "log.jsonl").stat().st_ino
    except FileNotFoundError:
        return 0


def seen(run: Path | None, moment: Moment, log: int) -> bool:
    """Tell whether a process has come to a moment's stage; `log` is what log_number was before it started."""
    if moment.stage == "starting":
        return True
    if run is None or log_number(run) == log:
        return False
    if moment.stage == "removing":  # too short to be seen: it follows the name of a new checkpoint
        return any(int(path.name[5:]) >= moment.after for path in run.glob("checkpoints/step-*"))
    if done(run) < moment.after:
        return False
    if moment.stage == "adapter":
        return any(run.glob("*adapter*"))
    return moment.stage == "updates" or any(run.glob("checkpoints/.writing-*"))


def stage_of(run: Path | None, log: int) -> str:
    """Tell from the files what a killed process was doing; `log` is what log_number was before it started."""
    if run is None or log_number(run) == log:
        return "starting"
    for stage, sight in (("writing", "checkpoints/.writing-*"), ("removing", "checkpoints/.removing-*")):
        if any(run.glob(sight)):
            return stage
    if any(run.glob(".adapter-*")):
        return "adapter"
    return "done" if (run / "adapter").is_dir() else "updates"


def attempt(place: Place, runs: Path, start: Start, moment: Moment | None, deadline: float) -> int:
    """Train, resumed where there is a run; kill at the moment. Return the exit code; -9: killed."""
    log, sight = log_number(run_of(runs)), None
    pid = start(place, place.words(runs, resume=run_of(runs) is not None))
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        now = time.monotonic()
        if sight is None and moment is not None and seen(run_of(runs), moment, log):
            sight = now
        if now > deadline or (sight is not None and moment is not None and now - sight >= moment.wait):
            os.kill(pid, signal.SIGKILL)
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            if now > deadline:
                raise TimeUpError
            return code
        time.sleep(POLL)


@dataclass
class Soak:
    """One place, one chance, one reference, one bound in time."""

    place: Place
    reference: Path
    chance: random.Random
    deadline: float
    bar: tqdm[Any]

    def kind(self, start: Start, kills: int, seconds: float) -> Tally:
        """Kill processes of one kind so many times; `seconds` is what one takes before its first update."""
        tally = Tally()
        while tally.kills < kills:
            with tempfile.TemporaryDirectory(dir=self.place.folder, prefix="runs-") as folder:
                wanted = min(self.chance.randint(1, IN_ONE_RUN), kills - tally.kills)
                try:
                    self.run(Path(folder), start, tally, kills=wanted, seconds=seconds)
                except TimeUpError:
                    tally.found.append(f"the time is up after {tally.kills} of {kills} kills")
                    break
        return tally

    def run(self, runs: Path, start: Start, tally: Tally, *, kills: int, seconds: float) -> None:
        """Train once, killed up to so many times on the way, and compare the end."""
        tally.runs += 1
        while not finished(run_of(runs)):
            before = run_of(runs)
            log, moment = log_number(before), None
            if kills:
                moment = draw(self.chance, 0 if before is None else saved(before), seconds)
            code = attempt(self.place, runs, start, moment, self.deadline)
            if code == -signal.SIGKILL:
                kills -= 1
                self.note(run_of(runs), log, tally)
            elif code:
                tally.found.append(f"exit code {code}: {self.place.output.read_text(encoding='utf-8')[-600:]}")
                return
        run = run_of(runs)
        if run is not None:
            tally.found += differences(run, self.reference)

    def note(self, run: Path | None, log: int, tally: Tally) -> None:
        """Note where a kill fell, and what it cost."""
        tally.kills += 1
        self.bar.update()
        tally.stages[stage_of(run, log)] += 1
        lost = 0 if run is None else done(run) - saved(run)
        tally.lost = max(tally.lost, lost)
        if lost > CADENCE:
            tally.found.append(f"{lost} updates lost, and a checkpoint is written every {CADENCE}")


def untouched(place: Place, runs: Path, start: Start, deadline: float) -> tuple[Path, float]:
    """Train without a kill; return the run and the seconds before its first update."""
    began = time.time()
    code = attempt(place, runs, start, None, deadline)
    run = run_of(runs)
    if code or run is None:
        raise SystemExit(f"training ended with {code}: {place.output.read_text(encoding='utf-8')}")
    ended = (run / "adapter" / "adapter_config.json").stat().st_mtime
    return run, max(0.1, ended - began - read_run(run).seconds)


def soak(folder: Path, arguments: argparse.Namespace) -> list[Tally]:
    """Kill, go on, compare; print a line of the table for each kind."""
    place, deadline = Place(folder), time.monotonic() + 60 * arguments.minutes
    if os.waitpid(in_child(place.make), 0)[1]:
        raise SystemExit("the training could not be set up")
    wanted = {"processes": (start_process, arguments.processes), "children": (start_child, arguments.children)}
    chance = random.Random(arguments.seed)  # noqa: S311 (moments, not secrets)
    print(f"| kind | kills | runs | {' | '.join(STAGES)} | lost at most | differences |\n|{'---|' * (len(STAGES) + 5)}")
    tallies, reference = [], None
    with tqdm(total=arguments.processes + arguments.children, unit="kill", file=sys.stderr) as bar:
        for kind, (start, kills) in wanted.items():
            run, seconds = untouched(place, folder / kind, start, deadline)
            reference = reference or run
            tally = Soak(place, reference, chance, deadline, bar).kind(start, kills, seconds)
            tally.found += differences(run, reference)
            tallies.append(tally)
            bar.clear()
            print(tally.row(kind), flush=True)
    return tallies


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", type=int, default=40, help="kills of whole processes (default: 40)")
    parser.add_argument("--children", type=int, default=160, help="kills of forked children (default: 160)")
    parser.add_argument("--seed", type=int, default=0, help="of the moments (default: 0)")
    parser.add_argument("--minutes", type=float, default=40, help="the bound in time (default: 40)")
    arguments = parser.parse_args()
    os.environ.update(ENVIRONMENT)
    import torch

    import lfine.training  # noqa: F401 (what the children need not import)
    from lfine.cli.quiet import quiet_libraries

    quiet_libraries()
    torch.set_num_threads(1)  # as the processes have it: torch read the environment before it was set here

    tqdm.monitor_interval = 0  # its thread would be in the way of forking
    began, folder = time.monotonic(), Path(tempfile.mkdtemp(prefix="lfine-soak-"))
    os.environ["LFINE_CACHE"] = str(folder / "cache")
    try:
        tallies = soak(folder, arguments)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    kills, runs = sum(tally.kills for tally in tallies), sum(tally.runs for tally in tallies)
    found = [each for tally in tallies for each in tally.found]
    for each, times in Counter(found).items():
        print(f"{times} x {each}")
    verdict = f"{len(found)} differences" if found else "each ended as the one that nobody killed"
    print(f"soak: {kills} kills in {runs} runs, {verdict}; {time.monotonic() - began:.0f} s")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
