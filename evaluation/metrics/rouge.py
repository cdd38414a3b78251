"""ROUGE-1, ROUGE-2, ROUGE-L and ROUGE-Lsum (Lin 2004): mean F-measures over the examples, by the rouge-score library.

    gold "the cat sat"   answer "the cat ran"   → rouge1 0.667, rouge2 0.5, rougeL 0.667, rougeLsum 0.667

Words are compared as they stand, with `stemmer: true` by their stems (values `rougeL_stemmer` and so on). ROUGE-Lsum
takes each line as a sentence. With `evaluation.references` each of the four is that of the reference where it is
largest. A missing answer scores 0 in all four.
*Not here:* tokenization (the library's own: lower-cased runs of a-z and 0-9, so other scripts score 0).
"""

from __future__ import annotations

from lfine.evaluation.metrics.registry import Answered, PerExample, also, metric

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
    from rouge_score.rouge_scorer import RougeScorer  # 3 s: it imports nltk

    scorer = RougeScorer(list(VALUES), use_stemmer=bool(answered.choice.stemmer))
    rows: list[tuple[float, ...]] = []
    for references, answer in zip(answered.references, answered.answers, strict=True):
        scored = {} if answer is None else scorer.score_multi(references, answer)
        rows.append(tuple(float(scored[name].fmeasure) if scored else 0.0 for name in VALUES))
    return PerExample({name: tuple(row[place] for row in rows) for place, name in enumerate(VALUES)})
