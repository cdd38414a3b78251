"""The table of published scores: read whole, or refused with every line that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from lfine.evaluation.reports.published import PublishedRow, read_published
from lfine.schemas.errors import TaskError

TABLE = Path(__file__).parents[4] / "shared" / "data" / "lora_land_published.csv"
GOOD = "task,metric,fine_tuned,gpt_4\nglue_cola,accuracy,0.87,\n\ndrop, rouge ,0.76,0\n"


def test_an_empty_cell_is_no_zero(tmp_path: Path) -> None:
    path = tmp_path / "published.csv"
    path.write_text(GOOD, encoding="utf-8")
    found = read_published(path)
    assert (found.source, found.models) == ("published.csv", ("fine_tuned", "gpt_4"))
    assert found.rows == {
        "glue_cola": PublishedRow("glue_cola", "accuracy", (0.87, None)),
        "drop": PublishedRow("drop", "rouge", (0.76, 0.0)),
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", [(1, "the first line must be task,metric")]),
        ("task,score\na,0.1\n", [(1, "got 'task,score'")]),
        ("task,metric\na,b\n", [(1, "a name for each model")]),
        ("task,metric,m,m\n", [(1, "got 'task,metric,m,m'")]),
        ("task,metric,m\na,x\na,x,high\nb,x,nan\n", [(2, "2 cells"), (3, "got 'high'"), (4, "got 'nan'")]),
        ("task,metric,m\na,x,1\na,x,1\n", [(3, "'a' stands twice")]),
    ],
)
def test_what_is_no_table_is_refused_line_by_line(tmp_path: Path, text: str, said: list[tuple[int, str]]) -> None:
    path = tmp_path / "published.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TaskError) as caught:
        read_published(path)
    problems = caught.value.problems
    assert [(each.code, each.line) for each in problems] == [("LF575", line) for line, _ in said]
    assert all(words in each.message for each, (_, words) in zip(problems, said, strict=True))


@pytest.mark.parametrize("content", [None, b"task,metric,m\n\xff,x,1\n"])
def test_no_file_and_no_text(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "published.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(TaskError) as caught:
        read_published(path)
    assert [each.code for each in caught.value.problems] == ["LF575"]


@pytest.mark.shared
@pytest.mark.skipif(not TABLE.is_file(), reason=f"{TABLE} is absent")
def test_the_study_s_table() -> None:
    found = read_published(TABLE)
    assert len(found.rows) == 27
    assert found.rows["glue_stsb"] == PublishedRow("glue_stsb", "stsb", (0.45, 0.2, 0.17, 0.0, 0.0))
