package step_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/step"
)

// transformers 5 refuses a whole number where it wants a float, and a study's
// language does not tell them apart.
func TestConfigurationOfANewCheckpoint(t *testing.T) {
	work := step.Init{
		Config:     json.RawMessage(`{"initializer_factor": 1, "layer_norm_epsilon": 1e-6, "num_layers": 2, "rope_theta": 10000, "rms_norm_eps": 2}`),
		Vocabulary: 512, Tokens: []string{"<pad>", "</s>"}, EndToken: "</s>", PadToken: "<pad>",
	}
	text, err := work.Draft()
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]json.RawMessage
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"initializer_factor": "1.0", "rms_norm_eps": "2.0", "layer_norm_epsilon": "0.000001", "num_layers": "2", "rope_theta": "10000",
		"vocab_size": "512", "dtype": `"float32"`, "bos_token_id": "1", "eos_token_id": "1", "pad_token_id": "0",
	}
	read := map[string]string{}
	for key, value := range got {
		read[key] = string(value)
	}
	if diff := cmp.Diff(want, read); diff != "" {
		t.Errorf("config.json (-want +got):\n%s", diff)
	}
}
