package main

import (
	"encoding/json"
	"fmt"

	"harness/core/sdk/adapter"
	"harness/plugins/adapters/internal/layers"
	"harness/plugins/adapters/internal/peftconfig"
)

// write is adapter_config.json as PEFT writes it, as far as it is not default.
// The matrices are saved, so that the key from which PEFT would draw its own
// decides nothing.
func (c config) write(r *adapter.AttachRequest, found []layers.Layer) ([]byte, error) {
	transposed := false
	for _, l := range found {
		transposed = l.Transposed
	}
	task := r.GetTaskType()
	if task == "" {
		task = "CAUSAL_LM"
	}
	text, err := json.MarshalIndent(map[string]any{
		"peft_type":           "VERA",
		"task_type":           task,
		"inference_mode":      true,
		"r":                   c.Rank,
		"target_modules":      layers.Ends(r.GetGraph(), found),
		"vera_dropout":        c.Dropout,
		"d_initial":           c.Initial,
		"save_projection":     true,
		"projection_prng_key": 0,
		"bias":                "none",
		"fan_in_fan_out":      transposed,
		"init_weights":        true,
		"modules_to_save":     nil,
	}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write adapter_config.json: %w", err)
	}
	return append(text, '\n'), nil
}

// fromPEFT takes the settings and layers from PEFT's file.
func fromPEFT(r *adapter.AttachRequest) (config, []layers.Layer, error) {
	reader, err := peftconfig.Read(r.GetPeftConfig(), "VERA")
	if err != nil {
		return config{}, nil, err
	}
	c := defaults()
	reader.Take("r", &c.Rank)
	reader.Take("vera_dropout", &c.Dropout)
	reader.Take("d_initial", &c.Initial)
	if attribute, problem := c.problem(); problem != "" {
		reader.Problem("%s: %s", attribute, problem)
	}
	saved, bias := true, "none"
	reader.Take("save_projection", &saved)
	if !saved {
		reader.Problem("save_projection is false: the matrices vera_A and vera_B are not in the folder, and PEFT draws them with torch's generator " +
			"from projection_prng_key, which is not possible here; load the adapter with PEFT and save it with save_projection true")
	}
	reader.Take("bias", &bias)
	if bias != "none" {
		reader.Problem("bias is %q: biases that train beside VeRA are not supported; merge the adapter with PEFT", bias)
	}
	// The key is for matrices that are not saved, the start for training; a linear
	// layer's weight has one orientation in PEFT, whatever is said.
	reader.Ignore("projection_prng_key", "init_weights", "fan_in_fan_out")
	reader.Refuse("modules_to_save", "weights of whole modules beside the adapter are not supported; merge them into the checkpoint with PEFT")
	s := layers.TakeSelection(reader)
	if err := reader.Close(); err != nil {
		return config{}, nil, err
	}
	if s.Targets.Empty() {
		found, err := layers.Find(r.GetGraph(), "targets", r.GetDefaultTargets(), false)
		return c, found, err
	}
	found, err := layers.Select(r.GetGraph(), s)
	return c, found, err
}
