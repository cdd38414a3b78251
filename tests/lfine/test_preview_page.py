"""The page of a preview: whole, escaped, without anything from elsewhere, and saying what the preview says."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from lfine.preview_page import page
from lfine.previewing import Bin, Preview, PreviewPart, PreviewRow, preview
from tests.lfine.projects import Project

VOID = {"meta", "line", "rect", "br"}


class Reader(HTMLParser):
    """Collects the text by class of its innermost element, and fails on tags that do not pair."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, str]] = []
        self.texts: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append((tag, dict(attrs).get("class") or ""))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts.append((self.open[-1][1], data))


def read(html: str) -> Reader:
    found = Reader()
    found.feed(html)
    found.close()
    assert found.open == []
    return found


def of_class(found: Reader, name: str) -> str:
    return "".join(text for kind, text in found.texts if name in kind.split())


def one_row(tokens: tuple[str, ...], *, state: str = "whole", lost: tuple[int, int] | None = None) -> Preview:
    """A preview of one row whose last token is learned."""
    learned = (*(False for _ in tokens[1:]), True)
    row = PreviewRow(
        row_id=4,
        state="cut" if state == "cut" else "left out" if state == "left out" else "whole",
        prompt=tokens[:-1],
        completion=tokens[-1:],
        completion_learned=(True,),
        prompt_tokens=len(tokens) - 1,
        learned_tokens=1,
        cut=None,
        tokens=tokens,
        learned=learned,
        lost=lost,
        parts=(PreviewPart("user", False, len(tokens) - 1), PreviewPart("assistant", False, len(tokens))),
    )
    return Preview(
        task="t",
        rows=(row,),
        shortened=(),
        limit=10,
        p50=3,
        p95=8,
        p99=9,
        longest=12,
        train_rows=40,
        cut=1 if state == "cut" else 0,
        left_out=1 if state == "left out" else 0,
        shared_prefix=1,
        examples=(),
        control=("<|end|>",),
        histogram=(Bin(1, 5, 30), Bin(6, 10, 9), Bin(11, 15, 1)),
    )


def test_the_page_of_a_task(project: Project) -> None:
    wanted = ["prompt.examples=2", "preprocessing.max_sequence_length=p100"]
    wanted[1] = f"preprocessing.max_sequence_length={preview(project.task, wanted).longest - 1}"
    found = preview(project.task, wanted)
    html = page(found)
    text = read(html)
    assert html.count('<article class="row"') == len(found.rows) + len(found.shortened)
    assert of_class(text, "learn").replace("↵", "") == "learned" + "".join(  # the legend comes first
        token
        for row in (*found.rows, *found.shortened)
        for at, (token, yes) in enumerate(zip(row.tokens, row.learned, strict=True))
        if yes and not (row.lost and row.lost[0] <= at < row.lost[1])
    )
    assert of_class(text, "lost")
    assert html.count("part user shown") == 2 * (len(found.rows) + len(found.shortened))
    assert "Rows that lose text" in html
    assert f"limit, {found.limit} tokens" in html


def test_nothing_comes_from_elsewhere_and_nothing_runs(project: Project) -> None:
    html = page(preview(project.task))
    assert "default-src 'none'" in html
    assert not re.search(r"<script|<link|<img|@import|url\(|https?:", html)
    assert "prefers-color-scheme: dark" in html
    assert "width=device-width" in html


def test_words_of_the_data_are_text() -> None:
    evil = "<script>alert(1)</script>\"'&"
    html = page(one_row(("Hi", evil, "<|end|>")))
    assert "<script>" not in html
    assert evil in of_class(read(html), "t")


def test_half_a_surrogate_pair_is_written_as_a_question_mark() -> None:
    assert "?ouch" in page(one_row(("\ud83douch", "x")))


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("whole", "Every row fits: the longest has 12 tokens"),
        ("cut", "1 row cut, 2.5% of the training rows, to stay within 10 tokens."),
        ("left out", "1 row left out, 2.5%"),
    ],
)
def test_the_first_sentence(state: str, said: str) -> None:
    assert said in page(one_row(("a", "b"), state=state))


def test_tokens_say_what_they_are() -> None:
    html = page(one_row(("a", "b\n", "<|end|>"), state="cut", lost=(1, 2)))
    assert '<span class="t" title="token 1: &#39;a&#39;, not learned">a</span>' in html
    assert 'class="t lost" title="token 2: ' in html
    assert ">b↵\n</span>" in html
    assert 'class="t learn control" title="token 3: &#39;&lt;|end|&gt;&#39;, learned, control token"' in html


def test_the_files_of_the_page_are_in_the_package() -> None:
    root = Path(__file__).parents[2]
    packages = (root / "pyproject.toml").read_text(encoding="utf-8")
    assert '"lfine" = ["py.typed", "*.html", "*.css"]' in packages
    assert (root / "lfine" / "preview.html").is_file()
