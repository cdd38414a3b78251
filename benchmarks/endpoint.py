"""Remote models: how much the client adds to an endpoint's own time, what becomes of failures, and what a kill costs.

    python -m benchmarks.endpoint              all three parts, some minutes; prints one row each for results.csv
    python -m benchmarks.endpoint speed        1,000 requests, 128 at once, to a server that answers in 1 s (ideal: 8 s)
    python -m benchmarks.endpoint failures     1,000 questions to servers that fail in every way
    python -m benchmarks.endpoint kills        kill -9 at 50 random moments; no answer that had arrived is asked again

The server is a process of its own on 127.0.0.1. What is measured is lfine's own asker with its file of answers, from
the first request to the last answer on disk; importing the libraries and scoring are left out.

*Not here:* keeping figures (benchmarks/results.csv): the rows are printed.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import hashlib
import json
import math
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.endpoint_server import BAD, ERRORS
from lfine import __version__
from lfine.finetune.catalogue.chat import Message
from lfine.finetune.compile.plan import GenerationPlan
from lfine.finetune.generate.endpoint import Asker, Outcome, Pace
from lfine.finetune.generate.endpoint_address import Key, address_of
from lfine.finetune.generate.endpoint_answers import Answer, AnswerFile
from lfine.finetune.generate.endpoint_failures import Barred
from lfine.finetune.generate.endpoint_requests import Form, Question, Request, requests_of

ROOT = Path(__file__).parent.parent
PLAN = GenerationPlan(12, 0.0, None, None, None, 1.0, (), 42, None, None, 1)
QUICK = Pace(concurrency=32, timeout=5, retries=3, patience=8, first_wait=0.05, longest_wait=0.5)
"""The waits of the failing parts, scaled down."""
Figures = dict[str, Any]


@contextmanager
def server(*words: str) -> Iterator[str]:
    """Run a server in a process of its own; give its URL."""
    command = [sys.executable, "-m", "benchmarks.endpoint_server", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        port = "" if process.stdout is None else process.stdout.readline().strip()
        if not port:
            raise SystemExit("the server did not start")
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.kill()
        process.communicate()


def counts(url: str) -> Figures:
    """Return what a server was asked and has answered, by the hash of the body."""
    with urllib.request.urlopen(f"{url}/counts", timeout=30) as reply:  # noqa: S310 (127.0.0.1)
        found: Figures = json.load(reply)
    return found


def requests_to(url: str, count: int) -> tuple[Form, list[Request]]:
    form = Form("chat", address_of(url), "model", PLAN)
    words = (Question(row, (Message("user", f"Classify the question: number {row}"),)) for row in range(count))
    return form, requests_of(words, form)


def ask(form: Form, requests: Sequence[Request], pace: Pace, path: Path) -> tuple[dict[str, Outcome], Barred | None]:
    """Ask what the file has no answer to."""
    with AnswerFile(path) as file:
        kept = file.read([request.key for request in requests])
        asker = Asker(form, Key("sk-benchmark-key", "OPENAI_API_KEY"), pace, file)
        try:
            missing = [request for request in requests if request.key not in kept]
            asyncio.run(asker.ask(missing, lambda *_: None))
        except Barred as barred:
            return {**kept, **asker.outcomes}, barred
    return {**kept, **asker.outcomes}, None


def warm_up(folder: Path) -> None:
    """Ask another server one question: the client's libraries are loaded with the first."""
    with server() as url:
        form, requests = requests_to(url, 1)
        ask(form, requests, QUICK, folder / "warm.jsonl")


def speed(folder: Path, *, count: int = 1000, at_once: int = 128, seconds: float = 1.0) -> Figures:
    """Return wall time beside the ideal, and the client's processor time for one request."""
    warm_up(folder)
    with server("--delay", str(seconds)) as url:
        form, requests = requests_to(url, count)
        used, began = _processor(), time.perf_counter()
        outcomes, _ = ask(form, requests, Pace(concurrency=at_once), folder / "speed.jsonl")
        wall, used = time.perf_counter() - began, _processor() - used
        most = counts(url)["most_at_once"]
    ideal = math.ceil(count / at_once) * seconds
    answered = sum(isinstance(outcome, Answer) for outcome in outcomes.values())
    return {
        "answered": f"{answered} of {count}",
        "seconds": round(wall, 2),
        "ideal": ideal,
        "times the ideal": round(wall / ideal, 3),
        "most at once": most,
        "client's processor time for a request, ms": round(1000 * used / count, 2),
    }


def _processor() -> float:
    spent = resource.getrusage(resource.RUSAGE_SELF)
    return spent.ru_utime + spent.ru_stime


