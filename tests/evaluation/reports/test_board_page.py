"""The leaderboard's page: what it says, that nothing in it can run or be fetched, and that it sorts in a browser."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from lfine.evaluation.leaderboard import Cost, Evaluation, Leaderboard, leaderboard
from lfine.evaluation.records import Scores
from lfine.evaluation.reports.board_page import BoardPage, Trained, board_page, total, verdict
from lfine.evaluation.reports.published import Published, PublishedRow

Build = Callable[..., Scores]
RIGHTS = {"sure_win": (40, 8), "sure_loss": (8, 35), "unclear": (21, 20)}
HOSTILE = '<script>alert("x")</script>'


@pytest.fixture
def made(scored: Build) -> Callable[..., Evaluation]:
    def build(task: str, model: str, right: int, *, cost: Cost | None = None) -> Evaluation:
        pairs = [("auto", "auto" if row < right else "home") for row in range(40)]
        return Evaluation(replace(scored(pairs, model=model), task=task), cost=cost, report=f"{task}/report.html")

    return build


@pytest.fixture
def board(made: Callable[..., Evaluation]) -> Leaderboard:
    pairs = [(made(task, "tuned", ours), made(task, "base", theirs)) for task, (ours, theirs) in RIGHTS.items()]
    return leaderboard([each for pair in pairs for each in pair])


def test_the_verdict_counts_wins_losses_and_what_cannot_be_told(board: Leaderboard) -> None:
    assert verdict(board) == (
        "The tuned models beat the best other model on 1 of 3 tasks beyond chance and lose on 1; "
        "on 1 the held-out rows cannot tell."
    )


def test_without_lifts_the_page_says_so(made: Callable[..., Evaluation]) -> None:
    alone = leaderboard([made("a", "base", 5)])
    page = board_page(BoardPage(alone))
    assert "there is no lift to tell" in page
    assert 'id="lifts"' not in page


def test_only_its_own_script_may_run_and_nothing_is_fetched(board: Leaderboard) -> None:
    page = board_page(BoardPage(board))
    (script,) = re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'\"" in page
    assert "default-src 'none'" in page
    assert not re.findall(r"(?:src|href)=\"(?:https?:)?//", page)
    assert not re.findall(r"\son[a-z]+=", page)


def test_names_from_files_are_escaped(made: Callable[..., Evaluation]) -> None:
    found = [made(HOSTILE, model, right) for model, right in (("tuned", 30), (f"{HOSTILE}_m", 3))]
    theirs = Published(HOSTILE, (HOSTILE,), {HOSTILE: PublishedRow(HOSTILE, HOSTILE, (0.5,))})
    page = board_page(BoardPage(leaderboard(found), (Trained(HOSTILE, 8, 1, 2.0),), theirs))
    assert page.count("<script") == 1
    assert "alert(&#34;x&#34;)" in page


class Cells(HTMLParser):
    """The text of each line of one section's tables."""

    def __init__(self, section: str) -> None:
        super().__init__()
        self.section, self.inside, self.rows = section, False, [[]]

    rows: list[list[str]]

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        if tag == "section":
            self.inside = ("id", self.section) in attrs
        if self.inside and tag == "tr":
            self.rows.append([])
        if self.inside and tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self.rows.append([])

    def handle_data(self, data: str) -> None:
        if self.inside and self.rows[-1]:
            self.rows[-1][-1] += data


def rows_of(page: str, section: str) -> list[list[str]]:
    parser = Cells(section)
    parser.feed(page)
    return [[" ".join(cell.split()) for cell in row] for row in parser.rows if row]


def test_published_scores_stand_apart(board: Leaderboard) -> None:
    theirs = Published("study.csv", ("gpt_4",), {"sure_win": PublishedRow("sure_win", "rouge", (0.99,))})
    page, before = board_page(BoardPage(board, (), theirs)), board_page(BoardPage(board))
    assert rows_of(page, "published")[1:] == [["sure_win", "rouge", "99.0", "accuracy", "100.0"]]
    assert rows_of(page, "scores") == rows_of(before, "scores")
    assert rows_of(page, "lifts") == rows_of(before, "lifts")
    assert 'id="published"' not in before


