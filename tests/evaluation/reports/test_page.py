"""The page as a whole: its sections, that every file but the scores may be absent, and that hostile data stay inert."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from lfine.evaluation.files import read_scores, write_predictions, write_scores
from lfine.evaluation.metrics.registry import plain
from lfine.evaluation.proportions import all_alike
from lfine.evaluation.records import EndpointUse, FailedRow, Latency, Prediction, ScoreIdentity, ScoringSettings
from lfine.evaluation.reports.page import write_report
from lfine.evaluation.scoring import score
from lfine.schemas.errors import RunError

SECTIONS = ["scores", "labels", "lengths", "answers", "losses", "costs", "data", "task", "provenance"]
VOID = {"meta", "br", "img", "input", "link", "hr"}
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)> \"'& </svg></style> {{ 7 * 7 }} \u202e\ud83c"


class Reader(HTMLParser):
    """Collects tags, attributes, ids and text, and checks that every element is closed in its place."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.sections: list[str | None] = []
        self.text: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag == "section":
            self.sections.append(dict(attrs)["id"])
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def visible(self) -> str:
        return " ".join(" ".join(self.text).split())


def page_of(run: Path | None, evaluation: Path) -> Reader:
    path = write_report(run, evaluation)
    assert path == evaluation / "report.html"
    reader = Reader(path.read_text(encoding="utf-8"))
    assert reader.open == []
    return reader


def test_page_has_all_sections_in_order(run_folder: Path) -> None:
    page = page_of(run_folder, run_folder / "evaluations" / "tuned")
    assert page.sections == SECTIONS
    links = [value for name, value in page.attributes if name == "href"]
    assert list(dict.fromkeys(links[2:])) == [f"#{name}" for name in SECTIONS]  # after the two to won and lost rows
    text = page.visible()
    assert "The tuned model answers 90.0% right" in text
    assert "base 25.0%: +65.0 points" in text
    assert "on the same 40 rows." in text
    for piece in (
        "ab" * 32,
        "training rows cut 12",
        "4,000",
        "1 min 5 s",
        "a comment",
        "adapter.alpha",
        "2r",
        "lfine train",
    ):
        assert piece in text
    assert "1 value left at its default" in text