def failures(folder: Path, *, count: int = 1000, pace: Pace = QUICK) -> Figures:
    """Return what became of every question: of a server that mixes all failures, and of one for each way."""
    found: Figures = {}
    for how in ("mix", *BAD, *(way for way in ERRORS if way not in BAD), "every wait"):
        words = ("--behave", "busy", "--retry-after", "1") if how == "every wait" else ("--behave", how)
        with server(*words) as url:
            form, requests = requests_to(url, count)
            began = time.perf_counter()
            outcomes, barred = ask(form, requests, pace, folder / f"{how}.jsonl")
            on_disk = AnswerFile(folder / f"{how}.jsonl").read(list(outcomes))
        answers = {key: each for key, each in outcomes.items() if isinstance(each, Answer)}
        failed, left = len(outcomes) - len(answers), count - len(outcomes)
        if on_disk != answers or (left and barred is None):
            raise SystemExit(
                f"{how}: {len(on_disk)} of {len(answers)} answers on disk, {left} questions unaccounted for"
            )
        stop = "" if barred is None else f", then stopped: {barred.code}"
        seconds = time.perf_counter() - began
        found[how] = f"{len(answers)} answered, {failed} failed with a reason, {left} not begun{stop} ({seconds:.1f} s)"
        print(f"  {how}: {found[how]}", file=sys.stderr)
    return found


def kills(folder: Path, *, times: int = 50, count: int = 2000, seed: int = 1) -> Figures:
    """Return what was asked twice when the client is killed at random moments after its first request."""
    draw, path = random.Random(seed), folder / "kills.jsonl"  # noqa: S311 (the same moments in every run)
    pace = replace(QUICK, concurrency=8, timeout=60)
    killed, under_way, repeated, unread = 0, 0, 0, list[float]()
    warm_up(folder)
    with server("--delay", "0.1") as url:
        form, requests = requests_to(url, count)
        bodies = {request.key: _server_key(request) for request in requests}
        arrived: set[str] = set()
        asked: dict[str, int] = {}
        for _ in range(times):
            since = time.time()
            until = _killed(form, requests, pace, path, url, seconds=draw.uniform(0.0, 0.7))
            now = counts(url)
            sent = {body for body, often in now["asked"].items() if often > asked.get(body, 0)}
            repeated += len(sent & arrived)
            arrived = {bodies[key] for key in AnswerFile(path).read(list(bodies))}
            killed += bool(sent - arrived)
            under_way += len(sent - arrived)
            unread += [
                until - at for body, at in now["answered"].items() if body not in arrived and since <= at <= until
            ]
            asked = now["asked"]
        outcomes, _ = ask(form, requests, pace, path)
        after = counts(url)["asked"]
        repeated += sum(after[body] > asked[body] for body in arrived)
    return {
        "kills": f"{times}, {killed} of them with requests under way",
        "answered": f"{sum(isinstance(each, Answer) for each in outcomes.values())} of {count}",
        "requests": sum(after.values()),
        "asked again though the answer had arrived": repeated,
        "under way when killed, and asked again": under_way,
        "of these sent in full by the server": f"{len(unread)}, at most {1000 * max(unread, default=0):.0f} ms before",
    }


def _server_key(request: Request) -> str:
    return hashlib.sha256(json.dumps(dict(request.body), sort_keys=True).encode()).hexdigest()


def _killed(form: Form, requests: Sequence[Request], pace: Pace, path: Path, url: str, *, seconds: float) -> float:
    """Ask in a process of its own, kill it so many seconds after its first request, and return when that was."""
    before = sum(counts(url)["asked"].values())
    child = os.fork()
    if child == 0:
        try:
            ask(form, requests, pace, path)
        finally:
            os._exit(0)
    while sum(counts(url)["asked"].values()) == before:
        if os.waitpid(child, os.WNOHANG)[0]:
            raise SystemExit("a client ended before it had asked anything: more questions than that are needed")
        time.sleep(0.005)
    time.sleep(seconds)
    moment = time.time()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return moment


PARTS = {"speed": speed, "failures": failures, "kills": kills}


def main() -> None:
    parser = argparse.ArgumentParser(description="the figures of remote models, as rows of results.csv")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="speed, failures, kills (default: all)")
    parser.add_argument("--hardware", default=f"{os.cpu_count()} cores")
    given = parser.parse_args()
    writer = csv.writer(sys.stdout)
    for name in given.parts or PARTS:
        with tempfile.TemporaryDirectory() as folder:
            figures = PARTS[name](Path(folder))  # type: ignore[operator] # each has defaults for all but the folder
        text = "; ".join(f"{key} {value}" for key, value in figures.items())
        command = f"python -m benchmarks.endpoint {name}"
        writer.writerow([f"{datetime.now(UTC):%Y-%m-%d}", __version__, given.hardware, command, text])


if __name__ == "__main__":
    main()
