package adapt_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"harness/core/ir"
	"harness/core/needs"
	"harness/core/pluginhost"
	pb "harness/core/protocol/harnesspb"
)

// published is fixtures/published_sizes.json: the real checkpoints, counted by
// PEFT on torch's meta device.
type published struct {
	Checkpoints []struct {
		Checkpoint   string
		Family       string
		Architecture string
		Config       map[string]any
		Parameters   int64
		LoRA         adapterCounts `json:"lora_r8"`
		IA3          adapterCounts `json:"ia3"`
	}
}

type adapterCounts struct {
	Trainable, All int64
	Percent        float64
}

// modelTypes are config.json's names of the architectures.
var modelTypes = map[string]string{
	"BloomForCausalLM":           "bloom",
	"CodeGenForCausalLM":         "codegen",
	"GPTBigCodeForCausalLM":      "gpt_bigcode",
	"LlamaForCausalLM":           "llama",
	"Starcoder2ForCausalLM":      "starcoder2",
	"T5ForConditionalGeneration": "t5",
}

// plugins starts a host with the plugins that a test needs.
func plugins(t *testing.T, families map[string]bool, adapters ...string) *pluginhost.Host {
	t.Helper()
	var names []string
	for family := range families {
		names = append(names, "harness-model-"+family)
	}
	for _, name := range adapters {
		names = append(names, "harness-adapter-"+name)
	}
	dir, remove, err := needs.Programs(names...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(remove)
	host := pluginhost.New(pluginhost.Options{Dirs: []string{dir}, StartTimeout: time.Minute})
	t.Cleanup(func() { host.Close() })
	return host
}

// The default adapters of every published checkpoint are counted as PEFT
// counts them, from the configuration alone.
func TestParityPublishedCounts(t *testing.T) {
	text, err := os.ReadFile(needs.Shared(t, "fixtures", "published_sizes.json"))
	if err != nil {
		t.Fatal(err)
	}
	var p published
	if err := json.Unmarshal(text, &p); err != nil {
		t.Fatal(err)
	}
	plugin := map[string]string{"starcoder2": "starcoder"} // where it is not named as the family
	families := map[string]bool{}
	for i, c := range p.Checkpoints {
		if name, ok := plugin[c.Family]; ok {
			p.Checkpoints[i].Family = name
		}
		families[p.Checkpoints[i].Family] = true
	}
	host := plugins(t, families, "lora", "ia3")
	for _, c := range p.Checkpoints {
		t.Run(filepath.Base(c.Checkpoint), func(t *testing.T) {
			c.Config["model_type"] = modelTypes[c.Architecture]
			if _, ok := c.Config["eos_token_id"]; !ok {
				c.Config["eos_token_id"] = 0 // the list leaves out what is not counted
			}
			config, err := json.Marshal(c.Config)
			if err != nil {
				t.Fatal(err)
			}
			model, err := host.Model(t.Context(), c.Family)
			if err != nil {
				t.Fatal(err)
			}
			built, err := model.Build(t.Context(), &pb.BuildRequest{CheckpointConfig: config})
			if err != nil {
				t.Fatal(err)
			}
			base, err := ir.Count(built.GetGraph(), nil)
			if err != nil || base.All != c.Parameters {
				t.Errorf("%d parameters and %v, want %d", base.All, err, c.Parameters)
			}
			for name, want := range map[string]adapterCounts{"lora": c.LoRA, "ia3": c.IA3} {
				a, err := host.Adapter(t.Context(), name)
				if err != nil {
					t.Fatal(err)
				}
				attached, err := a.AttachTo(t.Context(), built, []byte(`{}`), nil)
				if err != nil {
					t.Fatal(err)
				}
				got, err := ir.Count(built.GetGraph(), attached.GetRewrite())
				if err != nil {
					t.Fatal(err)
				}
				percent := math.Round(1e6*float64(got.Trainable)/float64(got.All)) / 1e4
				if got.Trainable != want.Trainable || got.All != want.All || percent != want.Percent {
					t.Errorf("%s: %d of %d parameters train, %v %%; want %d of %d, %v %%", name, got.Trainable, got.All, percent, want.Trainable, want.All, want.Percent)
				}
			}
		})
	}
}
