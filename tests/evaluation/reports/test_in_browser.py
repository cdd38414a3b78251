"""The report in Chromium: opened from a file, searched, filtered, read with the keyboard, hostile answers and all.

Skips, saying so, where Chromium, ChromeDriver or selenium is absent.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.chromium import absent, browser, complaints, resize
from lfine.evaluation.files import write_predictions, write_scores
from lfine.evaluation.metrics.registry import plain
from lfine.evaluation.records import Prediction, Provenance, ScoreIdentity, ScoringSettings
from lfine.evaluation.reports.page import write_report
from lfine.evaluation.scoring import score
from lfine.schemas.task import Extract

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

pytestmark = pytest.mark.skipif(absent() is not None, reason=f"the report in a browser: {absent()}")

TAKE = "document.title='taken'"
HOSTILE = f'</script><script>{TAKE}</script><img src=x onerror="{TAKE}"> {{{{7*7}}}} \u202e\ud83c'
LONG = "word " * 200
ENTER, ESCAPE, DOWN = "\ue007", "\ue00c", "\ue015"
READY = "return document.getElementById('found').textContent"


@pytest.fixture(scope="module")
def driver() -> Iterator[Chrome]:
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a report of 40 rows: 4 wrong, 1 without an answer, one hostile, one long; base has the first 30 wrong."""
    evaluations = tmp_path_factory.mktemp("run") / "evaluations"
    made = Provenance("0.1.0", "3.11.9", {}, None, None, "2026-07-14T09:00:00+00:00", "lfine evaluate claims.yaml", {})
    settings = ScoringSettings(
        metrics=tuple(map(plain, ("accuracy", "confusion"))),
        output_type="category",
        labels=("auto", "auto claims", "home"),
        extract=Extract("label", None, None),
        confidence=0.95,
        seed=7,
    )
    for model, wrong in (("tuned", 4), ("base", 30)):
        rows = []
        for row in range(40):
            gold = ("auto", "home")[row % 2]
            answer: str | None = ("auto claims" if row < wrong else gold) + (f" {HOSTILE}" if row == 3 else "")
            text = f"number {row} {'<b>bold</b> ' + LONG if row == 5 else ''}"
            prompt = f"Which department? Message: {text} Department:"
            rows.append(Prediction(row, gold, None if row == 20 else answer, prompt, "stop", 20 + row, 2))
        identity = ScoreIdentity("claims", model, "test", None, None, "evaluation0", made, 2.0)
        write_predictions(evaluations / model / "predictions.jsonl", rows)
        write_scores(evaluations / model / "scores.json", score(rows, settings=settings, identity=identity))
    return write_report(None, evaluations / "tuned")


@pytest.fixture
def opened(driver: Chrome, page: Path) -> Chrome:
    resize(driver, 1280, 900)
    driver.get(page.as_uri())
    wait(driver, "40 of 40 answers")
    return driver


def wait(driver: Chrome, found: str) -> None:
    from selenium.webdriver.support.ui import WebDriverWait

    WebDriverWait(driver, 60).until(lambda each: each.execute_script(READY) == found)


def run(driver: Chrome, script: str) -> Any:
    return driver.execute_script(script)


def shown(driver: Chrome) -> list[int]:
    """Return the ids of the rows on the screen."""
    ids = (
        "return [...document.querySelectorAll('#answer-table tbody button')].map((each) => +each.textContent.slice(1))"
    )
    found: list[int] = run(driver, ids)
    return found


def press(driver: Chrome, *keys: str) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    for key in keys:
        ActionChains(driver).send_keys(key).perform()


def click(driver: Chrome, selector: str) -> None:
    run(driver, f"document.querySelector({selector!r}).click()")


def test_search_finds_words_of_prompts_answers_and_row_numbers(opened: Chrome) -> None:
    assert shown(opened)[:5] == [0, 1, 2, 3, 20]  # worst first
    press(opened, "/", *"BOLD")
    wait(opened, "1 of 40 answers")
    assert shown(opened) == [5]
    press(opened, ESCAPE)
    wait(opened, "40 of 40 answers")
    press(opened, "/", *"#17")
    wait(opened, "1 of 40 answers")
    assert shown(opened) == [17]
    press(opened, *" nowhere")
    wait(opened, "0 of 40 answers")


