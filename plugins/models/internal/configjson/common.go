package configjson

// commonFixed are settings of every configuration of transformers that change
// the network, and the values with which they do not.
func commonFixed() map[string][]string {
	off := []string{"false", "null"}
	return map[string][]string{
		"add_cross_attention":         off,
		"auto_map":                    {"null", "{}"}, // code of its own
		"compression_config":          nil,
		"cross_attention_hidden_size": nil,
		"is_encoder_decoder":          off,
		"per_layer_config":            {"null", "{}"},
		"pruned_heads":                {"null", "{}"},
		"quantization_config":         nil,
		"tie_encoder_decoder":         off,
	}
}

// commonUnread are settings of every configuration of transformers, or that
// tools write into all, and that change nothing of what a network computes.
func commonUnread() []string {
	return []string{
		// Where the file comes from, and how weights are kept.
		"_commit_hash", "_name_or_path", "dtype", "name_or_path", "torch_dtype", "transformers.js_config", "transformers_version",
		"unsloth_fixed", "unsloth_version",
		// Which implementation computes, and what it returns.
		"_attn_implementation", "_attn_implementation_autoset", "_experts_implementation", "_flash_attn_2_enabled", "attn_implementation",
		"chunk_size_feed_forward", "gradient_checkpointing", "is_decoder", "output_attentions", "output_hidden_states", "output_past",
		"return_dict", "tf_legacy_loss", "tie_last_hidden_states", "torchscript", "use_bfloat16", "use_cache", "use_return_dict",
		// Heads for other tasks, and the tokenizer.
		"classifier_dropout", "finetuning_task", "id2label", "label2id", "num_labels", "prefix", "problem_type", "sep_token_id",
		"summary_activation", "summary_first_dropout", "summary_proj_to_labels", "summary_type", "summary_use_proj", "task_specific_params",
		"tokenizer_class", "unk_token_id",
		// Noise of somebody else's fine-tuning.
		"neftune_noise_alpha",
	}
}
