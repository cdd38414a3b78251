"""Data sets of a hub, through a stand-in for the library's loader, and a local folder through the library itself."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from lfine.finetune.data.formats.hub import HubSource, read_hub, read_hub_columns
from lfine.schemas.errors import MachineError, TaskError
from lfine.schemas.problems import Problem

datasets = pytest.importorskip("datasets")

Problems = Callable[[Callable[[], object]], list[Problem]]
Serve = Callable[[Mapping[str, list[dict[str, object]]] | Exception], list[tuple[object, ...]]]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Serve:
    """Put splits (or an error) in place of what the hub would give; the calls are recorded."""

    def put(answer: Mapping[str, list[dict[str, object]]] | Exception) -> list[tuple[object, ...]]:
        calls: list[tuple[object, ...]] = []

        def load_dataset(path: str, name: str | None = None, revision: str | None = None) -> Any:
            calls.append((path, name, revision))
            if isinstance(answer, Exception):
                raise answer
            return datasets.DatasetDict({split: datasets.Dataset.from_list(rows) for split, rows in answer.items()})

        monkeypatch.setattr(datasets, "load_dataset", load_dataset)
        return calls

    return put


ROWS: list[dict[str, object]] = [{"q": "x", "a": 1}, {"q": "y", "a": 2}]


def test_splits_come_in_our_order_with_their_rows(serve: Serve) -> None:
    calls = serve({"test": ROWS[:1], "train": ROWS})
    train, test = read_hub(HubSource("owner/set", "plain", "abc"))
    assert calls == [("owner/set", "plain", "abc")]
    assert (train.split, test.split) == ("train", "test")
    assert train.rows.columns == ("q", "a")
    assert train.rows.rows == tuple(ROWS)
    assert len(test.rows.rows) == 1
    assert read_hub_columns(HubSource("owner/set")) == ("q", "a")


@pytest.mark.parametrize("name", ["dev", "val", "valid", "validation"])
def test_the_names_of_validation(serve: Serve, name: str) -> None:
    serve({"train": ROWS, name: ROWS})
    assert [one.split for one in read_hub(HubSource("set"))] == ["train", "validation"]


def test_other_splits_are_left_out_and_said(serve: Serve) -> None:
    serve({"train": ROWS, "unsupervised": ROWS})
    (train,) = read_hub(HubSource("imdb"))
    (warning,) = train.rows.warnings
    assert (warning.code, warning.severity, warning.path) == ("LF304", "warning", "dataset.hub")
    assert warning.message == "splits of 'imdb' are left out: 'unsupervised'"


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["train_sft", "test_sft"], "'set' has no split called train, validation or test: 'train_sft', 'test_sft'"),
        (["train", "dev", "validation"], "'set' has several splits of one meaning: 'dev', 'validation'"),
    ],
)
def test_splits_that_would_have_to_be_guessed(serve: Serve, problems: Problems, names: list[str], message: str) -> None:
    serve(dict.fromkeys(names, ROWS))
    (problem,) = problems(lambda: read_hub(HubSource("set")))
    assert (problem.code, problem.message) == ("LF304", message)


def test_an_unreachable_hub_is_the_machines_affair(
    serve: Serve, placed: Callable[[str, str, str, str], Problem]
) -> None:
    serve(ConnectionError("Couldn't reach 'set' on the Hub (OfflineModeIsEnabled)"))
    with pytest.raises(MachineError) as caught:
        read_hub(HubSource("set", revision="v1"), place=placed)
    (problem,) = caught.value.problems
    assert (problem.code, problem.line) == ("LF408", 7)
    assert problem.message.startswith("the data set 'set@v1' is not here and the hub cannot be reached: Couldn't")
    assert "dataset.path" in problem.cure


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError("Dataset 'nobody/none' doesn't exist on the Hub or cannot be accessed."),
        ValueError("BuilderConfig 'x' not found. Available: ['default']"),
        RuntimeError("Dataset scripts are no longer supported, but found set.py"),
    ],
)
def test_an_unknown_id_or_configuration_is_the_tasks(serve: Serve, error: Exception) -> None:
    serve(error)
    with pytest.raises(TaskError) as caught:
        read_hub(HubSource("nobody/none", "x"))
    (problem,) = caught.value.problems
    assert problem.code == "LF301"
    assert problem.message == f"the data set 'nobody/none/x' cannot be read: {str(error).rstrip('.')}"


def test_a_program_is_never_run(serve: Serve, problems: Problems) -> None:
    calls = serve({"train": ROWS})
    (problem,) = problems(lambda: read_hub(HubSource("folder/set.py")))
    assert (problem.code, calls) == ("LF302", [])


def test_bytes_are_refused(serve: Serve, problems: Problems) -> None:
    serve({"train": [{"q": "x", "image": b"\x89"}]})
    (problem,) = problems(lambda: read_hub(HubSource("set")))
    assert problem.message == "columns of 'set' hold bytes, which no prompt can show: image"


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(MachineError) as caught:
        read_hub(HubSource("set"))
    assert caught.value.problems[0].code == "LF401"


def test_a_local_folder_of_files_through_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "train.csv").write_text("q,a\nx,1\ny,2\n", encoding="utf-8")
    (folder / "dev.csv").write_text("q,a\nz,3\n", encoding="utf-8")
    train, validation = read_hub(HubSource(str(folder)))
    assert train.rows.rows == ({"q": "x", "a": 1}, {"q": "y", "a": 2})
    assert (validation.split, validation.rows.rows) == ("validation", ({"q": "z", "a": 3},))


def test_blanks_around_names_are_left_out(serve: Serve) -> None:
    serve({"train": [{"q ": "x", "a": 1}], "test": [{"q ": "y", "a": 2}]})
    train, test = read_hub(HubSource("set"))
    assert (train.rows.columns, test.rows.rows) == (("q", "a"), ({"q": "y", "a": 2},))
    assert "'q '" in train.rows.warnings[-1].message
    assert read_hub_columns(HubSource("set")) == ("q", "a")
