package familytest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"harness/core/sdk/model"
)

// AcceptsConfigs checks that a family builds every config.json of
// testdata/configs.json: those of published checkpoints, and those that
// transformers writes. They contain many settings that change nothing.
func AcceptsConfigs(t *testing.T, m model.Model) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "configs.json"))
	if err != nil {
		t.Fatal(err)
	}
	var configs map[string]json.RawMessage
	if err := json.Unmarshal(text, &configs); err != nil {
		t.Fatal(err)
	}
	if len(configs) == 0 {
		t.Fatal("no configs")
	}
	for name, config := range configs {
		t.Run(name, func(t *testing.T) {
			if _, err := m.Build(t.Context(), &model.BuildRequest{CheckpointConfig: config}); err != nil {
				t.Error(err)
			}
		})
	}
}
