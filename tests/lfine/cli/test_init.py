"""`lfine init`: what is written validates; of a configuration every key is accounted for, of data every guess."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from lfine.cli.schema import schema_file
from lfine.finetune.data.columns import prepare_columns
from lfine.finetune.data.tables import read_table
from lfine.schemas.loading import load_task
from tests.lfine.converting.test_lora_land import METADATA
from tests.lfine.converting.test_ludwig import LORA_LAND
from tests.lfine.projects import Project, lfine, refused, write_csv


@pytest.fixture
def ludwig(tmp_path: Path) -> Path:
    path = tmp_path / "ludwig.yaml"
    path.write_text(yaml.safe_dump(LORA_LAND, sort_keys=False), encoding="utf-8")
    return path


def test_a_ludwig_config_becomes_a_task_that_validates(ludwig: Path, tmp_path: Path) -> None:
    out = tmp_path / "task.yaml"
    ended = lfine("init", "--from", ludwig, "--out", out)
    assert (ended.code, ended.err) == (0, "")
    assert "converted  2,500 updates" in ended.out
    assert ended.out.endswith(f"wrote {out}; next: lfine validate {out}\n")
    checked = lfine("validate", out, "--format", "json")
    assert (checked.code, [each["code"] for each in checked.json()["problems"]]) == (0, ["LF301"])
    assert load_task(out).task.trainer.train_steps == 2500


def test_the_metadata_of_lora_land(tmp_path: Path) -> None:
    source, out = tmp_path / "metadata.yaml", tmp_path / "task.yaml"
    source.write_text(yaml.safe_dump(METADATA), encoding="utf-8")
    assert lfine("init", "--from", source, "--out", out, "my.csv").code == 0
    task = load_task(out).task
    assert (task.dataset.path, task.name, task.evaluation.split) == ("my.csv", "VIGGO_games", "validation")
    assert lfine("validate", out).code == 0


def test_without_out_the_task_goes_to_stdout_and_the_account_to_stderr(ludwig: Path) -> None:
    ended = lfine("init", "--from", ludwig)
    assert yaml.safe_load(ended.out)["base_model"] == "mistralai/Mistral-7B-v0.1"
    assert "trainer.train_steps" in ended.err


def test_json(ludwig: Path) -> None:
    found = lfine("init", "--from", ludwig, "--format", "json").json()
    assert list(found) == ["form", "out", "task", "keys", "notes"]
    assert found["form"] == "Ludwig"
    assert {key["fate"] for key in found["keys"]} == {"kept", "moved", "converted", "left out"}


def test_the_first_line_names_the_schema_for_editors(ludwig: Path, tmp_path: Path) -> None:
    out = tmp_path / "task.yaml"
    lfine("init", "--from", ludwig, "--out", out)
    first = out.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    named = first.partition("$schema=")[2]
    assert (out.parent / named).resolve() == schema_file().resolve()


def test_nothing_is_written_over(ludwig: Path) -> None:
    before = ludwig.read_bytes()
    assert refused("init", "--from", ludwig, "--out", ludwig).problem()["code"] == "LF132"
    assert ludwig.read_bytes() == before
    assert lfine("init", "--from", ludwig, "--out", ludwig, "--force").code == 0
    assert ludwig.read_bytes() != before


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("input_features: []\noutput_features: []\n", "LF131"),
        ("model_type: llm\ninput_features: []\noutput_features: [{name: a}]\n", "LF131"),
        ("model_type: llm\ninput_features: [a]\noutput_features: [{name: a}]\n", "LF131"),
        ("base_model: m\n", "LF131"),
        ("a: [", "LF107"),
    ],
)
def test_what_is_not_known_is_refused(tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(text, encoding="utf-8")
    assert refused("init", "--from", path).problem()["code"] == code


def test_there_and_back(project: Project, tmp_path: Path) -> None:
    """A task written for Ludwig and converted again trains as many updates, of as many examples, at the same rate."""
    project.edit("batch_size: 4", "batch_size: 4, micro_batch_size: 2")
    lfine("compile", project.task, "--target", "ludwig", "--out", tmp_path / "out")
    back = tmp_path / "back.yaml"
    data = tmp_path / "out" / "data.jsonl"
    assert lfine("init", "--from", tmp_path / "out" / "ludwig.yaml", "--out", back, data).code == 0
    before, after = load_task(project.task).task, load_task(back).task
    for name in ("train_steps", "batch_size", "micro_batch_size", "learning_rate", "max_grad_norm"):
        assert getattr(after.trainer, name) == getattr(before.trainer, name), name
    assert after.preprocessing.split.type == "fixed"
    assert lfine("validate", back, "--data").code == 0
    assert lfine("compile", back).code == 0


def test_data_that_look_like_numbers_stay_text(tmp_path: Path) -> None:
    source, out = tmp_path / "metadata.yaml", tmp_path / "task.yaml"
    source.write_text(yaml.safe_dump({**METADATA, "dataset_name": "1e-4", "target_col": "no"}), encoding="utf-8")
    lfine("init", "--from", source, "--out", out)
    task = load_task(out).task
    assert task.name == "1e-4"
    assert task.output_feature is not None
    assert task.output_feature.name == "no"


REVIEWS = [
    {"review": f"the {word} film number {n} was {tone}", "verdict": verdict}
    for n in range(60)
    for word, tone, verdict in (("long", "a joy", "good"), ("short", "dull", "bad"))
]


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "reviews.csv", REVIEWS)


def test_a_data_file_becomes_a_task_that_validates(reviews: Path) -> None:
    ended = lfine("init", reviews.name)
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert [line.split()[0] for line in lines[:6]] == ["form", "output", "input", "type", "split", "metric"]
    assert lines[1].split()[:3] == ["output", "verdict", "sure"]
    commands = [line.strip().split()[1] for line in lines if line.startswith("  lfine ")]
    assert commands == ["validate", "preview", "train", "evaluate"]
    task = load_task("reviews.yaml").task
    assert task.output_feature is not None
    assert task.output_feature.labels == ("bad", "good")
    assert task.dataset.path == "reviews.csv"
    assert lfine("validate", "reviews.yaml", "--data").code == 0


def test_the_task_trains_and_is_scored(reviews: Path, tiny_model_folder: Path) -> None:
    assert lfine("init", reviews.name, "--base-model", tiny_model_folder).code == 0
    few = ["--set", "trainer.epochs=null", "--set", "trainer.train_steps=2", "--set", "trainer.dtype=float32"]
    trained = lfine("train", "reviews.yaml", *few, "--format", "json")
    assert trained.code == 0, trained.err
    assert trained.json()["steps"] == 2
    scored = lfine("evaluate", "reviews.yaml", *few, "--limit", "4", "--format", "json")
    assert scored.code == 0, scored.err
    assert scored.json()["n"] == 4


def test_rows_to_score_only_are_evaluated(tmp_path: Path, tiny_model_folder: Path) -> None:
    rows = [{**row, "fold": "test"} for row in REVIEWS]
    write_csv(tmp_path / "held.csv", rows)
    ended = lfine("init", "held.csv", "--base-model", tiny_model_folder)
    assert "there are no training rows" in ended.out
    assert [line.split()[1] for line in ended.out.splitlines() if line.startswith("  lfine ")] == [
        "validate",
        "evaluate",
    ]
    assert lfine("validate", "held.yaml").code == 0
    scored = lfine("evaluate", "held.yaml", "--base", "--limit", "3", "--format", "json")
    assert scored.code == 0, scored.err
    assert scored.json()["n"] == 3


def test_what_is_asked_for_is_taken(reviews: Path) -> None:
    words = ["--output", "review", "--input", "verdict", "--metric", "bleu", "--base-model", "a/b", "--out", "-"]
    ended = lfine("init", reviews.name, *words)
    task = yaml.safe_load(ended.out)
    assert task["output_feature"]["name"] == "review"
    assert "{verdict}" in task["prompt"]["template"]
    assert (task["evaluation"]["metrics"], task["base_model"], task["name"]) == (["bleu"], "a/b", "reviews")
    assert "as asked" in ended.err
    assert not Path("reviews.yaml").exists()


def test_json_of_a_data_file(reviews: Path) -> None:
    found = lfine("init", reviews.name, "--format", "json").json()
    assert list(found) == ["form", "out", "task", "choices", "notes"]
    assert found["out"] == "reviews.yaml"
    assert found["task"] == Path("reviews.yaml").read_text(encoding="utf-8")
    assert {tuple(choice) for choice in found["choices"]} == {("what", "value", "certainty", "why", "others")}


@pytest.mark.parametrize(
    ("name", "text", "words", "code"),
    [
        ("a.csv", "id\n" + "".join(f"{n}\n" for n in range(30)), [], "LF354"),
        ("a.csv", "text,label\n" + "some words here,x\n" * 30, [], "LF354"),
        ("a.csv", "text\n" + "".join(f"some words {n}\n" for n in range(30)), [], "LF355"),
        ("a.csv", "a great film,positive\n" + "a bad film,negative\nfine,positive\n" * 9, [], "LF356"),
        ("a.csv", "1.5,2\n3,4\n", [], "LF356"),
        ("a.csv", "", [], "LF301"),
        ("a.csv", "a,b\n", [], "LF301"),
        ("a.png", "PNG", [], "LF302"),
        ("a.csv", "text,label\nx y z,1\n", ["--output", "lable"], "LF115"),
        ("a.csv", "text,label\nx y z,1\n", ["--input", "txet"], "LF115"),
        ("a.csv", "text,label\nx y z,1\n", ["--input", "label", "--output", "label"], "LF115"),
        ("a.csv", "text,label\nx y z,1\n", ["--metric", "acuracy"], "LF209"),
        ("a.csv", "text,label\nx y z,1\n", ["--out", "a.csv", "--force"], "LF115"),
        ("a.csv", "text,label\nx y z,1\n", ["--sheet", "2"], "LF332"),
    ],
)
def test_data_that_no_task_can_be_made_of_are_refused(name: str, text: str, words: list[str], code: str) -> None:
    Path(name).write_text(text, encoding="utf-8")
    problem = refused("init", name, *words).problem()
    assert (problem["code"], Path(name).read_text(encoding="utf-8")) == (code, text)
    assert not Path("a.yaml").exists()


def test_names_that_read_like_a_row_are_names_when_the_answer_is_named() -> None:
    Path("a.csv").write_text(
        "the text that is to be read by somebody who cares,2\n" + "x y z,1\n" * 30, encoding="utf-8"
    )
    assert refused("init", "a.csv").problem()["code"] == "LF356"
    assert (
        lfine("init", "a.csv", "--output", "2", "--input", "the text that is to be read by somebody who cares").code
        == 0
    )


def test_neither_data_nor_a_configuration() -> None:
    assert refused("init").problem()["code"] == "LF115"


def test_a_file_that_is_there_stays(reviews: Path) -> None:
    Path("reviews.yaml").write_text("mine\n", encoding="utf-8")
    assert refused("init", reviews.name).problem()["code"] == "LF132"
    assert Path("reviews.yaml").read_text(encoding="utf-8") == "mine\n"
    assert lfine("init", reviews.name, "--force").code == 0


def test_a_configuration_is_filled_in_from_the_data(reviews: Path, tmp_path: Path) -> None:
    config = {
        "model_type": "llm",
        "base_model": "a/b",
        "input_features": [{"name": "review", "type": "text"}],
        "output_features": [{"name": "verdict", "type": "text"}],
    }
    source = tmp_path / "ludwig.yaml"
    source.write_text(yaml.safe_dump(config), encoding="utf-8")
    found = lfine("init", "--from", source, reviews.name, "--out", "task.yaml", "--format", "json").json()
    assert any(note.startswith("evaluation.metrics from the data: accuracy (sure)") for note in found["notes"])
    task = load_task("task.yaml").task
    assert (task.base_model.id, task.dataset.path) == ("a/b", "reviews.csv")
    assert lfine("validate", "task.yaml", "--data").code == 0


def test_a_configuration_of_other_data_is_converted_and_says_so(reviews: Path, tmp_path: Path) -> None:
    source = tmp_path / "metadata.yaml"
    source.write_text(yaml.safe_dump(METADATA), encoding="utf-8")
    ended = lfine("init", "--from", source, reviews.name, "--out", "task.yaml")
    assert ended.code == 0
    assert "nothing was filled in from the data" in ended.out


def test_what_is_guessed_is_not_asked_of_a_configuration(ludwig: Path, reviews: Path) -> None:
    problem = refused("init", "--from", ludwig, reviews.name, "--output", "verdict").problem()
    assert problem["code"] == "LF115"
    assert problem["message"].startswith("--output says")


def test_a_german_spreadsheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"Wohnung {n % 40} in Köln;{n},5;1.{100 + n},{n % 10}0\n" for n in range(120))
    (tmp_path / "preise alt.csv").write_text(f"Beschreibung;Größe (m²);Preis\n{rows};1,0;9,99\nx;1,0;\n", "latin-1")
    ended = lfine("init", "preise alt.csv", "--output", "Preis", "--input", "Beschreibung", "--input", "Größe (m²)")
    assert ended.code == 0, ended.err
    text = (tmp_path / "preise alt.yaml").read_text(encoding="utf-8")
    assert "Größe m²: {Größe (m²)}" in text
    task = yaml.safe_load(text)
    assert task["dataset"]["columns"]["Preis"] == {"decimal": ","}
    assert task["output_feature"] == {"name": "Preis", "type": "number"}
    read = "dataset.columns reads them as numbers, 1.100,00 as 1100.0"
    assert f"note: `Preis` holds numbers with a decimal comma: {read}" in ended.out
    assert "lfine data check 'preise alt.csv' --fix NEW_FILE leaves them out" in ended.out


def test_equal_inputs_are_said_with_the_division_that_keeps_them_together(tmp_path: Path) -> None:
    rows = [{"customer wrote": f"where is it {n % 7}", "our reply": f"it comes in {n} days"} for n in range(60)]
    write_csv(tmp_path / "replies.csv", rows)
    ended = lfine("init", tmp_path / "replies.csv", "--out", tmp_path / "replies.yaml")
    side = "preprocessing.split: {type: group, column: customer wrote} keeps equal ones on one side"
    assert f"note: 53 rows with an input that stood before: {side}" in ended.out
    others = [{**row, "customer wrote": f"where is it {n}"} for n, row in enumerate(rows)]
    write_csv(tmp_path / "replies.csv", others)
    again = lfine("init", tmp_path / "replies.csv", "--out", tmp_path / "replies.yaml", "--force")
    assert (again.code, "stood before" in again.out) == (0, False)


def test_a_german_price_is_a_number_without_a_word(tmp_path: Path) -> None:
    rows = "".join(f"Wohnung {n} in Köln;1.{100 + n},{n % 10}0\n" for n in range(120))
    (tmp_path / "preise.csv").write_text(f"Beschreibung;Preis\n{rows}", encoding="utf-8")
    assert lfine("init", tmp_path / "preise.csv", "--out", tmp_path / "preise.yaml").code == 0
    ended = lfine("validate", tmp_path / "preise.yaml", "--data")
    assert (ended.code, "LF325" in ended.out + ended.err) == (0, False)
    task = load_task(tmp_path / "preise.yaml").task
    table = prepare_columns(read_table(task.dataset, tmp_path), task.dataset.columns)
    assert [row["Preis"] for row in table.rows[:3]] == [1100.0, 1101.1, 1102.2]


def book_of(path: Path, *sheets: str) -> Path:
    import xlsxwriter

    with xlsxwriter.Workbook(path) as book:
        for name in sheets:
            sheet = book.add_worksheet(name)
            for at, row in enumerate([("text", "label"), *((f"the text of row {n}", "ab"[n % 2]) for n in range(60))]):
                sheet.write_row(at, 0, row)
    return path


@pytest.mark.parametrize(("sheets", "written"), [(["2026", "Notes"], "2026"), (["Notes", "a"], "Notes"), (["a"], None)])
def test_the_sheet_that_was_read_is_written_down(tmp_path: Path, sheets: list[str], written: str | None) -> None:
    book = book_of(tmp_path / "tickets.xlsx", *sheets)
    ended = lfine("init", book, "--out", tmp_path / "task.yaml")
    assert ended.code == 0, ended.err
    assert ("the first sheet" in ended.out) is (written is not None)
    found = yaml.safe_load((tmp_path / "task.yaml").read_text(encoding="utf-8"))["dataset"]
    assert found.get("sheet") == written
    ended = lfine("validate", tmp_path / "task.yaml", "--data")
    assert (ended.code, "LF330" in ended.out + ended.err) == (0, False)


@pytest.mark.parametrize(("first", "written"), [("rows", "rows"), ("others", 1)])
def test_the_sheet_of_several_workbooks(tmp_path: Path, first: str, written: str | int) -> None:
    (tmp_path / "books").mkdir()
    book_of(tmp_path / "books" / "a.xlsx", "rows", "notes")
    book_of(tmp_path / "books" / "b.xlsx", first)
    assert lfine("init", tmp_path / "books", "--out", tmp_path / "task.yaml").code == 0
    assert yaml.safe_load((tmp_path / "task.yaml").read_text(encoding="utf-8"))["dataset"]["sheet"] == written
    assert lfine("validate", tmp_path / "task.yaml", "--data").code == 0


def test_a_sheet_that_was_asked_for_is_written_as_asked(tmp_path: Path) -> None:
    book = book_of(tmp_path / "tickets.xlsx", "Notes", "Tickets")
    assert lfine("init", book, "--sheet", "Tickets", "--out", tmp_path / "task.yaml").code == 0
    assert "sheet: Tickets" in (tmp_path / "task.yaml").read_text(encoding="utf-8")


def test_a_configuration_keeps_the_sheet_that_was_read(tmp_path: Path) -> None:
    book = book_of(tmp_path / "tickets.xlsx", "Notes", "Tickets")
    source = tmp_path / "ludwig.yaml"
    sides = {
        "input_features": [{"name": "text", "type": "text"}],
        "output_features": [{"name": "label", "type": "text"}],
    }
    source.write_text(yaml.safe_dump({"model_type": "llm", "base_model": "a/b", **sides}), encoding="utf-8")
    assert lfine("init", "--from", source, book, "--sheet", "Tickets", "--out", tmp_path / "task.yaml").code == 0
    found = yaml.safe_load((tmp_path / "task.yaml").read_text(encoding="utf-8"))["dataset"]
    assert found["sheet"] == "Tickets"


def test_a_row_of_totals_is_said_and_stays(tmp_path: Path) -> None:
    rows = [{"text": f"the text of row {n}", "label": "ab"[n % 2], "hours": str(n)} for n in range(60)]
    path = write_csv(tmp_path / "rows.csv", [*rows, {"text": "Gesamt", "label": "", "hours": "1770"}])
    said = "the last row (row 60, counted from 0) looks like a row of totals, not an example: its only text is 'Gesamt'"
    ended = lfine("init", path, "--out", tmp_path / "task.yaml")
    assert f"note: {said}; remove it from the file, if it is one" in ended.out
    assert "61 rows" in (tmp_path / "task.yaml").read_text(encoding="utf-8")
    ended = lfine("data", "check", path)
    assert f"warning  total-row\n   {said}\n   rows: 60\n   cure: remove it from the file" in ended.out
