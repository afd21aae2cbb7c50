package lowrank

import (
	"encoding/json"
	"fmt"
	"slices"

	"harness/core/sdk/adapter"
	"harness/plugins/adapters/internal/layers"
	"harness/plugins/adapters/internal/peftconfig"
)

// write is adapter_config.json as PEFT writes it, as far as it is not default.
func (m Method) write(c config, r *adapter.AttachRequest, products []product) ([]byte, error) {
	var found []layers.Layer
	transposed := false
	for _, p := range products {
		found = append(found, p.Layer)
		transposed = p.Transposed
	}
	task := r.GetTaskType()
	if task == "" {
		task = "CAUSAL_LM"
	}
	text, err := json.MarshalIndent(map[string]any{
		"peft_type":         "LORA",
		"task_type":         task,
		"inference_mode":    true,
		"r":                 c.Rank,
		"lora_alpha":        c.Alpha,
		"lora_dropout":      c.Dropout,
		"rank_pattern":      orEmpty(c.RankPattern),
		"alpha_pattern":     orEmpty(c.AlphaPattern),
		"target_modules":    layers.Ends(r.GetGraph(), found),
		"bias":              c.Bias,
		"fan_in_fan_out":    transposed,
		"use_rslora":        c.RSLoRA,
		"use_dora":          m.Magnitude,
		"init_lora_weights": true,
		"modules_to_save":   nil,
	}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write adapter_config.json: %w", err)
	}
	return append(text, '\n'), nil
}

// orEmpty writes no pattern as PEFT does.
func orEmpty(p layers.Pattern) layers.Pattern {
	if p == nil {
		return layers.Pattern{}
	}
	return p
}

// read takes the settings and layers from PEFT's file.
func (m Method) read(r *adapter.AttachRequest) (config, []layers.Layer, error) {
	reader, err := peftconfig.Read(r.GetPeftConfig(), "LORA")
	if err != nil {
		return config{}, nil, err
	}
	c := defaults()
	reader.Take("r", &c.Rank)
	reader.Take("lora_alpha", &c.Alpha)
	reader.Take("lora_dropout", &c.Dropout)
	reader.Take("bias", &c.Bias)
	reader.TakeOptional("use_rslora", &c.RSLoRA)
	reader.Take("rank_pattern", &c.RankPattern)
	reader.Take("alpha_pattern", &c.AlphaPattern)
	if attribute, problem := c.problem(); problem != "" {
		reader.Problem("%s: %s", attribute, problem)
	}
	var dora bool
	reader.TakeOptional("use_dora", &dora)
	if dora != m.Magnitude {
		reader.Problem(`use_dora is %t: load it with adapter "%s"`, dora, map[bool]string{false: "lora", true: "dora"}[dora])
	}
	takeInitialization(reader)
	s := layers.TakeSelection(reader)
	// A linear layer's weight has one orientation in PEFT, whatever this says.
	reader.Ignore("fan_in_fan_out")
	reader.Refuse("modules_to_save", "weights of whole modules beside the adapter are not supported; merge them into the checkpoint with PEFT")
	reader.Refuse("trainable_token_indices", "single trained rows of the embedding are not supported; merge them into the checkpoint with PEFT")
	if err := reader.Close(); err != nil {
		return config{}, nil, err
	}
	if s.Targets.Empty() {
		s.Targets.Names = r.GetDefaultTargets()
		found, err := layers.Find(r.GetGraph(), "targets", r.GetDefaultTargets(), false)
		return c, found, err
	}
	found, err := layers.Select(r.GetGraph(), s)
	return c, found, err
}

// takeInitialization refuses ways to begin that change the base model's own
// weights, without which the adapter means something else.
func takeInitialization(reader *peftconfig.Reader) {
	var how any
	reader.TakeOptional("init_lora_weights", &how)
	harmless := []any{nil, true, false, "gaussian", "eva", "orthogonal"}
	switch how.(type) {
	case nil, bool, string:
		if slices.Contains(harmless, how) {
			reader.Ignore("eva_config")
			return
		}
	}
	reader.Problem("init_lora_weights is %v: it changes the base model's weights, so that the adapter fits only those; "+
		"save it with PEFT's path_initial_model_for_weight_conversion, or merge it with PEFT", how)
}