def test_the_average_and_how_often_each_is_best(board: Leaderboard) -> None:
    average, best = rows_of(board_page(BoardPage(board)), "scores")[-2:]
    assert (average[0], best) == ("average of 3", ["best on", "", "", "2", "1", ""])
    assert [cell.split()[0] for cell in average[3:5]] == ["57.5", "52.5"]


def test_costs_are_summed_where_every_task_knows_them(made: Callable[..., Evaluation]) -> None:
    known, other = Cost(10.0, 100, 5, 0.5), Cost(20.0, 200, 6, None)
    board = leaderboard([made("a", "tuned", 9, cost=known), made("b", "tuned", 9, cost=other), made("b", "base", 9)])
    assert total(board, "tuned") == Cost(30.0, 300, 11, None)
    assert total(board, "base") is None
    page = board_page(BoardPage(board, (Trained("a", 1600, 200, 61.0),)))
    assert rows_of(page, "costs")[-1] == ["all", "1 min 1 s", "1,600", "30.0 s300 + 11 tokens"]


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[object]:
    webdriver = pytest.importorskip("selenium.webdriver")
    found = [shutil.which(name) for name in ("chromium", "chromedriver")]
    if not all(found):
        pytest.skip("no chromium and chromedriver here")
    options = webdriver.ChromeOptions()
    options.binary_location = found[0]
    quiet = ("no-first-run", "disable-background-networking", "disable-component-update", "disable-sync")
    for word in ("headless", "no-sandbox", "disable-gpu", *quiet, f"user-data-dir={tmp_path / 'profile'}"):
        options.add_argument(f"--{word}")
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(found[1]))
    yield driver
    driver.quit()


def test_it_sorts_by_keyboard_and_finds_tasks(board: Leaderboard, browser: object, tmp_path: Path) -> None:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.remote.webdriver import WebDriver

    assert isinstance(browser, WebDriver)
    path = tmp_path / "board.html"
    path.write_text(board_page(BoardPage(board)), encoding="utf-8")
    browser.get(path.as_uri())

    def tasks() -> list[str]:
        heads = browser.find_elements(By.CSS_SELECTOR, "#scores tbody th a")
        return [head.text for head in heads if head.is_displayed()]

    assert tasks() == ["sure_win", "sure_loss", "unclear"]
    button = browser.find_elements(By.CSS_SELECTOR, "#scores th button")[3]
    assert button.text == "tuned"
    button.send_keys(Keys.ENTER)
    assert tasks() == ["sure_win", "unclear", "sure_loss"]
    button.send_keys(Keys.SPACE)
    assert tasks() == ["sure_loss", "unclear", "sure_win"]
    assert button.find_element(By.XPATH, "..").get_attribute("aria-sort") == "ascending"
    browser.find_element(By.ID, "search").send_keys("SURE")
    assert tasks() == ["sure_loss", "sure_win"]
    assert browser.find_element(By.ID, "said").get_attribute("textContent") == "2 tasks"


def test_light_and_dark_by_a_switch_that_keeps_what_was_chosen(
    board: Leaderboard, browser: object, tmp_path: Path
) -> None:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.remote.webdriver import WebDriver

    assert isinstance(browser, WebDriver)
    path = tmp_path / "board.html"
    path.write_text(board_page(BoardPage(board)), encoding="utf-8")
    browser.get(path.as_uri())

    def ground() -> object:
        return browser.execute_script("return getComputedStyle(document.body).backgroundColor")

    first = ground()
    browser.find_element(By.ID, "theme").click()
    second = ground()
    assert first != second
    browser.refresh()
    assert ground() == second
    browser.find_element(By.ID, "theme").click()
    assert ground() == first
