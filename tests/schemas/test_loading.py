"""From file to task: the public way in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lfine.schemas.errors import LfineError, TaskError
from lfine.schemas.loading import LoadedTask, check_task, load_task
from lfine.schemas.task import BaseModel, OutputFeature

LORA_LAND = """\
base_model: mistralai/Mistral-7B-v0.1
dataset: {path: viggo.parquet}
prompt:
  template: >-
    Turn this representation into a sentence: {meaning_representation}
output_feature: target
preprocessing:
  split: {type: fixed, column: split}
adapter: {type: lora}
quantization: {bits: 4}
evaluation: {metrics: [rouge], sample_size: 1000}
"""


@pytest.fixture
def viggo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example of LoRA Land, named as a user in its folder would."""
    monkeypatch.chdir(tmp_path)
    Path("viggo.yaml").write_text(LORA_LAND, encoding="utf-8")
    return Path("viggo.yaml")


def test_the_task_of_lora_land(viggo: Path) -> None:
    loaded, problems = check_task(viggo)
    assert problems == []
    assert loaded is not None
    task = loaded.task
    assert task.name == "viggo"
    assert task.base_model == BaseModel(id="mistralai/Mistral-7B-v0.1", revision=None, trust_remote_code=False)
    assert task.dataset.path == "viggo.parquet"
    assert task.prompt.template == "Turn this representation into a sentence: {meaning_representation}"
    assert task.output_feature == OutputFeature(name="target", type=None, labels=None, schema=None)
    assert (task.preprocessing.split.type, task.preprocessing.split.column) == ("fixed", "split")
    assert task.adapter is not None
    assert task.adapter.r == 8
    assert task.quantization is not None
    assert (task.quantization.bits, task.quantization.bnb_4bit_quant_type) == (4, "nf4")
    assert [metric.name for metric in task.evaluation.metrics or ()] == ["rouge"]
    assert task.evaluation.sample_size == 1000


def test_ludwigs_type_of_trainer_and_the_small_print_of_yaml(viggo: Path) -> None:
    text = LORA_LAND.replace("output_feature: target", "output_feature: {name: target, labels: [yes, no]}")
    viggo.write_text(text + "trainer: {type: finetune, learning_rate: 1e-4}\n", encoding="utf-8")
    task = load_task(viggo).task
    assert (task.trainer.type, task.trainer.learning_rate) == ("finetune", 1e-4)
    assert task.output_feature is not None
    assert task.output_feature.labels == ("yes", "no")


def test_file_and_folder(viggo: Path) -> None:
    loaded = load_task(viggo)
    assert (loaded.file, loaded.folder) == (Path("viggo.yaml"), Path())
    assert load_task(str(viggo.resolve())).folder == viggo.resolve().parent


def test_a_line_end_of_windows_and_a_byte_order_mark_change_nothing(viggo: Path) -> None:
    expected = load_task(viggo).task
    viggo.write_bytes(b"\xef\xbb\xbf" + LORA_LAND.replace("\n", "\r\n").encode())
    assert load_task(viggo).task == expected


@pytest.mark.parametrize(
    ("path", "origin"),
    [
        ("base_model", "viggo.yaml:1"),
        ("base_model.id", "viggo.yaml:1"),
        ("base_model.revision", "default"),
        ("dataset.path", "viggo.yaml:2"),
        ("prompt.template", "viggo.yaml:4"),
        ("output_feature", "viggo.yaml:6"),
        ("output_feature.name", "viggo.yaml:6"),
        ("output_feature.type", "default"),
        ("preprocessing.split.column", "viggo.yaml:8"),
        ("adapter.r", "--set adapter.r=16"),
        ("adapter.alpha", "default"),
        ("adapter.type", "viggo.yaml:9"),
        ("trainer", "default"),
        ("trainer.epochs", "default"),
        ("generation.max_new_tokens", "--set generation={max_new_tokens: 5}"),
        ("evaluation.metrics", "viggo.yaml:11"),
        ("evaluation.metrics[0]", "viggo.yaml:11"),
        ("evaluation.metrics[0].name", "viggo.yaml:11"),
        ("evaluation.metrics[0].average", "default"),
        ("evaluation.metrics[1]", "default"),
    ],
)
def test_origins(viggo: Path, path: str, origin: str) -> None:
    loaded = load_task(viggo, ["adapter.r=16", "generation={max_new_tokens: 5}"])
    assert loaded.origin(path) == origin


