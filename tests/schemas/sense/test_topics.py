"""Borders of the checks that need no place of their own: what is flagged, and what next to it is not.

    ("trainer: {early_stop: 10}", ["LF257"])   ("trainer: {early_stop: 9}", [])

*Not here:* their texts (golden files), the prompt's checks (test_prompt.py).
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lfine.schemas.problems import Problem

Check = Callable[..., list[Problem]]

ADDED: dict[str, list[tuple[str, list[str]]]] = {
    "length of training": [
        ("trainer: {epochs: 0.5}", []),
        ("trainer: {train_steps: 10, epochs: null}", []),
        ("trainer: {epochs: 3, train_steps: 10}", ["LF206"]),
        ("trainer: {epochs: 100}", []),
        ("trainer: {epochs: 101}", ["LF262"]),
    ],
    "split": [
        ("preprocessing: {split: {type: fixed, column: fold}}", []),
        ("preprocessing: {split: {type: fixed, column: fold, seed: 3}}", ["LF237"]),
        ("preprocessing: {split: {type: fixed, column: fold, seed: 3}, sample_ratio: 0.5}", []),
        ("preprocessing: {split: {column: fold}}", []),
        ("preprocessing: {split: {column: fold, probabilities: [0.8, 0.1, 0.1]}}", ["LF236"]),
        ("preprocessing: {split: {type: random, column: fold}}", ["LF235"]),
        ("preprocessing: {split: {type: hash, probabilities: [0.7, 0.1, 0.2], seed: 3}}", []),
        ("preprocessing: {split: {probabilities: [0.3333333, 0.3333333, 0.3333334]}}", []),
        ("preprocessing: {split: {type: stratify}}", []),
        ("preprocessing: {split: {type: stratify, column: topic, seed: 3}}", []),
        ("preprocessing: {split: {type: datetime}}", ["LF238"]),
        ("preprocessing: {split: {type: datetime, column: day, seed: 3}}", ["LF237"]),
        ("preprocessing: {split: {probabilities: [0, 0.5, 0.5]}}", ["LF281"]),
        ("preprocessing: {split: {probabilities: [0.9, 0, 0.1]}}\nevaluation: {split: validation}", ["LF281"]),
        ("preprocessing: {split: {probabilities: [0.9, 0.1, 0]}}\nevaluation: {split: validation}", []),
    ],
    "adapter": [
        ("adapter: null", []),
        ("adapter: null\nquantization: null", []),
        ("adapter: null\nquantization: {bits: null}", []),
        ("adapter: null\nquantization: {bits: 8}", ["LF205"]),
        ("quantization: {bits: 8}", []),
        ("quantization: {bits: null, bnb_4bit_use_double_quant: true}", ["LF282"]),
        ("adapter: {r: 64, alpha: 12}", ["LF246"]),
        ("adapter: {r: 64, alpha: 13}", []),
        ("adapter: {r: 4, alpha: 32}", []),
        ("adapter: {r: 4, alpha: 33}", ["LF246"]),
        ("adapter: {r: 4, alpha: 16, use_rslora: true}", []),
        ("adapter: {r: 4, alpha: 17, use_rslora: true}", ["LF246"]),
        ("adapter: {dropout: 0.5}", []),
        ("adapter: {target_modules: all-linear, rank_pattern: {anything: 4}}", []),
        ("adapter: {target_modules: [q_proj], rank_pattern: {layers.0.self_attn.q_proj: 4}}", []),
        ("adapter: {target_modules: [self_attn.q_proj], alpha_pattern: {q_proj: 4}}", []),
        ("adapter: {target_modules: [q_proj], alpha_pattern: {'.*[0-3].*v_proj': 4}}", []),
        ("adapter: {target_modules: [q_proj], alpha_pattern: {'^k_proj$': 4}}", ["LF245"]),
        ("adapter: {target_modules: [q_proj], rank_pattern: {xq_proj: 4}}", ["LF245"]),
        ("adapter: {init_lora_weights: orthogonal, rank_pattern: {q_proj: 3}}", ["LF292"]),
        ("adapter: {init_lora_weights: gaussian, r: 7}", []),
        ("adapter: {init_lora_weights: eva, use_dora: true}", []),
        ("adapter: {init_lora_weights: olora, use_dora: true}", ["LF292"]),
        ("adapter: {from: runs/a, init_lora_weights: default}", []),
        ("adapter: {bias: lora_only}", ["LF244"]),
        ("adapter: {modules_to_save: []}", []),
    ],
    "what validation rows decide": [
        ("trainer: {evaluation_sample: 0}\npreprocessing: {split: {probabilities: [0.9, 0, 0.1]}}", []),
        ("trainer: {save_best_by: loss}\npreprocessing: {split: {probabilities: [0.9, 0, 0.1]}}", ["LF254"]),
        ("trainer: {early_stop: 9}", []),
        ("trainer: {early_stop: 10}", ["LF257"]),
        ("trainer: {early_stop: 10, steps_per_evaluation: 5}", []),
        ("trainer: {early_stop: 3, steps_per_evaluation: 5, train_steps: 19}", ["LF257"]),
        ("trainer: {early_stop: 3, steps_per_evaluation: 5, train_steps: 20}", []),
        ("trainer: {save_best_by: loss}\nevaluation: {split: validation}", ["LF278"]),
        ("trainer: {evaluation_sample: 5}\nevaluation: {split: validation}", []),
    ],
    "trainer": [
        ("trainer: {learning_rate_scheduler: {warmup_fraction: 0.5}}", []),
        ("trainer: {batch_size: auto, micro_batch_size: 8}", []),
        ("trainer: {batch_size: 8, micro_batch_size: auto}", []),
        ("trainer: {micro_batch_size: 17}", ["LF252"]),
        ("trainer: {train_steps: 10, steps_per_checkpoint: 10}", []),
        ("trainer: {train_steps: 10, steps_per_checkpoint: 11}", ["LF253"]),
        ("trainer: {steps_per_checkpoint: 5000}", []),
        ("trainer: {optimizer: {type: lion, betas: [0.9, 0.99]}}", []),
        ("trainer: {optimizer: {type: lion_8bit, eps: 1e-8}}", ["LF258"]),
        ("trainer: {optimizer: {type: adafactor, betas: [0.9, 0.99], momentum: 0.9}}", ["LF258", "LF258"]),
        ("trainer: {optimizer: {type: sgd, momentum: 0.9}, learning_rate: 0.1}", []),
        ("trainer: {learning_rate: 0.01}", []),
        ("trainer: {learning_rate: 0.01, learning_rate_multiplier: 2}", ["LF259"]),
        ("trainer: {learning_rate: 9e-7}", ["LF259"]),
        ("trainer: {optimizer: {type: lion}, learning_rate: 0.005}", ["LF259"]),
        ("adapter: null\ntrainer: {learning_rate: 0.001}", []),
        ("adapter: null\ntrainer: {learning_rate: 0.002}", ["LF259"]),
        ("trainer: {optimizer: {type: paged_adamw_8bit}}", []),
        ("trainer: {optimizer: {type: paged_adamw_8bit}, device: mps}", ["LF260"]),
        ("trainer: {dtype: float16}", ["LF261"]),
        ("trainer: {dtype: float16, device: cuda}", ["LF261"]),
        ("trainer: {dtype: bfloat16, device: cpu}", []),
        ("quantization: {bits: 4, bnb_4bit_compute_dtype: float16}", []),
    ],
    "generation": [
        ("generation: {temperature: 0.5, top_p: 0.9, top_k: 5, min_p: 0.1, seed: 3}", []),
        ("generation: {top_k: 5, seed: 3}", ["LF263", "LF263"]),
        ("generation: {top_k: null}", []),
        ("generation: {stop: [' ', '\t']}", ["LF279"]),
        ("generation: {constrain: labels}", []),
        ("generation: {constrain: json_schema}", ["LF266"]),
        ("generation: {max_new_tokens: 512}\npreprocessing: {max_sequence_length: 512}", []),
        ("generation: {max_new_tokens: 512}\npreprocessing: {max_sequence_length: p50}", []),
    ],
    "evaluation": [
        ("evaluation: {few_shot_examples: 3}", ["LF276"]),
        ("evaluation: {few_shot_examples: 3, baselines: [few_shot]}", []),
        ("cost: {gpu_hour_usd: 1, output_usd_per_million_tokens: 2}", []),
    ],
    "wrong shapes are not looked at": [
        ("trainer: {epochs: 1, train_steps: -1}", ["LF105"]),
        ("trainer: {optimizer: [1]}", ["LF102"]),
        ("adapter: {rank_pattern: 3, target_modules: [q_proj]}", ["LF102"]),
        ("generation: {stop: 3, top_p: x}", ["LF102", "LF102"]),
        ("quantization: []\nadapter: null", ["LF102"]),
        ("preprocessing: {split: {probabilities: [1, 2, x]}}", ["LF102", "LF105"]),
    ],
}
CASES = [(topic, text, codes) for topic, cases in ADDED.items() for text, codes in cases]


@pytest.mark.parametrize(("topic", "text", "codes"), CASES, ids=[f"{case[0]}: {case[1]}" for case in CASES])
def test_borders(check: Check, valid: str, topic: str, text: str, codes: list[str]) -> None:
    del topic
    found = check(valid + text + "\n")
    assert sorted(problem.code for problem in found) == codes, "\n".join(problem.text() for problem in found)


@pytest.mark.parametrize(
    ("dataset", "codes"),
    [
        ("{}", ["LF220"]),
        ("{path: null}", ["LF220"]),
        ("{path: a.csv, hub: x/y}", ["LF206"]),
        ("{train: a.csv, path: b.csv}", ["LF206"]),
        ("{path: a.csv, test: t.csv}", ["LF222"]),
        ("{hub: x/y, test: t.csv}", ["LF222"]),
        ("{path: a.csv, name: x}", ["LF221"]),
        ("{path: a.csv, name: x, revision: v1}", ["LF221", "LF221"]),
        ("{hub: x/y, name: en, revision: v1}", []),
        ("{train: a.csv, validation: b.csv, test: c.csv}", []),
        ("{train: a.csv, validation: b.csv, test: b.csv}", ["LF225"]),
        ("{train: a.csv, validation: b/../a.csv}", []),
        ("{path: A.XLSX, sheet: answers}", []),
        ("{path: books, sheet: answers}", []),
        ("{path: books/*, sheet: 1}", []),
        ("{hub: x/y, sheet: 2}", ["LF332"]),
        ("{path: a.csv, columns: {b: {from: null, letters: false}}}", ["LF226"]),
        ("{path: a.csv, columns: {b: {letters: true}, 'c.d': {cast: text}}}", []),
    ],
)
def test_sources_of_rows(check: Check, valid: str, dataset: str, codes: list[str]) -> None:
    found = check(valid.replace("{path: reviews.csv}", dataset))
    assert [problem.code for problem in found] == codes


@pytest.mark.parametrize(
    ("split", "codes"), [("{type: hash}", ["LF206"]), ("{}", []), ("{type: null}", []), ("{seed: 3}", ["LF206"])]
)
def test_separate_files_and_a_split(check: Check, valid: str, split: str, codes: list[str]) -> None:
    text = valid.replace("{path: reviews.csv}", "{train: a.csv}") + f"preprocessing: {{split: {split}}}\n"
    assert [problem.code for problem in check(text)] == codes


@pytest.mark.parametrize(
    ("base_model", "codes"),
    [
        ("org/model@v1", []),
        ("{id: org/model, revision: v1}", []),
        ("{id: org/model@v1, revision: v1}", ["LF241"]),
        ("{id: smollm2-135m-instruct, revision: v1}", ["LF241"]),
        ("{id: model.gguf, revision: v1}", ["LF241"]),
        ("{id: a/b/c, revision: v1}", ["LF241"]),
        ("{id: org/model, trust_remote_code: false}", []),
    ],
)
def test_base_models(check: Check, valid: str, base_model: str, codes: list[str]) -> None:
    found = check(valid.replace("base_model: smollm2-135m-instruct", f"base_model: {base_model}"))
    assert [problem.code for problem in found] == codes


@pytest.mark.parametrize(
    ("feature", "more", "codes"),
    [
        ("{name: y, labels: [a, b]}", "", []),
        ("{name: y, type: number, labels: [a, b]}", "", ["LF230"]),
        ("{name: y, type: json, schema: y.json}", "", []),
        ("{name: y, labels: [a, b], schema: y.json}", "", ["LF231"]),
        ("{name: y, labels: [a b, A  B]}", "", ["LF232"]),
        ("{name: y, labels: [in, 'in ']}", "", ["LF232", "LF233", "LF234"]),
        ("{name: y, labels: [claim, claims]}", "", ["LF233"]),
        ("{name: y, labels: [claim, claims]}", "evaluation: {extract: {type: label}}\n", []),
        ("{name: y, labels: [claim, claims]}", "generation: {constrain: labels}\n", []),
        ("{name: y, labels: [a, b]}", "generation: {temperature: 0.1}\n", ["LF268"]),
        ("{name: y, type: category}", "generation: {repetition_penalty: 1.1}\n", ["LF269"]),
        ("{name: y, type: json}", "generation: {constrain: labels}\n", ["LF265"]),
        ("{name: y, labels: [a, b]}", "generation: {stop: [c]}\n", []),
        ("{name: y, labels: [a-b, b-a]}", "generation: {stop: ['-', 'x', 'a']}\n", ["LF264", "LF264"]),
    ],
)
def test_outputs(check: Check, valid: str, feature: str, more: str, codes: list[str]) -> None:
    found = check(valid.replace("output_feature: label", f"output_feature: {feature}") + more)
    assert sorted(problem.code for problem in found) == codes
