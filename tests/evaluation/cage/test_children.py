"""Asking a process: its answers, and every way in which none comes."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from lfine.evaluation.cage.children import LONGEST, Child, NoAnswerError

ECHO = "import json, sys\nfor line in sys.stdin:\n    print(json.dumps({'got': json.loads(line)}), flush=True)\n"


def child(text: str, *, longest: int = LONGEST) -> Child:
    return Child([sys.executable, "-c", text], longest=longest)


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_every_question_gets_its_answer() -> None:
    asked = child(ECHO)
    try:
        assert [asked.ask({"n": n}, seconds=30) for n in (1, 2)] == [{"got": {"n": 1}}, {"got": {"n": 2}}]
    finally:
        asked.close()
    assert not is_there(asked.pid)


def test_a_question_of_megabytes_is_read() -> None:
    asked = child(ECHO)
    try:
        assert asked.ask({"text": "x" * 3_000_000}, seconds=60) == {"got": {"text": "x" * 3_000_000}}
    finally:
        asked.close()


def test_one_that_waits_is_stopped() -> None:
    asked = child("import time\ntime.sleep(600)\n")
    with pytest.raises(NoAnswerError, match=r"no answer within 0\.4 s") as caught:
        asked.ask({}, seconds=0.4)
    assert caught.value.slow
    assert not is_there(asked.pid)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "ended with exit code 0"),
        ("raise SystemExit(3)", "ended with exit code 3"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)", "ended by SIGSEGV"),
        ("print('no record', flush=True)\ninput()\ninput()", "an answer that is no record"),
        ("print('[1]', flush=True)\ninput()\ninput()", "an answer that is no record"),
        (
            "import sys\nsys.stdin.readline()\nwhile True:\n    print('x' * 100_000, end='')",
            "an answer that is too long",
        ),
    ],
)
def test_what_is_no_answer_has_a_reason(text: str, reason: str) -> None:
    asked = child(text, longest=1000)
    with pytest.raises(NoAnswerError, match=reason) as caught:
        asked.ask({"text": "x" * 200_000}, seconds=60)  # more than a pipe holds: it is not read either
    assert not caught.value.slow
    assert not is_there(asked.pid)


def test_what_it_has_started_ends_with_it(tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    text = (
        "import subprocess, sys, time\n"
        "other = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(noted)!r}, 'w').write(str(other.pid))\nprint('{{}}', flush=True)\ntime.sleep(600)\n"
    )
    asked = child(text)
    asked.ask({}, seconds=60)
    asked.close()
    pid = int(noted.read_text())
    for _ in range(100):  # an orphan is a zombie until init has seen it
        state = Path(f"/proc/{pid}/stat")
        if not is_there(pid) or (state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z"):
            return
        time.sleep(0.05)
    raise AssertionError("the process that it started goes on")


def test_it_lives_in_an_empty_folder_without_environment() -> None:
    text = "import json, os\nprint(json.dumps({'files': os.listdir(), 'names': sorted(os.environ), 'at': os.getcwd()}))"
    asked = Child([sys.executable, "-I", "-c", text], environment={"ONE": "1"})
    try:
        found = asked.ask({}, seconds=30)
    finally:
        asked.close()
    assert found["files"] == []
    assert set(found["names"]) <= {"ONE", "LC_CTYPE", "SYSTEMROOT"}  # Python adds the second in the C locale
    assert not Path(found["at"]).exists()