def test_filters_by_result_label_length_and_flip(opened: Chrome) -> None:
    click(opened, "#states [data-value=wrong]")
    wait(opened, "4 of 40 answers")
    click(opened, "#states [data-value=unscored]")
    wait(opened, "1 of 40 answers")
    assert shown(opened) == [20]
    click(opened, "#all")
    wait(opened, "40 of 40 answers")
    click(opened, "a[data-change=won]")
    wait(opened, "25 of 40 answers")
    assert set(shown(opened)) == set(range(4, 30)) - {20}
    cell = 'g[data-gold="home"][data-answered="auto claims"] rect'
    run(opened, f"document.querySelector({cell!r}).dispatchEvent(new MouseEvent('click', {{bubbles: true}}))")
    wait(opened, "2 of 40 answers")
    assert shown(opened) == [1, 3]
    click(opened, "#all")
    wait(opened, "40 of 40 answers")
    run(opened, "document.getElementById('longest').value = 22")
    run(opened, "document.getElementById('longest').dispatchEvent(new Event('input', {bubbles: true}))")
    wait(opened, "3 of 40 answers")
    assert sorted(shown(opened)) == [0, 1, 2]


def test_rows_are_walked_and_opened_with_the_keyboard(opened: Chrome) -> None:
    at = "return document.activeElement.textContent + document.activeElement.getAttribute('aria-expanded')"
    press(opened, "j")
    assert run(opened, at) == "#0false"
    press(opened, DOWN, "j", "k", ENTER)
    assert run(opened, at) == "#1true"
    assert "21 prompt tokens" in run(opened, "return document.querySelector('.row-facts').textContent")
    press(opened, ESCAPE)
    assert run(opened, at) == "#1false"
    press(opened, *("j" * 24))
    assert "26 to 40" in run(opened, "return document.getElementById('leaf').textContent")
    press(opened, "k")
    assert "1 to 25" in run(opened, "return document.getElementById('leaf').textContent")


def test_what_differs_from_gold_is_marked(opened: Chrome) -> None:
    marks = (
        "return [...document.querySelectorAll('tr[data-row=\"1\"] td')]"
        ".map((cell) => [...cell.querySelectorAll('mark')].map((mark) => mark.textContent))"
    )
    assert run(opened, marks) == [[], ["home"], ["auto claims"], ["auto claims"]]


def test_hostile_answers_stay_text(opened: Chrome) -> None:
    assert run(opened, "return document.title") == "claims: tuned – lfine report"
    text = run(opened, "return document.querySelector('tr[data-row=\"3\"]').textContent")
    assert "</script><script>" in text
    assert "{{7*7}}" in text
    assert run(opened, "return document.querySelectorAll('img, #answer-table script, #answer-table b').length") == 0
    assert complaints(opened) == []  # nothing was asked for, and no script of theirs was refused: there is none


def test_long_texts_are_short_until_the_row_is_opened(opened: Chrome) -> None:
    length = "return document.querySelector('tr[data-row=\"5\"] .text').textContent.length"
    press(opened, "/", *"#5")
    wait(opened, "1 of 40 answers")
    assert run(opened, length) < 300
    click(opened, 'tr[data-row="5"] button')
    assert run(opened, length) > 1000


def test_light_and_dark_by_a_switch(opened: Chrome) -> None:
    ground = "return getComputedStyle(document.body).backgroundColor"
    first = run(opened, ground)
    click(opened, "#theme")
    second = run(opened, ground)
    assert first != second
    click(opened, "#theme")
    assert run(opened, ground) == first


def test_on_a_phone_nothing_is_wider_than_the_screen(opened: Chrome) -> None:
    resize(opened, 390, 844)
    assert run(opened, "return [document.documentElement.scrollWidth, innerWidth]") == [390, 390]
    assert run(opened, "return getComputedStyle(document.querySelector('#answer-table td')).display") == "block"
