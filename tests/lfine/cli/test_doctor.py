"""`lfine doctor`: the JSON document, the text, the exit code, and that it runs where nothing else would."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lfine.cli.doctor import text
from lfine.doctor import examining
from lfine.doctor.findings import Examination, Finding
from lfine.schemas.records import from_json
from tests.lfine.projects import lfine

FINDINGS = (
    Finding("lfine", "lfine", "ok", "0.1.0", "0.1.0"),
    Finding("lfine", "plain install", "ok", value=True, said="9 libraries"),
    Finding("extras", "train", "missing", value=False, said="not installed: torch", cure="pip install 'lfine[train]'"),
    Finding("extras", "all", "missing", value=False, said="not installed: torch", cure="pip install 'lfine[train]'"),
    Finding("libraries", "jinja2", "ok", "3.1.6", "3.1.6"),
    Finding("libraries", "numpy", "ok", "2.4.6", "2.4.6"),
    Finding("libraries", "wandb", "note", None, "not installed; for trainer.trackers: [wandb]", "pip install wandb"),
)
GOLDEN = """\
lfine
  ok       lfine          0.1.0
  ok       plain install  9 libraries

extras
  missing  train          not installed: torch  → pip install 'lfine[train]'
  missing  all            not installed: torch  → pip install 'lfine[train]'

libraries
  ok       installed      jinja2 3.1.6, numpy 2.4.6
  note     wandb          not installed; for trainer.trackers: [wandb]
                          → pip install wandb

to mend:
  pip install 'lfine[train]'"""


@pytest.fixture
def findings(monkeypatch: pytest.MonkeyPatch) -> list[Finding]:
    """What the examination will find."""
    found = list(FINDINGS)
    monkeypatch.setattr(
        examining, "examine", lambda: Examination(not any(each.mark == "broken" for each in found), tuple(found))
    )
    return found


def test_the_text_the_document_and_the_exit_code(findings: list[Finding], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "84")
    ended = lfine("doctor")
    assert (ended.code, ended.out, ended.err) == (0, GOLDEN + "\n", "")
    document = lfine("doctor", "--format", "json")
    assert (document.code, document.err) == (0, "")
    assert from_json(Examination, document.json()) == Examination(True, FINDINGS)
    assert list(document.json()["findings"][0]) == ["section", "name", "mark", "value", "said", "cure"]
    findings.append(Finding("lfine", "Python", "broken", "3.9", "3.9", "install a newer Python"))
    ended = lfine("doctor")
    assert ended.code == 3
    assert ended.out.endswith("to mend:\n  pip install 'lfine[train]'\n  install a newer Python\n")
    document = lfine("doctor", "--format", "json")
    assert (document.code, document.json()["healthy"]) == (3, False)


def test_nothing_to_mend() -> None:
    said = text(Examination(True, FINDINGS[:2]), width=80)
    assert said.endswith("nothing is broken; a note is something that a task may need, or good to know")


def test_a_narrow_terminal_still_has_lines() -> None:
    lines = text(Examination(True, FINDINGS), width=20).splitlines()
    assert max(map(len, lines)) <= 120
    assert "not installed: torch" in " ".join(" ".join(lines).split())


def test_of_this_machine(tmp_path: Path) -> None:
    ended = lfine("doctor")
    assert ended.code == 0
    assert str(Path.home()) + "/" not in ended.out or Path.home() == Path("/")
    for word in ("processor", "memory", "torch ", "smollm2-135m-instruct", "LFINE_CACHE", "HF_HUB_OFFLINE"):
        assert word in ended.out
    assert list(tmp_path.iterdir()) == []


def test_it_runs_where_nothing_of_the_plain_install_is_left(tmp_path: Path) -> None:
    absent = ["yaml", "jsonschema", "jinja2", "numpy", "regex", "rouge_score", "sklearn", "shtab", "tqdm", "packaging"]
    code = f"""
import sys
for name in {absent!r}:
    sys.modules[name] = None
from lfine.cli.main import main
sys.exit(main(["doctor", "--format", "json"]))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 3, done.stderr
    found = {each["name"]: each for each in json.loads(done.stdout)["findings"]}
    assert found["plain install"]["mark"] == "broken"
    assert found["plain install"]["cure"] == "pip install lfine"
    assert "processor" in found
