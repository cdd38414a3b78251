"""A report of ten thousand answers as a reader meets it: its size, the time to open, search and filter; pictures.

    python -m benchmarks.report_look                    # figures only
    python -m benchmarks.report_look --pictures         # writes docs/explanation/report-*.png too
    report: 10,000 answers, 77 labels: 1.19 MB, opens in 0.84 s, search 82 ms, filter 23 ms

Opening is measured from the navigation to the first rows of the table on the screen, in Chromium without a window; the
middle of five. The answers are made up (report_place.py), the page is lfine's.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.chromium import SECONDS, absent, browser, complaints, picture
from benchmarks.report_place import make_up
from lfine.evaluation.reports.page import write_report

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "explanation"
MOST_BYTES = 5_000_000
MOST_SECONDS = 2.0
TIMES = 5
READY = "return document.getElementById('found').textContent !== '' && performance.now()"
TIMED = """
const from = performance.now();
{};
document.body.offsetHeight;
return performance.now() - from;
"""
TYPED = """
const box = document.getElementById('search');
box.value = {!r};
box.dispatchEvent(new Event('input', {{bubbles: true}}));
"""
LOST = """
document.querySelector('#changes button').click();
document.querySelectorAll('#answer-table tbody button')[1].click();
document.activeElement.blur();
"""
GO_TO = "document.getElementById('{}').scrollIntoView()"
VIEWS = (
    ("report-desktop-light", 1280, False, "scrollTo(0, 0)"),
    ("report-answers-dark", 1280, True, LOST + GO_TO.format("answers")),
    ("report-calibration-light", 1280, False, GO_TO.format("calibration")),
    ("report-phone-light", 390, False, TYPED.format("scratch") + GO_TO.format("answers")),
    ("report-phone-dark", 390, True, "scrollTo(0, 0)"),
)
"""File name, width, dark, and what is done before the picture is taken."""


def opened(driver: Chrome, page: Path) -> float:
    """Open the page and return the seconds from the navigation to the first rows."""
    driver.get(page.as_uri())
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        found = driver.execute_script(READY)
        if found:
            return float(driver.execute_script("return performance.getEntriesByName('answers')[0].startTime")) / 1000
        time.sleep(0.02)
    raise SystemExit(f"the table was not there after {SECONDS} s: {complaints(driver)}")


def measure(page: Path) -> tuple[float, float, float]:
    """Return seconds to open, and milliseconds to search and to filter, each the middle of TIMES."""
    opening, search, filtered = [], [], []
    for _ in range(TIMES):
        with browser() as driver:
            opening.append(opened(driver, page))
            search.append(float(driver.execute_script(TIMED.format(TYPED.format("scratch door")))))
            driver.execute_script(TYPED.format(""))
            click = "document.querySelector('#states button').click()"
            filtered.append(float(driver.execute_script(TIMED.format(click))))
            if complaints(driver):
                raise SystemExit(f"the page complains: {complaints(driver)}")
    return statistics.median(opening), statistics.median(search), statistics.median(filtered)


def take_pictures(page: Path) -> None:
    """Write the views of a page into the docs."""
    for name, width, dark, act in VIEWS:
        with browser(width=width, height=800 if width > 500 else 844, dark=dark) as driver:
            opened(driver, page)
            driver.execute_script(act)
            path = PICTURES / f"{name}.png"
            picture(driver, path)
            print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


def main() -> int:
    """Measure; end with 1 where a promise is not kept."""
    parser = argparse.ArgumentParser(description="measure a large report, and take pictures of a small one")
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--labels", type=int, default=77)
    parser.add_argument("--pictures", action="store_true", help="of a report of 1,000 answers with 9 labels")
    arguments = parser.parse_args()
    if absent():
        print(f"benchmarks.report_look: {absent()}", file=sys.stderr)
        return 3
    with tempfile.TemporaryDirectory() as place:
        if arguments.pictures:
            folder = make_up(Path(place) / "small", rows=1000, labels=9, seed=0)
            take_pictures(write_report(folder.parent.parent, folder))
        folder = make_up(Path(place) / "large", rows=arguments.rows, labels=arguments.labels, seed=0)
        page = write_report(folder.parent.parent, folder)
        size = page.stat().st_size
        opening, search, filtered = measure(page)
    print(f"report: {arguments.rows:,} answers, {arguments.labels} labels: {size / 1e6:.2f} MB, ", end="")
    print(f"opens in {opening:.2f} s, search {search:.0f} ms, filter {filtered:.0f} ms")
    return int(size >= MOST_BYTES or opening >= MOST_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
