"""`extends`: files found, merged and refused; fragments; origins."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lfine.schemas.errors import TaskError
from lfine.schemas.extending import MAX_CHAIN, is_fragment, read_chain
from lfine.schemas.loading import check_task, load_task
from lfine.schemas.problems import Problem

Check = Callable[..., list[Problem]]
Write = Callable[[str, str], None]
CHILD = "extends: _base.yaml\nprompt: {template: 'Review: {review}'}\noutput_feature: label\n"
BASE = "base_model: m-instruct\ndataset:\n  path: reviews.csv\ntrainer:\n  epochs: 3\n  learning_rate: 1e-4\n"


@pytest.fixture(name="write")
def _write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    monkeypatch.chdir(tmp_path)

    def write(name: str, text: str) -> None:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")

    return write


def test_a_task_and_its_fragment(write: Write) -> None:
    write("_base.yaml", BASE)
    write("task.yaml", CHILD + "trainer: {epochs: 1}\n")
    loaded = load_task("task.yaml", ["trainer.seed=7"])
    task = loaded.task
    assert (task.name, task.extends, task.base_model.id) == ("task", "_base.yaml", "m-instruct")
    assert (task.trainer.epochs, task.trainer.learning_rate, task.trainer.seed) == (1.0, 1e-4, 7)
    origins = {
        "base_model": "_base.yaml:1",
        "base_model.id": "_base.yaml:1",
        "dataset.path": "_base.yaml:3",
        "trainer.epochs": "task.yaml:4",
        "trainer.learning_rate": "_base.yaml:6",
        "trainer.seed": "--set trainer.seed=7",
        "trainer.device": "default",
        "output_feature.name": "task.yaml:3",
    }
    assert {path: loaded.origin(path) for path in origins} == origins
    assert loaded.source_of_value("trainer.learning_rate") == "1e-4"


def test_a_name_is_looked_up_from_the_folder_of_the_file_that_says_it(write: Write) -> None:
    write("shared/_models.yaml", "base_model: m\n")
    write("shared/_base.yaml", "extends: _models.yaml\ndataset: {path: reviews.csv}\n")
    write("tasks/task.yaml", CHILD.replace("_base.yaml", "../shared/_base.yaml"))
    loaded = load_task("tasks/task.yaml")
    assert loaded.origin("base_model") == "shared/_models.yaml:1"
    assert loaded.folder == Path("tasks"), "data files are looked for beside the task"


def test_a_whole_task_can_be_extended_by_its_absolute_name(write: Write, tmp_path: Path, valid: str) -> None:
    write("whole.yaml", valid + "name: theirs\n")
    write("task.yaml", f"extends: {tmp_path / 'whole.yaml'}\nname: mine\nadapter: null\n")
    task = load_task("task.yaml").task
    assert (task.name, task.adapter, task.prompt.template) == ("mine", None, "Review: {review}")


def test_null_takes_away_what_the_extended_file_says(write: Write) -> None:
    write("_base.yaml", BASE)
    write("task.yaml", CHILD + "trainer: {epochs: null, train_steps: 10}\n")
    trainer = load_task("task.yaml").task.trainer
    assert (trainer.epochs, trainer.train_steps) == (None, 10)


def test_a_rule_across_both_files_is_said_where_the_task_breaks_it(write: Write) -> None:
    write("_base.yaml", BASE)
    write("task.yaml", CHILD + "trainer: {train_steps: 10}\n")
    (problem,) = check_task("task.yaml")[1]
    assert (problem.code, problem.file, problem.line) == ("LF206", "task.yaml", 4)


@pytest.mark.parametrize(
    ("base", "code", "line", "column"),
    [
        (BASE + "adapter: {r: x}\n", "LF102", 7, 14),
        (BASE + "adaptor: {}\n", "LF103", 7, 1),
        (BASE + "trainer: {}\n", "LF106", 7, 1),
        (BASE + "\ta: 1\n", "LF107", 7, 1),
        ("- a\n", "LF102", 1, 1),
        (BASE + "name: !x y\n", "LF113", 7, 7),
        (BASE + "name: \x07\n", "LF107", 7, 7),
    ],
)
def test_a_problem_below_stands_where_it_is(write: Write, base: str, code: str, line: int, column: int) -> None:
    write("_base.yaml", base)
    write("task.yaml", CHILD)
    problems = check_task("task.yaml")[1]
    assert [(each.code, each.file, each.line, each.column) for each in problems] == [(code, "_base.yaml", line, column)]


def test_a_mistake_that_the_task_replaces_is_not_its_problem(write: Write) -> None:
    write("_base.yaml", BASE + "adapter: {r: x}\n")
    write("task.yaml", CHILD + "adapter: {r: 4}\n")
    assert check_task("task.yaml")[1] == []
    assert [problem.code for problem in check_task("_base.yaml")[1]] == ["LF102"]


@pytest.mark.parametrize(
    ("name", "message", "cure"),
    [
        ("_bse.yaml", "extends names `deep/_bse.yaml`: there is no such file", "did you mean `_base.yaml`?"),
        (
            "no/_base.yaml",
            "extends names `deep/no/_base.yaml`: there is no folder `deep/no`",
            "name a file that exists",
        ),
        (".", "extends names `deep`: this is a folder, not a file", "name a file in it, for instance `_base.yaml`"),
        ("_empty.yaml", "`deep/_empty.yaml` is empty", "name a task file or a fragment"),
        ("_latin.yaml", "the file is not UTF-8", "save the file as UTF-8"),
        ('"\\0"', "cannot be read", "name a file that can be read"),
    ],
)
def test_a_file_that_cannot_be_extended(write: Write, name: str, message: str, cure: str) -> None:
    write("deep/_base.yaml", BASE)
    write("deep/_empty.yaml", "# nothing\n")
    Path("deep/_latin.yaml").write_bytes(b"name: caf\xe9\n")
    write("deep/task.yaml", CHILD.replace("_base.yaml", name) + "trainer: {epocs: 3}\n")
    problems = check_task("deep/task.yaml")[1]
    unreadable = next(problem for problem in problems if problem.code == "LF108")
    assert message in unreadable.message
    assert unreadable.cure == cure
    if "UTF-8" not in message:
        assert (unreadable.file, unreadable.line, unreadable.column) == ("deep/task.yaml", 1, 10)
    assert "LF103" in {problem.code for problem in problems}, "the task's own mistakes are told too"
    assert "LF101" not in {problem.code for problem in problems}, "but not what the other file may say"


@pytest.mark.parametrize(
    ("value", "code"), [("5", "LF102"), ("[a.yaml]", "LF102"), ('""', "LF112"), ("' x'", "LF112"), ("{}", "LF102")]
)
def test_what_is_no_name_of_a_file(check: Check, valid: str, value: str, code: str) -> None:
    problems = check(f"extends: {value}\n" + valid)
    assert code in {problem.code for problem in problems if problem.path == "extends"}


def test_null_extends_nothing(check: Check, valid: str) -> None:
    assert check("extends: null\n" + valid) == []


def test_files_in_a_circle(write: Write) -> None:
    write("_a.yaml", "extends: ./_b.yaml\n")
    write("_b.yaml", "extends: _a.yaml\n")
    write("task.yaml", CHILD.replace("_base", "_a"))
    (problem,) = check_task("task.yaml")[1]
    assert (problem.code, problem.file, problem.line) == ("LF118", "_b.yaml", 1)
    assert problem.message == "files extend each other in a circle: _a.yaml → _b.yaml → _a.yaml"
    write("task.yaml", "extends: task.yaml\n")
    assert "task.yaml → task.yaml" in check_task("task.yaml")[1][0].message


def test_a_chain_of_the_most_files_and_one_more(write: Write, valid: str) -> None:
    write("_0.yaml", valid)
    for number in range(1, MAX_CHAIN + 1):
        write(f"_{number}.yaml", f"extends: _{number - 1}.yaml\n")
    write("task.yaml", f"extends: _{MAX_CHAIN - 2}.yaml\n")
    assert check_task("task.yaml")[1] == []
    write("task.yaml", f"extends: _{MAX_CHAIN - 1}.yaml\n")
    (problem,) = check_task("task.yaml")[1]
    assert (problem.code, problem.file) == ("LF118", "_1.yaml")


def test_a_link_to_itself_is_a_circle(write: Write) -> None:
    write("task.yaml", "extends: link.yaml\n")
    Path("link.yaml").symlink_to("task.yaml")
    assert [problem.code for problem in check_task("task.yaml")[1]] == ["LF118"]


def test_fragments_are_checked_without_required_keys(write: Write) -> None:
    write("_base.yaml", "trainer: {epochs: 3}\nquantization: {bnb_4bit_quant_type: fp4}\nadapter: null\n")
    loaded, problems = check_task("_base.yaml")
    assert (loaded, problems) == (None, [])
    write("_base.yaml", "trainer: {epochs: -3}\n")
    assert [problem.code for problem in check_task("_base.yaml")[1]] == ["LF105"]


def test_a_fragment_is_no_task(write: Write, valid: str) -> None:
    write("_x.yaml", valid)
    with pytest.raises(TaskError, match="is a fragment for other tasks, not a whole task") as caught:
        load_task("_x.yaml")
    assert [problem.code for problem in caught.value.problems] == ["LF117"]
    assert caught.value.problems[0].cure == "name a task that says `extends: _x.yaml`, or rename the file"
    assert (is_fragment("a/_x.yaml"), is_fragment("_a/x.yaml"), is_fragment(Path("x_.yaml"))) == (True, False, False)


def test_the_text_of_a_task_stands_on_its_own(write: Write) -> None:
    write("_base.yaml", BASE)
    write("task.yaml", CHILD + "trainer: {epochs: 1}\n")
    loaded = load_task("task.yaml", ["trainer.seed=7"])
    write("alone.yaml", loaded.text)
    alone = load_task("alone.yaml", ["name=task", "trainer.seed=7"]).task
    assert alone.extends is None
    assert (alone.trainer, alone.prompt, alone.dataset) == (
        loaded.task.trainer,
        loaded.task.prompt,
        loaded.task.dataset,
    )
    assert loaded.text.startswith("# What task.yaml and the files that it extends (_base.yaml) say together;\n")
    assert "learning_rate: 1e-4\n" in loaded.text


def test_the_text_of_a_task_without_extends_is_the_file(write: Write, valid: str) -> None:
    write("task.yaml", "# mine\n" + valid)
    assert load_task("task.yaml", ["adapter.r=3"]).text == "# mine\n" + valid


def test_a_chain_is_read_once_per_file(write: Write) -> None:
    write("_base.yaml", BASE)
    chain = read_chain(CHILD, "task.yaml")
    assert chain.complete
    assert chain.document is not None
    assert list(chain.document.extended) == ["_base.yaml"]
