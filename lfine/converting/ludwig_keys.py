"""The keys of a Ludwig 0.17 LLM configuration and what becomes of each.

    RULES["trainer.learning_rate"] == Rule("converted", "trainer.learning_rate", number, "")
    rule_of("generation.num_beams") == Rule("left out", "", None, "beams: answers are greedy or drawn")

A name that ends in `.*` stands for everything below it. `input_features.0` and `output_features.0` are the only ones
that a language model has.

*Not here:* conversions that need several keys (lfine.converting.ludwig).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from lfine.converting.account import Fate

MODEL_PRESETS = {
    "bloomz-3b": "bigscience/bloomz-3b",
    "bloomz-7b1": "bigscience/bloomz-7b1",
    "codellama-7b": "codellama/CodeLlama-7b-hf",
    "codellama-13b": "codellama/CodeLlama-13b-hf",
    "codellama-34b": "codellama/CodeLlama-34b-hf",
    "codellama-7b-instruct": "codellama/CodeLlama-7b-instruct-hf",
    "codellama-13b-instruct": "codellama/CodeLlama-13b-instruct-hf",
    "codellama-34b-instruct": "codellama/CodeLlama-34b-instruct-hf",
    "gpt-neo-2.7B": "EleutherAI/gpt-neo-2.7B",
    "gpt-j-6b": "EleutherAI/gpt-j-6b",
    "llama-2-7b": "meta-llama/Llama-2-7b-hf",
    "llama-2-13b": "meta-llama/Llama-2-13b-hf",
    "llama-2-70b": "meta-llama/Llama-2-70b-hf",
    "llama-2-7b-chat": "meta-llama/Llama-2-7b-chat-hf",
    "llama-2-13b-chat": "meta-llama/Llama-2-13b-chat-hf",
    "llama-2-70b-chat": "meta-llama/Llama-2-70b-chat-hf",
    "mistral-7b": "mistralai/Mistral-7B-v0.1",
    "mistral-7b-instruct": "mistralai/Mistral-7B-Instruct-v0.1",
    "mixtral-8x7b": "mistralai/Mixtral-8x7B-v0.1",
    "mixtral-8x7b-instruct": "mistralai/Mixtral-8x7B-Instruct-v0.1",
    "opt-350m": "facebook/opt-350m",
    "opt-1.3b": "facebook/opt-1.3b",
    "opt-6.7b": "facebook/opt-6.7b",
    "pythia-2.8b": "EleutherAI/pythia-2.8b",
    "pythia-12b": "EleutherAI/pythia-12b",
    "vicuna-7b": "lmsys/vicuna-7b-v1.3",
    "vicuna-13b": "lmsys/vicuna-13b-v1.3",
    "zephyr-7b-alpha": "HuggingFaceH4/zephyr-7b-alpha",
    "zephyr-7b-beta": "HuggingFaceH4/zephyr-7b-beta",
    "phi-1": "microsoft/phi-1",
    "phi-1_5": "microsoft/phi-1_5",
    "phi-2": "microsoft/phi-2",
}
"""Ludwig's short names and the hub ids that they stand for."""


class Rule(NamedTuple):
    fate: Fate
    target: str
    """The task's key; empty for one left out."""
    convert: Callable[[object], object] | None
    """Makes the new value; ValueError where it cannot. None: as it is."""
    why: str


class Together(NamedTuple):
    """A key that is read together with others, in lfine.converting.ludwig."""

    group: str


def number(value: object) -> object:
    """Return a number that YAML 1.1 reads as text (`1e-4`)."""
    return float(value) if isinstance(value, str) else value


def kept(target: str = "") -> Rule:
    return Rule("kept", target, None, "")


def moved(target: str, why: str = "") -> Rule:
    return Rule("moved", target, None, why)


def dropped(why: str) -> Rule:
    return Rule("left out", "", None, why)


TEXT_ONLY = dropped("for features of other kinds than text to a language model")
TOKENIZING = dropped("the base model's own tokenizer decides it")
NO_BEAMS = dropped("answers are greedy or drawn, without beams")
RARE_SAMPLING = dropped("sampling knows temperature, top_p, top_k, min_p and repetition_penalty")
TOKEN_LISTS = dropped("no lists of forced or banned tokens; generation.constrain limits answers")
END_TOKENS = dropped("begin, end and padding tokens are the model's own")
BATCH_PLATEAU = dropped("the batch is constant")
PLATEAU = dropped("the rate follows its schedule only")
LOSSES = dropped("one output, one loss")
OTHER_ADAPTERS = dropped("adapters other than LoRA")
PREFERENCE = dropped("preference training (dpo, kto, orpo, grpo) is not there")