def test_the_task_s_metric_and_the_best_evaluation_are_shown(run_folder: Path) -> None:
    plain = page_of(run_folder, run_folder / "evaluations" / "tuned").visible()
    assert "1 evaluation on the way" in plain
    assert "the adapter is that of update" not in plain
    lines = [
        {"step": 5, "loss": 1.0, "learning_rate": 1.0, "step_seconds": 60.0, "tokens": 4000, "computed_tokens": 1500},
        {"step": 5, "kind": "validation", "validation_loss": 0.5, "metrics": {"f1": 0.5}, "best": True, "seconds": 30},
        {
            "step": 9,
            "kind": "validation",
            "validation_loss": 0.4,
            "metrics": {"f1": 0.45},
            "best": False,
            "seconds": 40,
        },
        {"step": 9, "kind": "checkpoint", "checkpoint": "checkpoints/step-000009", "seconds": 2.5},
    ]
    (run_folder / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    page = page_of(run_folder, run_folder / "evaluations" / "tuned")
    text = page.visible()
    assert "f1 on the validation rows that were answered on the way, in points of 100" in text
    assert ("aria-label", "f1 by update") in page.attributes
    assert [value for name, value in page.attributes if name == "class"].count(
        "mark"
    ) == 3  # losses, metric, learning rate
    assert "update validation loss f1 5 ★ 0.5 50.0 9 0.4 45.0" in text
    assert "tokens of these examples 4,000 tokens computed for them 1,500 training time 1 min 5 s" in text
    assert "of that, updates 1 min 0 s evaluations 1 min 10 s checkpoints 2.5 s" in text
    assert "the adapter is that of update 5" in text


def test_worst_answers_stand_side_by_side_where_no_script_may_run(run_folder: Path) -> None:
    page = page_of(run_folder, run_folder / "evaluations" / "tuned")
    text = page.visible()
    assert "noscript" in page.tags
    assert "The 4 worst" in text
    assert "row 0 · 0.0 · base 0.0 0 of gold auto tuned auto claims base auto claims" in text
    assert "Which department?" not in text  # common to all prompts


def test_base_has_a_report_of_its_own(run_folder: Path) -> None:
    text = page_of(run_folder, run_folder / "evaluations" / "base").visible()
    assert "The base model answers 25.0% right" in text
    assert "on 40 held-out rows." in text
    assert "base − tuned" in text


@pytest.mark.parametrize("absent", ["task.yaml", "plan.json", "run.json", "log.jsonl"])
def test_each_file_of_the_run_may_be_absent(run_folder: Path, absent: str) -> None:
    (run_folder / absent).unlink()
    page = page_of(run_folder, run_folder / "evaluations" / "tuned")
    assert ("losses" in page.sections) == (absent != "log.jsonl")
    assert "task" in page.sections


def test_scores_alone_are_enough(run_folder: Path) -> None:
    tuned = run_folder / "evaluations" / "tuned"
    (tuned / "predictions.jsonl").unlink()
    shutil.rmtree(run_folder / "evaluations" / "base")
    page = page_of(None, tuned)
    assert page.sections == ["scores", "labels", "costs", "data", "provenance"]
    assert "ab" * 32 in page.visible()  # from the scores' own provenance


def test_models_on_other_rows_are_shown_but_not_compared(run_folder: Path, add_evaluation: Callable[..., Path]) -> None:
    add_evaluation(run_folder, "base", wrong=5, rows=10)
    text = page_of(run_folder, run_folder / "evaluations" / "tuned").visible()
    assert "so the two cannot be compared" in text
    assert "Paired bootstrap" not in text


def test_baselines_come_last_and_are_spoken_of(run_folder: Path, add_evaluation: Callable[..., Path]) -> None:
    add_evaluation(run_folder, "majority", wrong=35)
    add_evaluation(run_folder, "tfidf", wrong=4)
    add_evaluation(run_folder, "an-endpoint", wrong=2)
    text = page_of(run_folder, run_folder / "evaluations" / "tuned").visible()
    places = [text.index(f"tuned − {model}") for model in ("base", "an-endpoint", "tfidf", "majority")]
    assert places == sorted(places)
    assert "The most frequent answer reaches 12.5: the tuned model is 77.5 points ahead" in text
    assert "TF-IDF with logistic regression reaches 90.0: the tuned model is not clearly better" in text


def test_hostile_data_stay_text(
    tmp_path: Path, settings: ScoringSettings, identity: ScoreIdentity, run_folder: Path
) -> None:
    rows = [Prediction(row_id, HOSTILE, f"no {HOSTILE}", f"p{row_id} {HOSTILE}", "stop", 5, 5) for row_id in range(8)]
    folder = run_folder / "evaluations" / "hostile"
    write_predictions(folder / "predictions.jsonl", rows)
    write_scores(folder / "scores.json", score(rows, settings=settings, identity=identity))
    (run_folder / "task.yaml").write_text(HOSTILE.replace("\ud83c", ""), encoding="utf-8")
    page = page_of(run_folder, folder)
    assert {"img", "iframe", "object", "link"} & set(page.tags) == set()
    assert page.tags.count("script") == 2  # the packed answers and the page's own
    assert [name for name, _ in page.attributes if name.startswith("on")] == []
    assert page.visible().count("<script>alert(1)</script>") > 10
    assert "{{ 7 * 7 }}" in page.visible()
    assert tmp_path.exists()


def test_page_is_self_contained(run_folder: Path) -> None:
    html = write_report(run_folder, run_folder / "evaluations" / "tuned").read_text(encoding="utf-8")
    page = Reader(html)
    assert "http://" not in html
    assert "https://" not in html
    assert "url(" not in html
    assert [value for name, value in page.attributes if name == "src"] == []
    assert "default-src 'none'" in html
    assert "prefers-color-scheme: dark" in html


def test_the_page_runs_its_own_script_and_no_other(run_folder: Path) -> None:
    html = write_report(run_folder, run_folder / "evaluations" / "tuned").read_text(encoding="utf-8")
    (script,) = re.findall(r"<script>(.*?)</script>", html, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in html
    assert "unsafe-inline'; script" in html  # of the style sheet alone
    assert "innerHTML" not in script
    assert "eval(" not in script


def test_costs_and_reasons_are_shown(run_folder: Path, add_evaluation: Callable[..., Path]) -> None:
    folder = add_evaluation(run_folder, "an-endpoint", wrong=2)
    latency = Latency(0.5, 1.0, 1.25, 2.0, 3.0)
    failed = (FailedRow(3, "no answer within 60 s"),)
    use = EndpointUse(
        "api.example.com", "m-1", "chat", (7,), 44, 39, 4, 900, 100, 80, 0.02, 0.018, latency, failed, (5,)
    )
    scores = replace(read_scores(folder / "scores.json"), endpoint=use, reasons={"f1": {"1": "odd", "2": "odd"}})
    write_scores(folder / "scores.json", scores)
    text = page_of(run_folder, folder).visible()
    assert "an-endpoint 40 2.0 s – 900 80 – 0.0200 0.500" in text
    assert "an-endpoint at api.example.com" in text
    assert "requests of the last command 44" in text
    assert "0.50 / 1.25 / 3.00" in text
    assert "2 f1 odd" in text
    assert "1 request failed no answer within 60 s" in text
    assert "2 f1 odd" not in page_of(run_folder, run_folder / "evaluations" / "tuned").visible()


def test_flips_are_one_click_away(run_folder: Path) -> None:
    page = page_of(run_folder, run_folder / "evaluations" / "tuned")
    assert "Against base, row by row: 26 won , 0 lost ." in page.visible()
    assert [value for name, value in page.attributes if name == "data-change"] == ["won", "lost"]


def test_wide_things_scroll_in_boxes_that_the_keyboard_reaches(run_folder: Path) -> None:
    html = write_report(run_folder, run_folder / "evaluations" / "tuned").read_text(encoding="utf-8")
    boxes = html.split("</head>")[1].count('class="scroll" tabindex="0" role="region"') - 1  # one is the matrix
    assert html.count("<table") == boxes + 1  # the table of answers wraps
    assert '<pre class="scroll" tabindex="0"' in html


def test_same_files_give_the_same_page(run_folder: Path) -> None:
    tuned = run_folder / "evaluations" / "tuned"
    first = write_report(run_folder, tuned).read_bytes()
    assert write_report(run_folder, tuned).read_bytes() == first


def test_text_task_has_no_label_section(tmp_path: Path, settings: ScoringSettings, identity: ScoreIdentity) -> None:
    rows = [Prediction(row_id, "the cat sat", "the cat ran", f"p {row_id}") for row_id in range(3)]
    text = replace(settings, metrics=(plain("rouge"),), output_type="text", labels=())
    folder = tmp_path / "evaluations" / "tuned"
    write_scores(folder / "scores.json", score(rows, settings=text, identity=identity))
    page = page_of(None, folder)
    assert "labels" not in page.sections
    said = re.search(
        r"The tuned model reaches 66\.7 points of rougeL \((\S+)–(\S+)\) on 3 held-out rows\.", page.visible()
    )
    assert said is not None
    low, high = all_alike(2 / 3, 3, within=(0.0, 1.0), confidence=settings.confidence)
    assert said.groups() == (f"{100 * low:.1f}", f"{100 * high:.1f}")


def test_evaluation_without_scores_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"scores\.json cannot be read"):
        write_report(None, tmp_path / "evaluations" / "tuned")  # a folder of its own: siblings are read too
