"""Every key of Ludwig 0.17's configuration of a language model, as its own schema names them.

*Not here:* what becomes of them (lfine.converting.ludwig_keys).
"""

from __future__ import annotations

FEATURE = "name type column proc_column active tied"
TEXT_PREPROCESSING = (
    "max_sequence_length sequence_length pretrained_model_name_or_path tokenizer padding vocab_file most_common "
    "padding_symbol unknown_symbol lowercase missing_value_strategy fill_value computed_fill_value ngram_size "
    "cache_encoder_embeddings compute_idf"
)
LISTING: dict[str, str] = {
    "": "model_type base_model adapter adapters quantization hyperopt backend ludwig_version preset trust_remote_code "
    "is_multimodal",
    "defaults.text": "preprocessing",
    "prompt": "template task",
    "prompt.retrieval": "type index_name model_name k",
    "adapter": "type r alpha dropout bias_type target_modules use_rslora use_dora loraplus_lr_ratio init_lora_weights "
    "rank_pattern alpha_pattern layer_replication pretrained_adapter_weights target_r init_r tinit tfinal delta_t "
    "beta1 beta2 orth_reg_weight total_step",
    "adapter.eva_config": "rho tau use_label_mask label_mask_value whiten adjust_scaling_factors",
    "adapter.loftq_config": "loftq_bits loftq_iter",
    "adapter.postprocessor": "merge_adapter_into_base_model progressbar",
    "adapters": "adapters active merge",
    "quantization": "backend mode qat bits llm_int8_threshold llm_int8_has_fp16_weight bnb_4bit_compute_dtype "
    "bnb_4bit_use_double_quant bnb_4bit_quant_type",
    "model_parameters": "neftune_noise_alpha",
    "model_parameters.rope_scaling": "rope_type factor",
    "preprocessing": "sample_ratio sample_size oversample_minority undersample_majority global_max_sequence_length",
    "preprocessing.split": "type probabilities column",
    "input_features.0": FEATURE,
    "input_features.0.encoder": "type",
    "input_features.0.preprocessing": TEXT_PREPROCESSING,
    "input_features.0.preprocessing.prompt": "template task",
    "output_features.0": f"{FEATURE} reduce_input reduce_dependencies dependencies default_validation_metric top_k "
    "calibration",
    "output_features.0.loss": "type",
    "output_features.0.preprocessing": f"{TEXT_PREPROCESSING} vocab fallback_label",
    "output_features.0.decoder": "type tokenizer input_size pretrained_model_name_or_path vocab_file max_new_tokens "
    "match_strategy str2idx fallback_label constrain_to_vocabulary",
    "output_features.0.decoder.match": "yes",
    "generation": "max_new_tokens min_new_tokens max_length min_length early_stopping max_time do_sample num_beams "
    "num_beam_groups penalty_alpha use_cache prompt_lookup_num_tokens temperature top_k top_p typical_p epsilon_cutoff "
    "eta_cutoff diversity_penalty repetition_penalty encoder_repetition_penalty length_penalty no_repeat_ngram_size "
    "bad_words_ids force_words_ids renormalize_logits forced_bos_token_id forced_eos_token_id remove_invalid_values "
    "exponential_decay_length_penalty suppress_tokens begin_suppress_tokens forced_decoder_ids sequence_bias "
    "guidance_scale pad_token_id bos_token_id eos_token_id",
    "trainer": "type learning_rate base_learning_rate batch_size eval_batch_size effective_batch_size max_batch_size "
    "gradient_accumulation_steps epochs train_steps eval_steps steps_per_checkpoint checkpoints_per_epoch early_stop "
    "skip_all_evaluation evaluate_training_set validation_field validation_metric should_shuffle gradient_clipping "
    "regularization_type regularization_lambda learning_rate_scaling bucketing_field use_mixed_precision compile "
    "enable_gradient_checkpointing layers_to_freeze_regex increase_batch_size_on_plateau "
    "increase_batch_size_on_plateau_patience increase_batch_size_on_plateau_rate increase_batch_size_eval_metric "
    "increase_batch_size_eval_split enable_profiling loss_balancing loss_balancing_alpha loss_balancing_lr "
    "loss_balancing_preference_vector loss_balancing_tchebycheff_weight contrastive_pretrain_epochs "
    "contrastive_pretrain_temperature contrastive_pretrain_projection_dim contrastive_pretrain_learnable_temperature "
    "modality_dropout model_soup model_soup_top_k packing packing_max_sequences_per_pack dpo_beta dpo_loss_type "
    "dpo_label_smoothing rejected_column kto_beta orpo_beta grpo_beta grpo_epsilon grpo_num_generations",
    "trainer.optimizer": "type betas eps weight_decay amsgrad momentum",
    "trainer.learning_rate_scheduler": "decay decay_rate decay_steps staircase reduce_on_plateau "
    "reduce_on_plateau_patience reduce_on_plateau_rate warmup_evaluations warmup_fraction reduce_eval_metric "
    "reduce_eval_split t_0 t_mult eta_min max_lr pct_start div_factor final_div_factor inverse_sqrt_warmup_steps "
    "polynomial_power polynomial_end_lr wsd_warmup_fraction wsd_stable_fraction wsd_decay_fraction",
    "trainer.gradient_clipping": "clipglobalnorm clipnorm clipvalue",
    "trainer.profiler": "wait warmup active repeat skip_first",
    "hyperopt": "parameters goal metric split output_feature search_alg",
    "backend": "type cache_dir credentials",
    "backend.trainer": "use_gpu num_workers strategy",
}
"""Mapping → its keys."""


def every_key() -> list[str]:
    """Return the dotted keys."""
    return [f"{place}.{name}" if place else name for place, names in LISTING.items() for name in names.split()]
