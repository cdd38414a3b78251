"""`lfine models list` and `lfine models pull`."""

from __future__ import annotations

from pathlib import Path

from tests.lfine.projects import lfine, refused


def test_list_names_the_catalogue_and_what_is_here(tmp_path: Path) -> None:
    ended = lfine("models", "list", "--format", "json")
    found = {model["name"]: model for model in ended.json()["models"]}
    assert ended.code == 0
    assert list(found["smollm2-135m-instruct"]) == ["name", "path", "licence", "source"]
    assert found["smollm2-135m-instruct"]["path"] is None
    text = lfine("models", "list")
    assert "smollm2-135m-instruct" in text.out
    assert "not here: lfine models pull smollm2-135m-instruct" in text.out
    assert not (tmp_path / "cache").exists()


def test_pulling_a_local_folder_prints_it(tiny_model_folder: Path) -> None:
    ended = lfine("models", "pull", tiny_model_folder, "--format", "json")
    assert (ended.code, ended.json()) == (0, {"name": str(tiny_model_folder), "path": str(tiny_model_folder)})
    assert lfine("models", "pull", tiny_model_folder).out == f"{tiny_model_folder}\n"


def test_pulling_what_is_not_there() -> None:
    ended = refused("models", "pull", "smollm3")
    assert (ended.code, ended.problem()["code"]) == (1, "LF215")
    ended = refused("models", "pull", "nobody/no-such-model")
    assert (ended.code, ended.problem()["code"]) == (3, "LF402")
    assert "nobody/no-such-model" in ended.problem()["message"]