RULES: dict[str, Rule | Together] = {
    "model_type": dropped("a task is always a language model"),
    "base_model": Together("base_model"),
    "input_features.0.name": Together("prompt"),
    "input_features.0.column": Together("prompt"),
    "input_features.0.type": dropped("a prompt is always text"),
    "input_features.0.encoder.*": TEXT_ONLY,
    "input_features.0.preprocessing.prompt.*": Together("prompt"),
    "input_features.0.preprocessing.max_sequence_length": Together("length"),
    "output_features.0.name": Together("output"),
    "output_features.0.column": Together("output"),
    "output_features.0.type": Together("output"),
    "output_features.0.decoder.type": Together("output"),
    "output_features.0.decoder.match.*": Together("output"),
    "output_features.0.decoder.match_strategy": dropped("what of an answer counts is evaluation.extract"),
    "output_features.0.decoder.str2idx.*": Together("output"),
    "output_features.0.decoder.fallback_label": dropped("an answer that names no label is counted as unscored"),
    "output_features.0.decoder.constrain_to_vocabulary": Together("output"),
    "output_features.0.decoder.max_new_tokens": Together("generation"),
    "output_features.0.decoder.*": TOKENIZING,
    "output_features.0.preprocessing.vocab": Together("output"),
    "output_features.0.preprocessing.fallback_label": dropped("an answer that names no label is counted as unscored"),
    "output_features.0.preprocessing.max_sequence_length": Together("length"),
    "output_features.0.loss.*": dropped("the loss is the next token's cross-entropy"),
    "output_features.0.default_validation_metric": dropped("trainer.save_best_by names what the best is"),
    "output_features.0.top_k": dropped("for classifiers"),
    "output_features.0.calibration": dropped("for classifiers"),
    "prompt.template": Together("prompt"),
    "prompt.task": Together("prompt"),
    "prompt.retrieval.*": Together("prompt"),
    "prompt.global_max_sequence_length": Together("length"),
    "adapter": Together("adapter"),
    "adapter.type": Together("adapter"),
    "adapter.r": kept(),
    "adapter.alpha": kept(),
    "adapter.dropout": kept(),
    "adapter.target_modules": kept(),
    "adapter.use_rslora": kept(),
    "adapter.use_dora": kept(),
    "adapter.bias_type": moved("adapter.bias"),
    "adapter.rank_pattern": kept(),
    "adapter.alpha_pattern": kept(),
    "adapter.init_lora_weights": Together("adapter"),
    "adapter.loraplus_lr_ratio": dropped("one learning rate for both matrices"),
    "adapter.eva_config.*": dropped("EVA runs with its paper's constants"),
    "adapter.loftq_config.*": dropped("LoftQ is not there"),
    "adapter.layer_replication": dropped("layers are not replicated"),
    "adapter.pretrained_adapter_weights": moved("adapter.from", "a folder here, not a hub id"),
    "adapter.postprocessor.*": dropped("merging is a step of its own, after training"),
    "adapter.target_r": OTHER_ADAPTERS,
    "adapter.init_r": OTHER_ADAPTERS,
    "adapter.tinit": OTHER_ADAPTERS,
    "adapter.tfinal": OTHER_ADAPTERS,
    "adapter.delta_t": OTHER_ADAPTERS,
    "adapter.beta1": OTHER_ADAPTERS,
    "adapter.beta2": OTHER_ADAPTERS,
    "adapter.orth_reg_weight": OTHER_ADAPTERS,
    "adapter.total_step": OTHER_ADAPTERS,
    "adapters.*": dropped("one adapter a task"),
    "adapters": dropped("one adapter a task"),
    "quantization": Together("quantization"),
    "quantization.bits": kept(),
    "quantization.bnb_4bit_compute_dtype": kept(),
    "quantization.bnb_4bit_use_double_quant": kept(),
    "quantization.bnb_4bit_quant_type": kept(),
    "quantization.backend": dropped("bitsandbytes is the only one"),
    "quantization.mode": dropped("for torchao"),
    "quantization.qat": dropped("for torchao"),
    "quantization.llm_int8_threshold": dropped("8 bits run with bitsandbytes' own threshold"),
    "quantization.llm_int8_has_fp16_weight": dropped("8-bit weights stay in 8 bits"),
    "model_parameters.neftune_noise_alpha": Together("neftune"),
    "model_parameters.rope_scaling.*": dropped("the context is the model's own"),
    "model_parameters.*": dropped("the model is loaded as it is configured"),
    "preprocessing.sample_ratio": kept(),
    "preprocessing.sample_size": dropped("give a share: preprocessing.sample_ratio"),
    "preprocessing.oversample_minority": dropped("rows are not repeated"),
    "preprocessing.undersample_majority": dropped("rows are not dropped by label"),
    "preprocessing.global_max_sequence_length": Together("length"),
    "preprocessing.split.*": Together("split"),
    "generation.max_new_tokens": Together("generation"),
    "generation.do_sample": Together("generation"),
    "generation.temperature": Together("generation"),
    "generation.top_k": Together("generation"),
    "generation.top_p": Together("generation"),
    "generation.repetition_penalty": kept(),
    "generation.max_length": dropped("generation.max_new_tokens limits the answer alone"),
    "generation.min_length": dropped("an answer may be as short as the model wants"),
    "generation.min_new_tokens": dropped("an answer may be as short as the model wants"),
    "generation.max_time": dropped("a limit of time would make scores depend on the machine"),
    "generation.use_cache": dropped("keys and values are always kept"),
    "generation.prompt_lookup_num_tokens": dropped("changes speed only"),
    "generation.early_stopping": NO_BEAMS,
    "generation.num_beams": NO_BEAMS,
    "generation.num_beam_groups": NO_BEAMS,
    "generation.diversity_penalty": NO_BEAMS,
    "generation.length_penalty": NO_BEAMS,
    "generation.penalty_alpha": RARE_SAMPLING,
    "generation.typical_p": RARE_SAMPLING,
    "generation.epsilon_cutoff": RARE_SAMPLING,
    "generation.eta_cutoff": RARE_SAMPLING,
    "generation.encoder_repetition_penalty": RARE_SAMPLING,
    "generation.no_repeat_ngram_size": RARE_SAMPLING,
    "generation.renormalize_logits": RARE_SAMPLING,
    "generation.remove_invalid_values": RARE_SAMPLING,
    "generation.exponential_decay_length_penalty": RARE_SAMPLING,
    "generation.guidance_scale": RARE_SAMPLING,
    "generation.bad_words_ids": TOKEN_LISTS,
    "generation.force_words_ids": TOKEN_LISTS,
    "generation.suppress_tokens": TOKEN_LISTS,
    "generation.begin_suppress_tokens": TOKEN_LISTS,
    "generation.forced_decoder_ids": TOKEN_LISTS,
    "generation.sequence_bias": TOKEN_LISTS,
    "generation.forced_bos_token_id": END_TOKENS,
    "generation.forced_eos_token_id": END_TOKENS,
    "generation.pad_token_id": END_TOKENS,
    "generation.bos_token_id": END_TOKENS,
    "generation.eos_token_id": END_TOKENS,
    "trainer.type": Together("trainer"),
    "trainer.learning_rate": Together("trainer"),
    "trainer.epochs": Together("steps"),
    "trainer.train_steps": Together("steps"),
    "trainer.batch_size": Together("batch"),
    "trainer.effective_batch_size": Together("batch"),
    "trainer.gradient_accumulation_steps": Together("batch"),
    "trainer.max_batch_size": Together("batch"),
    "trainer.eval_batch_size": dropped("decides memory only, and is decided by compile"),
    "trainer.eval_steps": dropped("it counts evaluation batches; trainer.validation_sample counts rows"),
    "trainer.steps_per_checkpoint": Together("steps"),
    "trainer.checkpoints_per_epoch": dropped("give updates: trainer.steps_per_checkpoint"),
    "trainer.early_stop": Together("trainer"),
    "trainer.validation_metric": Together("trainer"),
    "trainer.validation_field": dropped("there is one output"),
    "trainer.skip_all_evaluation": dropped("the validation loss costs little; trainer.validation_sample limits it"),
    "trainer.evaluate_training_set": dropped("log.jsonl has the training loss of every update"),
    "trainer.should_shuffle": dropped("rows are always shuffled, by trainer.seed"),
    "trainer.base_learning_rate": dropped("for learning rates that depend on the model's width"),
    "trainer.learning_rate_scaling": dropped("for several workers"),
    "trainer.optimizer.type": Together("optimizer"),
    "trainer.optimizer.betas": kept(),
    "trainer.optimizer.eps": Rule("kept", "", number, ""),
    "trainer.optimizer.weight_decay": Rule("kept", "", number, ""),
    "trainer.optimizer.momentum": kept(),
    "trainer.optimizer.*": dropped("constants of other optimizers"),
    "trainer.learning_rate_scheduler.decay": Together("scheduler"),
    "trainer.learning_rate_scheduler.warmup_fraction": kept(),
    "trainer.learning_rate_scheduler.warmup_evaluations": dropped("give a share: warmup_fraction"),
    "trainer.learning_rate_scheduler.reduce_on_plateau": PLATEAU,
    "trainer.learning_rate_scheduler.reduce_on_plateau_patience": PLATEAU,
    "trainer.learning_rate_scheduler.reduce_on_plateau_rate": PLATEAU,
    "trainer.learning_rate_scheduler.reduce_eval_metric": PLATEAU,
    "trainer.learning_rate_scheduler.reduce_eval_split": PLATEAU,
    "trainer.learning_rate_scheduler.*": dropped(
        "constants of a curve; cosine and linear end at 0 with the last update"
    ),
    "trainer.gradient_clipping.clipglobalnorm": moved("trainer.max_grad_norm"),
    "trainer.gradient_clipping.*": dropped("gradients are scaled by their norm over all weights"),
    "trainer.gradient_clipping": Together("trainer"),
    "trainer.regularization_type": dropped("trainer.optimizer.weight_decay pulls weights to 0"),
    "trainer.regularization_lambda": dropped("trainer.optimizer.weight_decay pulls weights to 0"),
    "trainer.use_mixed_precision": dropped("trainer.dtype decides, by default the best that the device has"),
    "trainer.enable_gradient_checkpointing": moved("trainer.gradient_checkpointing"),
    "trainer.compile": dropped("the training step is not compiled"),
    "trainer.bucketing_field": dropped("rows are packed without padding"),
    "trainer.layers_to_freeze_regex": dropped("adapter.target_modules says what is trained"),
    "trainer.packing": dropped("rows are always packed; Ludwig 0.17 drops this key under finetune"),
    "trainer.packing_max_sequences_per_pack": dropped("rows are always packed"),
    "trainer.increase_batch_size_on_plateau": BATCH_PLATEAU,
    "trainer.increase_batch_size_on_plateau_patience": BATCH_PLATEAU,
    "trainer.increase_batch_size_on_plateau_rate": BATCH_PLATEAU,
    "trainer.increase_batch_size_eval_metric": BATCH_PLATEAU,
    "trainer.increase_batch_size_eval_split": BATCH_PLATEAU,
    "trainer.enable_profiling": dropped("log.jsonl has the time of every update"),
    "trainer.profiler.*": dropped("log.jsonl has the time of every update"),
    "trainer.loss_balancing": LOSSES,
    "trainer.loss_balancing_alpha": LOSSES,
    "trainer.loss_balancing_lr": LOSSES,
    "trainer.loss_balancing_preference_vector": LOSSES,
    "trainer.loss_balancing_tchebycheff_weight": LOSSES,
    "trainer.contrastive_pretrain_epochs": TEXT_ONLY,
    "trainer.contrastive_pretrain_temperature": TEXT_ONLY,
    "trainer.contrastive_pretrain_projection_dim": TEXT_ONLY,
    "trainer.contrastive_pretrain_learnable_temperature": TEXT_ONLY,
    "trainer.modality_dropout": TEXT_ONLY,
    "trainer.model_soup": dropped("weights of several checkpoints are not averaged"),
    "trainer.model_soup_top_k": dropped("weights of several checkpoints are not averaged"),
    "trainer.dpo_beta": PREFERENCE,
    "trainer.dpo_loss_type": PREFERENCE,
    "trainer.dpo_label_smoothing": PREFERENCE,
    "trainer.rejected_column": PREFERENCE,
    "trainer.kto_beta": PREFERENCE,
    "trainer.orpo_beta": PREFERENCE,
    "trainer.grpo_beta": PREFERENCE,
    "trainer.grpo_epsilon": PREFERENCE,
    "trainer.grpo_num_generations": PREFERENCE,
    "defaults.*": dropped("write them at the feature itself"),
    "hyperopt.*": dropped("a search over values is not part of a task"),
    "hyperopt": dropped("a search over values is not part of a task"),
    "backend.*": dropped("one machine; compile decides how"),
    "backend": dropped("one machine; compile decides how"),
    "ludwig_version": dropped("of Ludwig's own files"),
    "preset": dropped("write its values out"),
    "trust_remote_code": moved("base_model.trust_remote_code", "needs --allow-code on the command line too"),
    "is_multimodal": dropped("language only"),
}
"""Dotted key → what becomes of it; the longest name that fits counts."""

FEATURE_REST = {
    "proc_column": TOKENIZING,
    "active": TEXT_ONLY,
    "tied": TEXT_ONLY,
    "reduce_input": TEXT_ONLY,
    "reduce_dependencies": TEXT_ONLY,
    "dependencies": TEXT_ONLY,
    "preprocessing.*": TOKENIZING,
}
"""Keys that input and output features have in common."""


def rule_of(path: str) -> Rule | Together | None:
    """Return the rule of a dotted key, None for one that Ludwig does not have."""
    if path in RULES:
        return RULES[path]
    parts = path.split(".")
    for length in range(len(parts) - 1, 0, -1):
        rule = RULES.get(".".join([*parts[:length], "*"]))
        if rule is not None:
            return rule
    if parts[0] in ("input_features", "output_features") and len(parts) > 2:
        rest = ".".join(parts[2:])
        return FEATURE_REST.get(rest) or FEATURE_REST.get(f"{parts[2]}.*")
    return None