def test_the_default_of_a_key_in_an_overridden_mapping(viggo: Path) -> None:
    loaded = load_task(viggo, ["adapter={r: 16}"])
    assert loaded.origin("adapter.r") == "--set adapter={r: 16}"
    assert loaded.origin("adapter.dropout") == "default"


@pytest.mark.parametrize(
    ("path", "source"),
    [("quantization.bits", "4"), ("evaluation.sample_size", "1000"), ("trainer.epochs", ""), ("adapter.r", "0x10")],
)
def test_sources(viggo: Path, path: str, source: str) -> None:
    viggo.write_text(LORA_LAND.replace("{type: lora}", "{type: lora, r: 0x10}"), encoding="utf-8")
    assert load_task(viggo).source_of_value(path) == source


def test_problems_of_later_floors_find_their_place(viggo: Path) -> None:
    loaded = load_task(viggo, ["trainer.epochs=2"])
    problem = loaded.problem("LF301", "dataset.path", "there is no file viggo.parquet", "name a file that exists")
    assert (problem.file, problem.line, problem.column) == ("viggo.yaml", 2, 17)
    assert problem.excerpt is not None
    assert problem.excerpt.width == len("viggo.parquet")
    warning = loaded.problem("LF306", "evaluation.seed", "m", "c", severity="warning")
    assert (warning.severity, warning.line, warning.column) == ("warning", 11, 1)
    assert loaded.problem("LF105", "trainer.epochs", "m", "c").file == "--set trainer.epochs=2"
    whole = loaded.problem("LF301", "generation.max_new_tokens", "m", "c")
    assert (whole.file, whole.line) == ("viggo.yaml", None)


def test_all_problems_are_raised_together(viggo: Path) -> None:
    viggo.write_text(LORA_LAND.replace("bits: 4", "bits: 5") + "foo: 1\nfoo: 2\n", encoding="utf-8")
    loaded, problems = check_task(viggo)
    assert loaded is None
    with pytest.raises(TaskError) as caught:
        load_task(viggo)
    assert list(caught.value.problems) == problems
    assert [(problem.line, problem.code) for problem in problems] == [(10, "LF104"), (12, "LF103"), (13, "LF106")]
    assert caught.value.exit_code == 1
    assert isinstance(caught.value, LfineError)
    assert "viggo.yaml:10:22  LF104" in str(caught.value)


def test_a_missing_file(tmp_path: Path) -> None:
    loaded, problems = check_task(tmp_path / "no.yaml")
    assert loaded is None
    assert [problem.code for problem in problems] == ["LF108"]


def test_a_syntax_error_is_the_only_problem(viggo: Path) -> None:
    viggo.write_text("base_model: [\n", encoding="utf-8")
    assert [problem.code for problem in check_task(viggo)[1]] == ["LF107"]


@pytest.mark.parametrize("name", ["my task.yaml", "übung.yml", "a.b.yaml", "task"])
def test_the_name_is_the_stem(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_text(LORA_LAND, encoding="utf-8")
    assert load_task(file).task.name == file.stem


def test_a_loaded_task_is_a_record(viggo: Path) -> None:
    loaded = load_task(viggo)
    assert isinstance(loaded, LoadedTask)
    with pytest.raises(AttributeError):
        loaded.task = loaded.task  # type: ignore[misc]


def test_checking_a_file_loads_nothing_heavy(viggo: Path) -> None:
    code = (
        "import sys; from lfine.schemas.loading import load_task; load_task(sys.argv[1]); "
        "heavy = {'numpy', 'pandas', 'torch', 'sklearn', 'datasets', 'pyarrow', 'transformers', 'jinja2', 'requests'};"
        "print(sorted(heavy & set(sys.modules)), 'lfine.schemas.syntax' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(viggo.resolve())], capture_output=True, text=True)
    assert done.stdout.strip() == "[] False", done.stderr
