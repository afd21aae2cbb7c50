package familytest

import (
	"encoding/json"
	"maps"
	"os"
	"testing"

	"harness/core/ir"
	"harness/core/needs"
	"harness/core/sdk/model"
)

// PublishedSizes checks that a family's graphs, built from configs alone, have as
// many parameters as the published checkpoints of an architecture. The members of
// base are added to each config.
func PublishedSizes(t *testing.T, m model.Model, architecture string, base map[string]any) {
	t.Helper()
	path := needs.Shared(t, "fixtures", "published_sizes.json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var published struct {
		Checkpoints []struct {
			Name         string         `json:"checkpoint"`
			Architecture string         `json:"architecture"`
			Config       map[string]any `json:"config"`
			Parameters   int64          `json:"parameters"`
		} `json:"checkpoints"`
	}
	if err := json.Unmarshal(text, &published); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	found := false
	for _, c := range published.Checkpoints {
		if c.Architecture != architecture {
			continue
		}
		found = true
		t.Run(c.Name, func(t *testing.T) {
			config := maps.Clone(base)
			maps.Copy(config, c.Config)
			text, err := json.Marshal(config)
			if err != nil {
				t.Fatal(err)
			}
			r, err := m.Build(t.Context(), &model.BuildRequest{CheckpointConfig: text})
			if err != nil {
				t.Fatal(err)
			}
			n, err := ir.Count(r.GetGraph(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if n.All != c.Parameters {
				t.Errorf("%d parameters, want %d", n.All, c.Parameters)
			}
		})
	}
	if !found {
		t.Errorf("%s has no checkpoint of %s", path, architecture)
	}
}
