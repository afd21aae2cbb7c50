package configjson

// commonFixed lists settings of every transformers configuration that can
// change the network, with the values that do not change it.
func commonFixed() map[string][]string {
	off := []string{"false", "null"}
	return map[string][]string{
		"add_cross_attention":         off,
		"auto_map":                    {"null", "{}"}, // custom code
		"compression_config":          nil,
		"cross_attention_hidden_size": nil,
		"is_encoder_decoder":          off,
		"per_layer_config":            {"null", "{}"},
		"pruned_heads":                {"null", "{}"},
		"quantization_config":         nil,
		"tie_encoder_decoder":         off,
	}
}

// commonUnread lists settings of every transformers configuration, and settings
// that tools write into any config.json, that do not change the computation.
func commonUnread() []string {
	return []string{
		// The origin of the file, and how weights are stored.
		"_commit_hash", "_name_or_path", "dtype", "name_or_path", "torch_dtype", "transformers.js_config", "transformers_version",
		"unsloth_fixed", "unsloth_version",
		// The implementation of the computation, and what it returns.
		"_attn_implementation", "_attn_implementation_autoset", "_experts_implementation", "_flash_attn_2_enabled", "attn_implementation",
		"chunk_size_feed_forward", "gradient_checkpointing", "is_decoder", "output_attentions", "output_hidden_states", "output_past",
		"return_dict", "tf_legacy_loss", "tie_last_hidden_states", "torchscript", "use_bfloat16", "use_cache", "use_return_dict",
		// Heads for other tasks, and the tokenizer.
		"classifier_dropout", "finetuning_task", "id2label", "label2id", "num_labels", "prefix", "problem_type", "sep_token_id",
		"summary_activation", "summary_first_dropout", "summary_proj_to_labels", "summary_type", "summary_use_proj", "task_specific_params",
		"tokenizer_class", "unk_token_id",
		// Noise that was used in an earlier fine-tuning.
		"neftune_noise_alpha",
	}
}
