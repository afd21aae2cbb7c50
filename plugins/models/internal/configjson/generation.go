package configjson

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"harness/core/sdk/model"
)

// Roles are the special tokens of generation.
type Roles struct {
	// EOS tokens end a text. Without any, generation runs to the maximum length.
	EOS TokenIDs `json:"eos_token_id"`
	Pad *int32   `json:"pad_token_id"`
	// Start comes before the decoder's first token in networks with an encoder.
	Start *int32 `json:"decoder_start_token_id"`
	BOS   *int32 `json:"bos_token_id"`
}

// Padding is the token that fills short rows: the padding token of the files or,
// if that is missing or outside the vocabulary, the first end token.
func (r Roles) Padding(vocabulary int64) int32 {
	switch {
	case r.Pad != nil && *r.Pad >= 0 && int64(*r.Pad) < vocabulary:
		return *r.Pad
	case len(r.EOS) > 0:
		return r.EOS[0]
	}
	return 0
}

// Generating returns the roles for generation, as transformers' generate uses
// them. If the checkpoint has a generation_config.json, its end and start tokens
// replace those of config.json, even if only config.json names some. Training
// ends its examples with the first end token, so that one is config.json's if
// generation_config.json lists it too.
func (r Roles) Generating(request *model.BuildRequest, vocabulary int64) (Roles, error) {
	if len(request.GetGenerationConfig()) == 0 {
		// Without the file, generate takes all settings from config.json.
		var p Problems
		fields, err := object(request.GetCheckpointConfig())
		if err == nil {
			p.steps(fields)
			err = p.Err()
		}
		if err != nil {
			return Roles{}, fmt.Errorf("config.json: %w", err)
		}
		return r, nil
	}
	g, err := readGeneration(request.GetGenerationConfig(), vocabulary)
	if err != nil {
		return Roles{}, fmt.Errorf("generation_config.json: %w", err)
	}
	for _, id := range slices.Backward(r.EOS) {
		if at := slices.Index(g.EOS, id); at >= 0 {
			g.EOS = slices.Insert(slices.Delete(g.EOS, at, at+1), 0, id)
		}
	}
	if g.Pad == nil {
		g.Pad = r.Pad
	}
	return g, nil
}

// readGeneration reads generation_config.json.
func readGeneration(text []byte, vocabulary int64) (Roles, error) {
	fields, err := object(text)
	if err != nil {
		return Roles{}, err
	}
	var p Problems
	var r Roles
	p.decode("", fields, reflect.ValueOf(&r).Elem())
	p.Tokens("eos_token_id", r.EOS, vocabulary)
	if r.Start == nil {
		r.Start = r.BOS
	}
	if r.Start != nil {
		p.Tokens("decoder_start_token_id", []int32{*r.Start}, vocabulary)
	}
	p.steps(fields)
	known := generationSettings()
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		p.Check(slices.Contains(known, name), "%s is %s: this setting is not known here, and may change what is generated; remove it if it does not", name, short(fields[name]))
	}
	return r, p.Err()
}

// steps refuses settings that change how generate chooses tokens, but that
// decoding here does not support.
func (p *Problems) steps(fields map[string]json.RawMessage) {
	neutral := neutralSteps()
	for _, name := range slices.Sorted(maps.Keys(neutral)) {
		if value, ok := fields[name]; ok && string(value) != "null" {
			p.Check(isOne(value, neutral[name]), "%s is %s: this setting changes scores or lengths in transformers' generate, but is not supported here; remove it to decode without it", name, short(value))
		}
	}
}

// neutralSteps maps the settings that steps refuses to the values that have no
// effect.
func neutralSteps() map[string][]string {
	none, list, zero, one := []string(nil), []string{"[]"}, []string{"0"}, []string{"1"}
	return map[string][]string{
		"bad_words_ids": list, "begin_suppress_tokens": list, "constraints": none, "diversity_penalty": zero, "dola_layers": none,
		"encoder_no_repeat_ngram_size": zero, "encoder_repetition_penalty": one, "epsilon_cutoff": zero, "eta_cutoff": zero,
		"exponential_decay_length_penalty": none, "force_words_ids": list, "forced_bos_token_id": none, "forced_decoder_ids": list,
		"forced_eos_token_id": none, "guidance_scale": one, "min_length": zero, "min_new_tokens": zero, "min_p": zero,
		"no_repeat_ngram_size": zero, "num_beam_groups": one, "penalty_alpha": zero,
		"repetition_penalty": one, "sequence_bias": none, "stop_strings": list, "suppress_tokens": list, "token_healing": {"false"},
		"top_h": none, "typical_p": one, "watermarking_config": none,
	}
}

// studySettings are the settings that a study's decoding block decides.
func studySettings() []string {
	return []string{
		"do_sample", "early_stopping", "length_penalty", "max_length", "max_new_tokens", "num_beams", "num_return_sequences", "temperature", "top_k", "top_p",
	}
}

// generationUnread are settings of generation_config.json that do not change
// which tokens are generated.
func generationUnread() []string {
	return []string{
		"_commit_hash", "_from_model_config", "assistant_confidence_threshold", "assistant_early_exit", "assistant_lookbehind", "cache_config",
		"cache_implementation", "compile_config", "continuous_batching_config", "disable_compile", "generation_kwargs", "is_assistant", "low_memory",
		"max_matching_ngram_size", "num_assistant_tokens", "num_assistant_tokens_schedule", "output_attentions", "output_hidden_states", "output_logits",
		"output_scores", "prefill_chunk_size", "prompt_lookup_num_tokens", "remove_invalid_values", "renormalize_logits", "return_dict_in_generate", "return_legacy_cache",
		"target_lookbehind", "transformers_version", "use_cache",
	}
}

// generationSettings are the names of all known settings of generate.
func generationSettings() []string {
	return slices.Concat(studySettings(), generationUnread(), slices.Collect(maps.Keys(neutralSteps())))
}
