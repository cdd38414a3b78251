"""`lfine preview`: what is printed of the rows."""

from __future__ import annotations

import pytest

from tests.lfine.projects import Project, lfine, refused


def test_rows_for_people_with_the_learned_tokens_marked(project: Project) -> None:
    ended = lfine("preview", project.task, "--rows", "2")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.count("── row ") == 2
    assert "⟦card<|im_end|>⟧" in ended.out
    assert "<|im_start|>user\nClassify the question: my card was lost, number 0<|im_end|>" in ended.out
    assert "of 42 rows cut" in ended.out
    assert "tokens are common to all rows" in ended.out


def test_rows_for_programs(project: Project) -> None:
    document = lfine("preview", project.task, "--row", "5", "--row", "1", "--format", "json").json()
    assert [row["row_id"] for row in document["rows"]] == [5, 1]
    row = document["rows"][0]
    assert row["completion"][-1] == "<|im_end|>"
    assert (len(row["prompt"]), len(row["completion"])) == (row["prompt_tokens"], row["learned_tokens"])


def test_boundaries_of_tokens(project: Project) -> None:
    assert "│" in lfine("preview", project.task, "--tokens", "--rows", "1").out


def test_a_row_that_is_not_trained_on(project: Project) -> None:
    ended = refused("preview", project.task, "--row", "59")
    assert (ended.code, ended.problem()["code"]) == (1, "LF312")
    assert "59" in ended.problem()["message"]


def test_every_row_has_a_learned_token_and_ends_with_the_end_token(project: Project) -> None:
    project.rows.write_text(
        "question,label,split\n" + "".join(f"q{n},{'.!?-'[n % 4]},train\n" for n in range(12)) + "q,a,test\n",
        encoding="utf-8",
    )
    ended = lfine("preview", project.task, "--rows", "100", "--format", "json")
    assert ended.code == 0
    assert len(ended.json()["rows"]) == 12
    assert all(row["completion"][-1] == "<|im_end|>" for row in ended.json()["rows"])


def test_a_page_for_the_browser(project: Project) -> None:
    ended = lfine("preview", project.task, "--format", "html", "--rows", "1", "--row", "5")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("<!doctype html>")
    assert 'id="row-5"' in ended.out


@pytest.mark.parametrize("form", ["text", "json", "html"])
def test_out_writes_a_file(project: Project, form: str) -> None:
    printed = lfine("preview", project.task, "--format", form)
    target = project.folder / "preview.out"
    ended = lfine("preview", project.task, "--format", form, "--out", target)
    assert (ended.code, ended.out) == (0, "")
    assert f"wrote {target}" in ended.err
    assert target.read_text(encoding="utf-8") == printed.out


def test_a_file_that_cannot_be_written(project: Project) -> None:
    ended = refused("preview", project.task, "--out", project.rows / "x.html")
    assert (ended.code, ended.problem()["code"]) == (3, "LF405")


def test_few_shot_examples_are_named(project: Project) -> None:
    ended = lfine("preview", project.task, "--set", "prompt.examples={count: 2, row_ids: [4, 2]}")
    assert "rows 4, 2 are shown as examples in every prompt" in ended.out


def test_code_of_the_model_needs_the_command_lines_word(project: Project) -> None:
    project.edit(f"base_model: {project.model}", f"base_model: {{id: {project.model}, trust_remote_code: true}}")
    ended = refused("preview", project.task)
    assert (ended.code, ended.problems()[-1]["code"]) == (1, "LF242")
    assert ended.problems()[-1]["path"] == "base_model.trust_remote_code"
    assert lfine("preview", project.task, "--allow-code").code == 0
