"""The file of answers: nothing that was added is lost, whatever breaks off after it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from lfine.finetune.generate import endpoint_answers
from lfine.finetune.generate.endpoint_answers import Answer, AnswerFile

A, B, C = ("a" * 64, "b" * 64, "c" * 64)
FEE = Answer(A, "fee", "stop", 31, 2, 0, 0.82)


def add(path: Path, *answers: Answer) -> None:
    with AnswerFile(path) as file:
        for answer in answers:
            file.add(answer)


def test_what_was_added_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "below" / "answers.jsonl"
    odd = Answer(B, "Zürich\u2028\ud800\n\x00", None, None, None, None, 1.0)
    add(path, FEE)
    add(path, odd, Answer(C, None, "content_filter", 3, 0, None, 0.1))
    found = AnswerFile(path).read([A, B, "d" * 64])
    assert found == {A: FEE, B: odd}
    assert path.read_bytes().count(b"\n") == 3


def test_the_newest_answer_counts(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    add(path, FEE, replace(FEE, text="card"))
    assert AnswerFile(path).read([A])[A].text == "card"


def test_no_file_is_no_answer(tmp_path: Path) -> None:
    assert AnswerFile(tmp_path / "none.jsonl").read([A]) == {}
    with AnswerFile(tmp_path / "none.jsonl"):
        pass
    assert not (tmp_path / "none.jsonl").exists()


@pytest.mark.parametrize("cut", [1, 2, 40, 100])
def test_a_line_cut_short_is_passed_over_and_the_next_one_is_whole(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "answers.jsonl"
    add(path, FEE, replace(FEE, key=B))
    path.write_bytes(path.read_bytes()[:-cut])
    add(path, replace(FEE, key=C))
    whole = {A, C} if cut > 1 else {A, B, C}
    assert set(AnswerFile(path).read([A, B, C])) == whole


@pytest.mark.parametrize("line", [b"\n", b"{}\n", b'{"key": 7}\n', b"\xff\xfe\n", b'{"key": "' + b"b" * 64 + b'"}\n'])
def test_lines_that_are_no_answer_are_passed_over(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_bytes(line)
    add(path, FEE)
    assert AnswerFile(path).read([A, B]) == {A: FEE}


def test_lines_nobody_asks_for_are_not_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "answers.jsonl"
    add(path, FEE, replace(FEE, key=B), replace(FEE, key=C))
    parsed: list[bytes] = []
    whole = endpoint_answers._parsed

    def counting(line: bytes) -> Answer | None:
        parsed.append(line)
        return whole(line)

    monkeypatch.setattr(endpoint_answers, "_parsed", counting)
    assert set(AnswerFile(path).read([B])) == {B}
    assert len(parsed) == 1


def test_two_writers_of_one_file(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    keys = [f"{number:064x}" for number in range(200)]
    with AnswerFile(path) as one, AnswerFile(path) as other:
        for number, key in enumerate(keys):
            (one, other)[number % 2].add(replace(FEE, key=key))
    assert set(AnswerFile(path).read(keys)) == set(keys)


def test_a_full_disk_is_said_and_leaves_the_file_readable(tmp_path: Path) -> None:
    script = (
        "import resource, sys; from pathlib import Path\n"
        "from lfine.finetune.generate.endpoint_answers import Answer, AnswerFile\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (700, 700))\n"
        "with AnswerFile(Path(sys.argv[1])) as file:\n"
        "    for number in range(9): file.add(Answer(f'{number:064x}', 'fee', 'stop', 31, 2, 0, 0.8)); print(number)\n"
    )
    path = tmp_path / "answers.jsonl"
    done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True)
    kept = done.stdout.split()
    assert "OSError" in done.stderr
    assert 0 < len(kept) < 9
    add(path, FEE)
    assert len(AnswerFile(path).read([f"{number:064x}" for number in range(9)])) == len(kept)
    assert AnswerFile(path).read([A]) == {A: FEE}


def test_a_killed_process_loses_nothing_that_it_had_added(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from lfine.finetune.generate.endpoint_answers import Answer, AnswerFile\n"
        "with AnswerFile(Path(sys.argv[1])) as file:\n"
        "    for number in range(10**6):\n"
        "        file.add(Answer(f'{number:064x}', 'fee', 'stop', 31, 2, 0, 0.8)); print(number, flush=True)\n"
    )
    path = tmp_path / "answers.jsonl"
    process = subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for _ in range(50):
        process.stdout.readline()
    os.kill(process.pid, signal.SIGKILL)
    told = 50 + len(process.stdout.read().splitlines())
    process.wait()
    process.stdout.close()
    assert len(AnswerFile(path).read([f"{number:064x}" for number in range(told)])) == told


def test_the_disk_is_made_to_hold_what_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr("lfine.finetune.generate.endpoint_answers.os.fsync", synced.append)
    with AnswerFile(tmp_path / "answers.jsonl") as file:
        file.sync()
        assert synced == []
        for _ in range(3):
            file.add(FEE)
        file.sync()
        file.sync()
        assert len(synced) == 1
        file.add(FEE)
    assert len(synced) == 2


def test_the_lines_are_plain_json(tmp_path: Path) -> None:
    add(tmp_path / "answers.jsonl", FEE)
    assert json.loads((tmp_path / "answers.jsonl").read_text("ascii")) == {
        "key": A,
        "text": "fee",
        "finish_reason": "stop",
        "prompt_tokens": 31,
        "completion_tokens": 2,
        "cached_tokens": 0,
        "seconds": 0.82,
    }
