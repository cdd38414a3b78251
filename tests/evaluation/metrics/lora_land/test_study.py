"""LoRA Land's own scoring, bugs included: the cases that show each of them, and how rows without a score are counted.

The expected figures are those of the study's functions (predibase/lora_bakeoff, utils/metric_fns.py) with torchmetrics
1.9.0 and inflect 7.6.0: they were run on these cases, and on 30,000 random ones, with equal scores to the last bit.
"""

from __future__ import annotations

import pytest

from lfine.evaluation.metrics.registry import Answered, find, names, plain
from lfine.evaluation.records import Prediction
from tests.evaluation.metrics.asking import asked, per_row, unjudged

ALL = tuple(name for name in names() if name.startswith("lora_land."))
DROP = "{{'spans': array(['{}'], dtype=object), 'types': array(['number'], dtype=object)}}"
EXPLAINED = '{"label": 1, "explanation": "it rains"}'

CASES = [
    ("accuracy", "Yes", "yes.", 1.0),
    ("accuracy", "yes", " yes", 0.0),
    ("accuracy", "1.0", "1", 1.0),
    ("accuracy", "1", "1.0", 0.0),
    ("accuracy", "...", ".", 1.0),
    ("binary_accuracy_flex", "0", "I do not know", 1.0),
    ("binary_accuracy_flex", "0", "10 reasons: no", 0.0),
    ("binary_accuracy_flex", "1", "10 reasons: no", 1.0),
    ("binary_accuracy_flex", "true", "eyes", 1.0),
    ("binary_accuracy_flex", "maybe", "maybe", 0.0),
    ("mnli_accuracy", "2", "0, 1 or 2", 1.0),
    ("mnli_accuracy", "3", "0123", 0.0),
    ("hellaswag_accuracy", "3", "0, 1, 2, 3", 1.0),
    ("hellaswag_accuracy", "3", "ending 13", 1.0),
    ("mrpc_accuracy", "0", "Label: 0", 0.0),
    ("mrpc_accuracy", "1", "Label: 1", 1.0),
    ("mmlu_accuracy", "foo", "bar", 1.0),
    ("mmlu_accuracy", "123", "1234", 1.0),
    ("mmlu_accuracy", "2", "2) blue", 1.0),
    ("mmlu_accuracy", "2", "blue", 0.0),
    ("rouge", "the cat sat", "the cat ran", 0.6666666865348816),
    ("rouge", "", "", 0.0),
    ("rouge", "x-ray the the Home, naïve naïve the 3.5 dog a 3.5 naïve on Home,", "mat", 0.0),
    ("rouge", "dog dog ran on mat on it's on naïve dog a the", "x-ray ran it's cat sat it's", 0.260869562625885),
    (
        "rouge",
        "x-ray a cat 3.5 mat 3.5 3.5 ran the ran x-ray",
        "it's on a a Home, dog x-ray ran the Home, x-ray the dog on",
        0.3636363744735718,
    ),
    ("stsb", "4", "-3", -0.3999999999999999),
    ("stsb", "4", "9", 0.0),
    ("stsb", "4", "about 3.5", 0.9),
    ("stsb", "4", "about 7", 0.0),
    ("stsb", "4", "none", 0.0),
    ("dbpedia", "Artist", "2", 1.0),
    ("dbpedia", "Film", "-2", 1.0),
    ("dbpedia", "Artist", "Artist, Album or Film", 0.4000000059604645),
    ("drop", DROP.format("4"), "four", 1.0),
    ("drop", DROP.format("4"), "4", 1.0),
    ("drop", DROP.format("4"), "4.0", 0.0),
    ("drop", DROP.format("105"), "one hundred five", 0.8571428656578064),
    ("drop", DROP.format("Smith' 'Jones"), DROP.format("Smith"), 0.6666666865348816),
    ("label_and_explanation", EXPLAINED, '{"x": true, "explanation": "it rains"}', 1.0),
    ("label_and_explanation", EXPLAINED, '{"label": 2, "explanation": "it rains"}', 0.0),
    ("label_and_explanation", EXPLAINED, '{"label": 1, "explanation": "it snows"}', 0.5),
    ("label_and_explanation", EXPLAINED, '{"label": 1, "explanation": "it rains", "more": 0}', 0.0),
    ("label_and_explanation", EXPLAINED, "it rains", 0.0),
    ("gsm8k_regex", "… #### 1200", "It is $1,200.", 1.0),
    ("gsm8k_regex", "72", "72 (see ...)", 0.0),
    ("gsm8k_regex", "5", "3-5", 0.0),
    ("gsm8k_regex", "5", "five", 0.0),
    ("customer_support_accuracy", "card", "card or loan", 1.0),
    ("customer_support_accuracy", "card", "discard it", 1.0),
    ("customer_support_accuracy", "card", "loan", 0.0),
]
STOPPED = [
    ("stsb", "4", "1,000 cats"),
    ("stsb", "4", "nan"),
    ("stsb", "4", "-inf"),
    ("dbpedia", "Artist", "14"),
    ("drop", DROP.format("4"), "1" + "0" * 36),
    ("drop", DROP.format("4"), "{'spans': array(['4'"),
    ("label_and_explanation", EXPLAINED, '{"label": 1, "explanation": 3}'),
]


@pytest.mark.parametrize(("name", "gold", "answer", "score"), CASES)
def test_each_bug_is_there(name: str, gold: str, answer: str, score: float) -> None:
    answered = asked([(gold, answer)])
    assert per_row(find(f"lora_land.{name}"), answered) == (score,)
    assert unjudged(find(f"lora_land.{name}"), answered) == 0


@pytest.mark.parametrize(("name", "gold", "answer"), STOPPED)
def test_where_the_study_stops_the_row_scores_zero_and_is_counted(name: str, gold: str, answer: str) -> None:
    answered = asked([(gold, answer), (gold, None)])
    assert per_row(find(f"lora_land.{name}"), answered) == (0.0, 0.0)
    assert unjudged(find(f"lora_land.{name}"), answered) == 1


@pytest.mark.parametrize("name", ALL)
def test_the_answer_is_taken_as_it_came(name: str) -> None:
    """What was extracted is not looked at, and blanks are not stripped."""
    gold = DROP.format("four") if name.endswith("drop") else "4"
    raw = Prediction(0, gold, "  1 four 0\n")
    answered = Answered((gold,), (gold,), (), plain(name), given=(raw,))
    bare = Answered((gold,), ("  1 four 0\n",), (), plain(name))
    assert per_row(find(name), answered) == per_row(find(name), bare)


@pytest.mark.parametrize("name", ALL)
def test_every_output_type_is_scored_and_missing_answers_are_wrong(name: str) -> None:
    assert find(name).output_types == ("text", "category", "number", "json", "sql")
    assert per_row(find(name), asked([("['1']", None)])) == (0.0,)


@pytest.mark.parametrize(
    ("name", "good", "bad"), [("stsb", "3.5", "none"), ("stsb", "0", "1,000 and 2"), ("drop", "['4']", "4")]
)
def test_golds_that_stop_the_study_are_refused(name: str, good: str, bad: str) -> None:
    assert find(f"lora_land.{name}").judges(good)
    assert not find(f"lora_land.{name}").judges(bad)
