"""Published data sets, read whole: counts, output types and a sample that stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from lfine.finetune.data.held_out import held_out_sample
from lfine.finetune.data.outputs import output_of
from lfine.finetune.data.pairs import examples
from lfine.finetune.data.splits import assign_splits
from lfine.finetune.data.tables import Table, read_header, read_table
from lfine.schemas.task import Dataset, OutputFeature, Split

pytestmark = pytest.mark.shared

FOLDER = Path(__file__).parents[3].parent / "shared" / "data"
BY_COLUMN = Split(None, None, (0.8, 0.1, 0.1), 42)
VIGGO = "d2e9753473701d1c4f3a221f07421d255105d91ea1d21c2197a6735e17ff977c"
"""Another value means that scores on ViGGO can no longer be compared with those measured before."""


@pytest.fixture
def read(dataset: Callable[..., Dataset]) -> Callable[[str], Table]:
    if not FOLDER.is_dir():
        pytest.skip(f"the real data sets are absent: {FOLDER}")
    pytest.importorskip("pyarrow")

    def run(name: str) -> Table:
        given = dataset(path=f"{name}.parquet")
        table = read_table(given, FOLDER)
        assert read_header(given, FOLDER) == table.columns
        return table

    return run


@pytest.mark.parametrize(
    ("name", "counts", "column", "kind", "labels"),
    [
        ("viggo", (5103, 714, 1083), "target", "text", ()),
        ("spider_create_context", (3763, 198, 568), "answer", "text", ()),
        ("glue_cola", (8123, 428, 1043), "label", "category", ("1", "0")),
        ("covid", (2278, 380, 1140), "Sentiment", "category", None),
        ("glue_wnli", (603, 32, 71), "label", "category", None),
    ],
)
def test_counts_and_types(
    read: Callable[[str], Table],
    name: str,
    counts: tuple[int, int, int],
    column: str,
    kind: str,
    labels: tuple[str, ...] | None,
) -> None:
    table = read(name)
    assigned = assign_splits(table, BY_COLUMN)
    found = Counter(assigned.names)
    assert (found["train"], found["validation"], found["test"]) == counts
    output = output_of(table, assigned, OutputFeature(column, None, None, None))
    assert output.type == kind
    assert labels is None or output.labels == labels
    inputs = [name for name in table.columns if name not in (column, "split")]
    assert all(one.answer for one in examples(table, assigned.rows("test"), inputs, column))


def test_the_sample_of_viggo_stays(read: Callable[[str], Table]) -> None:
    table = read("viggo")
    sample = held_out_sample(table, assign_splits(table, BY_COLUMN), split="test", sample_size=1000, seed=42)
    assert (len(sample.row_ids), sample.available) == (1000, 1083)
    assert sample.sample_hash == VIGGO


def test_lists_are_json_in_prompts(read: Callable[[str], Table]) -> None:
    (first,) = examples(read("conllpp"), [0], ["tokens"], "output")
    assert first.values["tokens"] == '["EU", "rejects", "German", "call", "to", "boycott", "British", "lamb", "."]'


def test_every_published_file_is_read_as_an_ordinary_table(read: Callable[[str], Table]) -> None:
    names = sorted(path.stem for path in FOLDER.glob("*.parquet"))
    assert len(names) >= 20
    for name in names:
        table = read(name)
        assert len(table.rows) == table.files[0].rows > 0
        assert all(row.keys() == set(table.columns) for row in table.rows)
        assert (table.form.kind, table.warnings) == ("table", ())
