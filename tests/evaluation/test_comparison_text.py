"""The words of a comparison: the table's edges, verdicts, what a test set could show, Markdown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from lfine.evaluation.compare import Comparison, adjusted, compare
from lfine.evaluation.comparison_text import amount, markdown, signed, table
from lfine.evaluation.records import Scores

GOLDS = ["auto", "home", "home", "auto"] * 25
GOOD = list(zip(GOLDS, ["auto", "home", "home", "home"] * 25, strict=True))
POOR = list(zip(GOLDS, ["auto", "auto", "home", None] * 25, strict=True))
ALIKE = [*GOOD[:-1], ("auto", "auto")]

Build = Callable[..., Scores]
Pair = tuple[str, str] | tuple[str, str | None]


def of(scored: Build, first: Sequence[Pair], second: Sequence[Pair]) -> Comparison:
    metrics = ("accuracy", "f1")
    return compare(scored(first, metrics=metrics), scored(second, metrics=metrics, model="a-long-model-name"))


def test_the_table_has_right_edges_and_a_verdict(scored: Build) -> None:
    lines = table(of(scored, GOOD, POOR)).split("\n")
    assert lines[0] == "tuned against a-long-model-name on the same 100 rows of test"
    heads = ["metric", "tuned", "a-long-model-name", "difference", "p", "wins", "losses", "ties", "tuned", "is"]
    assert lines[1].split() == heads
    assert lines[2].split()[:5] == ["accuracy", "*", "75.0", "50.0", "+25.0"]
    assert lines[2].endswith("75  better")
    assert lines[1].index("tuned") + 5 == lines[2].index("75.0") + 4
    how = "shares in points of 100; intervals at 95%, of the paired difference; p by permutation"
    assert lines[4] == f"* headline; {how}"
    assert lines[5:] == ["  exact McNemar p: <0.0001"]
    assert table(of(scored, POOR, GOOD)).split("\n")[2].endswith("75  worse")


def test_without_a_difference_it_says_what_the_rows_could_show(scored: Build) -> None:
    lines = table(of(scored, GOOD, ALIKE)).split("\n")
    assert lines[2].endswith("no difference shown")
    assert lines[-1] == "  this test set of 100 rows could show a difference of 7.8 points or more (80% power)"


def test_rows_too_few_to_show_anything_promise_nothing(scored: Build) -> None:
    assert "could show" not in table(of(scored, GOOD[:4], ALIKE[:4]))


def test_holm_s_p_stands_below_where_there_are_several(scored: Build) -> None:
    found = adjusted([of(scored, GOOD, POOR), of(scored, GOOD, ALIKE)])
    assert "  p of accuracy adjusted for all comparisons (Holm): 0.0002" in table(found[0])
    assert "(Holm): 1.0000" in table(found[1])
    assert "Holm" not in table(of(scored, GOOD, POOR))


def test_a_long_name_moves_its_neighbours(scored: Build) -> None:
    found = of(scored, GOOD, POOR)
    long = replace(found, differences=(replace(found.main, metric="lora_land.customer_support"),), headline="")
    lines = table(long).split("\n")
    assert lines[1].index("tuned") + 5 == lines[2].index("75.0") + 4


def test_markdown_is_a_table_with_sentences_below(scored: Build) -> None:
    found = replace(of(scored, GOOD, ALIKE), second="a|b")
    lines = markdown([found]).split("\n")
    assert lines[0] == "**tuned against a|b on the same 100 rows of test**"
    assert lines[2] == "| metric | tuned | a\\|b | difference | 95% interval | p | tuned is |"
    assert lines[3] == "| --- | --: | --: | --: | --: | --: | --- |"
    assert lines[4].startswith("| `accuracy` | 75.0 | 76.0 | -1.0 | -4.3 to +2.3 | ")
    assert lines[4].endswith("| 1.0000 | **no difference shown** |")
    assert lines[5].endswith("| no difference shown |")
    assert lines[-1].startswith(
        "Shares in points of 100; intervals at 95%, of the paired difference; p by permutation."
        " Exact McNemar p: 1.0000. "
    )
    assert lines[-1].endswith("This test set of 100 rows could show a difference of 7.8 points or more (80% power).")
    assert markdown([found, found]).count("| metric |") == 2


def test_what_is_no_share_is_shown_as_it_is(scored: Build) -> None:
    gap = replace(of(scored, GOOD, POOR).main, share=False)
    assert (signed(gap, -1.26), amount(gap, 0.418)) == ("-1.3", "0.42")
    assert (signed(replace(gap, share=True), -0.0126), amount(replace(gap, share=True), 0.418)) == (
        "-1.3",
        "41.8 points",
    )
