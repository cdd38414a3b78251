"""ROUGE-1, ROUGE-2, ROUGE-L and ROUGE-Lsum (Lin 2004): mean F-measures over the examples, by the rouge-score library.

    gold "the cat sat"   answer "the cat ran"   → rouge1 0.667, rouge2 0.5, rougeL 0.667, rougeLsum 0.667

Words are compared as they stand, with `stemmer: true` by their stems (values `rougeL_stemmer` and so on). ROUGE-Lsum
takes each line as a sentence. With `evaluation.references` each of the four is that of the reference where it is
largest. A missing answer scores 0 in all four.
*Not here:* tokenization (the library's own: lower-cased runs of a-z and 0-9, so other scripts score 0).
"""

from __future__ import annotations

from lfine.evaluation.metrics.registry import Answered, PerExample, also, metric
from lfine.evaluation.rouge_l import common_f

VALUES = ("rougeL", "rouge1", "rouge2", "rougeLsum")


@also(looks_at=("references",))
@metric(
    output_types=("text",),
    kind="mean",
    source="rouge_score.rouge_scorer.RougeScorer, F-measure, use_stemmer as `stemmer` says",
    values=VALUES,
    parameters={"stemmer": False},
)
def rouge(answered: Answered) -> PerExample:
    scorer = _Scorer(stemmer=bool(answered.choice.stemmer))
    rows: list[tuple[float, ...]] = []
    for references, answer in zip(answered.references, answered.answers, strict=True):
        each = [] if answer is None else [scorer.score(reference, answer) for reference in references]
        rows.append(tuple(map(max, zip(*each, strict=True))) if each else (0.0,) * len(VALUES))
    return PerExample({name: tuple(row[place] for row in rows) for place, name in enumerate(VALUES)})


class _Scorer:
    """The library's figures; its tables for ROUGE-L (5 s for 1,000 rows of 100 words) are filled only where needed."""

    def __init__(self, *, stemmer: bool) -> None:
        from rouge_score.rouge_scorer import RougeScorer  # 3 s: it imports nltk
        from rouge_score.tokenizers import DefaultTokenizer

        self.tokenizer = DefaultTokenizer(use_stemmer=stemmer)
        self.words = RougeScorer(["rouge1", "rouge2"], tokenizer=self.tokenizer)
        self.lines = RougeScorer(["rougeLsum"], tokenizer=self.tokenizer)

    def score(self, gold: str, answer: str) -> tuple[float, ...]:
        """Return the F-measures in the order of VALUES."""
        counted = self.words.score(gold, answer)
        longest = common_f(self.tokenizer.tokenize(gold), self.tokenizer.tokenize(answer))
        summary = longest  # of one line each: the same subsequence
        if "\n" in gold or "\n" in answer:
            summary = self.lines.score(gold, answer)["rougeLsum"].fmeasure
        return longest, float(counted["rouge1"].fmeasure), float(counted["rouge2"].fmeasure), float(summary)
