"""What answers that know nothing score by LoRA Land's measures and by strict ones, as the table of a page.

    python -m benchmarks.scoring_floors ../shared/data      the table of docs/explanation/lora-land.md

Two kinds of answers: gold answers of other rows (shuffled), and one text that lists every label. The published figures
of the study stand beside them.

*Not here:* the measures (lfine.evaluation.metrics).
"""

from __future__ import annotations

import argparse
import csv
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lfine.evaluation.extraction import extractor
from lfine.evaluation.metrics.registry import Answered, PerExample, find, plain
from lfine.evaluation.records import Prediction
from lfine.schemas.task import Extract

MOST = 1000
COLUMNS = ("task", "study's measure", "published", "shuffled", "all listed", "strict measure", "shuffled", "all listed")
HEAD = f"| {' | '.join(COLUMNS)} |\n|---|---|--:|--:|--:|---|--:|--:|"


@dataclass(frozen=True)
class Case:
    task: str
    """As the published table names it."""
    file: str
    column: str
    study: str
    strict: str
    labels: bool = True
    """The answers are labels, found by `extract: label` for the strict measure."""


CASES = (
    Case("bc5cdr", "bc5cdr", "collected_tags", "rouge", "entity_f1", labels=False),
    Case("conllpp", "conllpp", "output", "rouge", "entity_f1", labels=False),
    Case("covid", "covid", "Sentiment", "accuracy", "accuracy"),
    Case("dbpedia", "dbpedia", "label_text", "dbpedia", "accuracy"),
    Case("glue_cola", "glue_cola", "label", "binary_accuracy_flex", "accuracy"),
    Case("glue_mnli", "glue_mnli", "label", "mnli_accuracy", "accuracy"),
    Case("glue_mrpc", "glue_mrpc", "label", "mrpc_accuracy", "accuracy"),
    Case("glue_stsb", "glue_stsb", "score", "stsb", "pearson", labels=False),
    Case("hellaswag", "hellaswag", "label", "hellaswag_accuracy", "accuracy"),
    Case("viggo", "viggo", "target", "rouge", "bleu", labels=False),
    Case("wikisql", "wikisql", "sql", "rouge", "exact_match", labels=False),
)


def text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def golds_of(path: Path, column: str) -> list[str]:
    from pyarrow import compute, parquet

    table = parquet.read_table(path, columns=[column, "split"])
    return [text(each) for each in table.filter(compute.equal(table["split"], "test"))[column].to_pylist()[:MOST]]


def measured(name: str, golds: Sequence[str], answers: Sequence[str], *, labels: Sequence[str] = ()) -> float:
    """Return the headline over all rows; with labels an answer is the one label that it names."""
    import numpy as np

    extract = extractor(Extract("label" if labels else "none", None, None), tuple(labels))
    rows = tuple(
        Prediction(place, gold, answer) for place, (gold, answer) in enumerate(zip(golds, answers, strict=True))
    )
    answered = Answered(tuple(golds), tuple(map(extract, answers)), tuple(labels), plain(name), given=rows)
    metric = find(name)
    result = metric.compute(answered)
    if isinstance(result, PerExample):
        scores = result.scores[metric.values[0]]
        return sum(scores) / len(scores)
    statistic = metric.statistics(result, plain(name))[metric.values[0]]  # type: ignore[arg-type]  # no matrix here
    return float(statistic(np.arange(len(golds), dtype=np.int64)[None, :])[0])


def line(case: Case, folder: Path, published: dict[str, str]) -> str:
    golds = golds_of(folder / f"{case.file}.parquet", case.column)
    others = list(golds)
    random.Random(11).shuffle(others)  # noqa: S311 - the same shuffle every time
    labels = sorted(set(golds)) if case.labels else []
    kinds = [others, [", ".join(labels)] * len(golds)] if labels else [others]
    study = [f"{measured(f'lora_land.{case.study}', golds, each):.2f}" for each in kinds]
    strict = [f"{measured(case.strict, golds, each, labels=labels):.2f}" for each in kinds]
    missing = ["–"] * (2 - len(kinds))
    cells = [case.task, f"`lora_land.{case.study}`", published.get(case.task, "–"), *study, *missing]
    return f"| {' | '.join([*cells, f'`{case.strict}`', *strict, *missing])} |"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="scores of answers that know nothing")
    parser.add_argument("folder", type=Path, help="the real data sets")
    folder = parser.parse_args(arguments).folder
    with (folder / "lora_land_published.csv").open(encoding="utf-8", newline="") as file:
        published = {row["task"]: row["fine_tuned"] for row in csv.DictReader(file)}
    print(HEAD)
    for case in CASES:
        print(line(case, folder, published))


if __name__ == "__main__":
    main()
