package adapt_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"harness/core/adapt"
	"harness/core/needs"
	pb "harness/core/protocol/harnesspb"
	"harness/core/weights/peft"
)

// familyOf names a model plugin that reads a model_type.
var familyOf = map[string]string{
	"bloom": "bloom", "codegen": "codegen", "gpt_bigcode": "starcoder", "llama": "llama", "starcoder2": "starcoder", "t5": "codet5",
}

// Adapters that PEFT saved, loaded under the graph's names and saved again:
// the tensors are the same, byte for byte, and the configuration means the
// same adapter. With HARNESS_KEEP_ADAPTERS the folders are kept there, to be
// opened with PEFT by hand.
func TestParitySavedAdapters(t *testing.T) {
	configs := needs.Goldens(t, "config.json")
	families := map[string]bool{}
	for _, family := range familyOf {
		families[family] = true
	}
	host := plugins(t, families, "lora", "dora", "ia3")
	for _, path := range configs {
		config, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var c struct {
			ModelType string `json:"model_type"`
		}
		if err := json.Unmarshal(config, &c); err != nil {
			t.Fatal(err)
		}
		model, err := host.Model(t.Context(), familyOf[c.ModelType])
		if err != nil {
			t.Fatal(err)
		}
		built, err := model.Build(t.Context(), &pb.BuildRequest{CheckpointConfig: config})
		if err != nil {
			t.Fatal(err)
		}
		dirs, err := filepath.Glob(filepath.Join(filepath.Dir(path), "adapters", "*", "*"))
		if err != nil || len(dirs) == 0 {
			t.Fatalf("no adapters beside %s", path)
		}
		for _, dir := range dirs {
			name, _ := filepath.Rel(filepath.Dir(filepath.Dir(path)), dir)
			t.Run(filepath.ToSlash(name), func(t *testing.T) {
				a, err := host.Adapter(t.Context(), filepath.Base(filepath.Dir(dir)))
				if err != nil {
					t.Fatal(err)
				}
				original, err := peft.Load(dir)
				if err != nil {
					t.Fatal(err)
				}
				attached, err := a.AttachTo(t.Context(), built, nil, original.Config)
				if err != nil {
					t.Fatal(err)
				}
				layout, err := adapt.LayoutOf(built.GetGraph(), attached)
				if err != nil {
					t.Fatal(err)
				}
				trained, err := layout.Load(dir)
				if err != nil {
					t.Fatal(err)
				}
				to := t.TempDir()
				if keep := os.Getenv("HARNESS_KEEP_ADAPTERS"); keep != "" {
					to = keep
				}
				to = filepath.Join(to, name)
				if err := layout.Save(to, trained); err != nil {
					t.Fatal(err)
				}
				saved, err := peft.Load(to)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(original.Tensors, saved.Tensors); diff != "" {
					t.Errorf("tensors changed (-want +got):\n%s", diff)
				}
				again, err := a.AttachTo(t.Context(), built, nil, saved.Config)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(attached.GetRewrite(), again.GetRewrite(), protocmp.Transform()); diff != "" {
					t.Errorf("the configuration means another adapter (-want +got):\n%s", diff)
				}
			})
		}
	}
}
