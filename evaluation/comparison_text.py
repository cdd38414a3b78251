"""A comparison of two models in words: a table for the terminal, and one in Markdown for a pull request.

    tuned against base on the same 1,000 rows of test
    metric           tuned    base  difference                      p  wins  losses  ties  tuned is
    accuracy *        91.2    31.0  +60.2 (+57.1 to +63.3)    <0.0001   624      22   354  better

Shares are in points of 100. *Not here:* the figures (lfine.evaluation.compare).
"""

from __future__ import annotations

from collections.abc import Sequence

from lfine.evaluation.compare import Comparison, Difference


def table(comparison: Comparison) -> str:
    """Return the table for people, without a trailing newline."""
    wide = max(len(comparison.first), len(comparison.second), 8)
    name = max(14, *(len(_name(each, comparison)) + 2 for each in comparison.differences))
    heads = f"{comparison.first:>{wide}}{comparison.second:>{wide + 2}}  {'difference':<24}{'p':>9}"
    heads += f"  wins  losses  ties  {comparison.first} is"
    lines = [_title(comparison), f"{'metric':<{name}}{heads}"]
    lines += [_line(each, comparison, (name, wide)) for each in comparison.differences]
    lines.append(f"* headline; {_how(comparison)}")
    return "\n".join([*lines, *(f"  {sentence}" for sentence in _sentences(comparison))])


def markdown(comparisons: Sequence[Comparison]) -> str:
    """Return tables in GitHub's Markdown, one for each comparison, without a trailing newline."""
    return "\n\n".join(map(_markdown, comparisons))


def _markdown(comparison: Comparison) -> str:
    level = f"{100 * comparison.confidence:g}% interval"
    cells = ["metric", comparison.first, comparison.second, "difference", level, "p", f"{comparison.first} is"]
    rows = [cells, ["---", *["--:"] * 5, "---"]]
    for each in comparison.differences:
        bold = "**" if each.metric == comparison.headline else ""
        figures = [_figure(each, each.first), _figure(each, each.second), signed(each, each.difference)]
        rows.append([f"`{each.metric}`", *figures, interval(each), p_text(each.p_value), f"{bold}{each.verdict}{bold}"])
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    notes = " ".join(f"{each[:1].upper()}{each[1:]}." for each in (_how(comparison), *_sentences(comparison)))
    return "\n".join([f"**{_title(comparison)}**", "", *lines, "", notes])


def _title(comparison: Comparison) -> str:
    return f"{comparison.first} against {comparison.second} on the same {comparison.n:,} rows of {comparison.split}"


def _how(comparison: Comparison) -> str:
    points = "shares in points of 100; " if any(each.share for each in comparison.differences) else ""
    return f"{points}intervals at {100 * comparison.confidence:g}%, of the paired difference; p by permutation"


def _sentences(comparison: Comparison) -> list[str]:
    """Return what else a reader must know: other p-values, and what these rows could not show."""
    main, said = comparison.main, []
    exact = next((each.mcnemar_p for each in comparison.differences if each.mcnemar_p is not None), None)
    if exact is not None:
        said.append(f"exact McNemar p: {p_text(exact)}")
    if comparison.holm_p is not None:
        said.append(f"p of {main.metric} adjusted for all comparisons (Holm): {p_text(comparison.holm_p)}")
    if main.verdict == "no difference shown" and main.shown_from is not None:
        least = f"a difference of {amount(main, main.shown_from)} or more"
        said.append(f"this test set of {comparison.n:,} rows could show {least} (80% power)")
    return said


def _name(each: Difference, comparison: Comparison) -> str:
    return each.metric + (" *" if each.metric == comparison.headline else "")


def _line(each: Difference, comparison: Comparison, widths: tuple[int, int]) -> str:
    name, wide = widths
    values = f"{_figure(each, each.first):>{wide}}{_figure(each, each.second):>{wide + 2}}"
    span = f"{signed(each, each.difference)} ({interval(each)})"
    counts = f"{each.wins:>6}{each.losses:>8}{each.ties:>6}"
    return f"{_name(each, comparison):<{name}}{values}  {span:<24}{p_text(each.p_value):>9}{counts}  {each.verdict}"


def interval(each: Difference) -> str:
    """Return the interval of a difference, both ends with their signs."""
    return f"{signed(each, each.low)} to {signed(each, each.high)}"


def signed(each: Difference, value: float) -> str:
    """Return a difference with its sign: a share in points of 100, everything else as it is."""
    return f"{_scale(each) * value:+.1f}"


def amount(each: Difference, value: float) -> str:
    """Return how much of a metric, with its unit where it has one: `1.3 points`, or `0.42`."""
    return f"{100 * value:.1f} points" if each.share else f"{value:.2f}"


def p_text(p_value: float) -> str:
    return "<0.0001" if p_value < 0.0001 else f"{p_value:.4f}"


def _figure(each: Difference, value: float) -> str:
    return f"{_scale(each) * value:.1f}"


def _scale(each: Difference) -> int:
    return 100 if each.share else 1
