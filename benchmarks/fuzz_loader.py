"""Fuzzing the loader and the validator with atheris (coverage-guided): no input may give a traceback or take over 2 s.

    pip install atheris                                # CPython 3.11 to 3.13 on Linux
    python benchmarks/fuzz_loader.py --seconds 60
    python benchmarks/fuzz_loader.py --huge            # the largest inputs of tests/schemas/test_fuzz.py, timed

The input is one task file, or two that extend each other where it holds a null character between them.

*Not here:* what must be said about which input (tests/schemas).
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

LIMIT = 2.0
"""Seconds that one input may take."""
ROOT = Path(__file__).parents[1]


def checked(folder: Path) -> Callable[[bytes], None]:
    """Return what checks one input, files written into `folder`."""
    from lfine.schemas.fixing import fix_text, with_fixes
    from lfine.schemas.loading import check_text
    from lfine.schemas.rendering import problems_json, problems_text

    def check(raw: bytes) -> None:
        upper, _, lower = raw.partition(b"\0")
        text = upper.decode("utf-8", errors="replace")
        (folder / "_base.yaml").write_bytes(lower)
        begin = time.perf_counter()
        loaded, problems = check_text(text, folder / "task.yaml")
        took = time.perf_counter() - begin
        if took > LIMIT:
            raise TimeoutError(f"{took:.1f} s")
        if (loaded is None) != any(problem.severity == "error" for problem in problems):
            raise ValueError("a task with errors, or none without")
        problems_text(problems), problems_json(1, problems), with_fixes(problems, text, str(folder / "task.yaml"))
        if len(problems) < 5 and len(text) < 2000:
            fix_text(text, str(folder / "task.yaml"))

    return check


def fuzz(folder: Path, seconds: int) -> None:
    """Run atheris on inputs grown from the task files of the repository."""
    import atheris  # type: ignore[import-untyped]  # it has no stubs, and is no dependency

    with atheris.instrument_imports(include=["lfine.schemas"]):
        check = checked(folder)
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, file in enumerate(sorted((ROOT / "task_configs").glob("*.yaml"))):
        (corpus / str(number)).write_bytes(file.read_bytes())
        (corpus / f"{number}-two").write_bytes(b"extends: _base.yaml\ntrainer: {seed: 1}\n\0" + file.read_bytes())
    flags = [f"-max_total_time={seconds}", "-max_len=4096", "-timeout=10", f"-artifact_prefix={folder}/"]
    atheris.Setup([sys.argv[0], *flags, str(corpus)], check)
    atheris.Fuzz()


def time_huge(folder: Path) -> None:
    """Print how long each of the largest inputs takes."""
    spec = importlib.util.spec_from_file_location("test_fuzz", ROOT / "tests" / "schemas" / "test_fuzz.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError("tests/schemas/test_fuzz.py")
    tests = importlib.util.module_from_spec(spec)
    sys.modules["test_fuzz"] = tests
    spec.loader.exec_module(tests)
    check = checked(folder)
    for name, text in tests.HUGE.items():
        begin = time.perf_counter()
        check(text.encode()[: tests.MAX_BYTES])
        print(f"{time.perf_counter() - begin:6.2f} s  {name}")


def main() -> None:
    parser = argparse.ArgumentParser(description="fuzz the loader of task files")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--huge", action="store_true", help="time the largest inputs instead")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        if arguments.huge:
            time_huge(Path(name))
        else:
            fuzz(Path(name), arguments.seconds)


if __name__ == "__main__":
    main()
