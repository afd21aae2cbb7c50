package peft_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/needs"
	"harness/core/weights/peft"
	"harness/core/weights/safetensors"
)

// tensors makes zero tensors of the given shapes.
func tensors(shapes map[string][]int) safetensors.Set {
	set := safetensors.Set{}
	for name, shape := range shapes {
		n := 1
		for _, d := range shape {
			n *= d
		}
		set[name] = safetensors.FromFloat32(name, shape, make([]float32, n))
	}
	return set
}

const (
	q     = "base_model.model.layers.0.q_proj."
	fc    = "base_model.model.layers.0.fc_out."
	other = "base_model.model.layers.0.k_proj."
)

func TestWhatPeftWouldRefuseOrIgnoreIsAProblem(t *testing.T) {
	lora := map[string][]int{q + "lora_A.weight": {4, 6}, q + "lora_B.weight": {8, 4}}
	ia3 := map[string][]int{q + "ia3_l": {8, 1}, fc + "ia3_l": {1, 6}}
	with := func(base map[string][]int, name string, shape ...int) map[string][]int {
		m := maps.Clone(base)
		if m[name] = shape; shape == nil {
			delete(m, name)
		}
		return m
	}
	const (
		loraConfig = `{"peft_type":"LORA","r":4,"target_modules":["q_proj"]}`
		doraConfig = `{"peft_type":"LORA","r":4,"target_modules":["q_proj"],"use_dora":true}`
		ia3Config  = `{"peft_type":"IA3","target_modules":["q_proj","fc_out"],"feedforward_modules":["fc_out"]}`
	)
	tests := map[string]struct {
		config string
		shapes map[string][]int
		want   []string // none: it is fine
	}{
		"LoRA":                         {loraConfig, lora, nil},
		"LoRA with defaults":           {`{"peft_type":"LORA"}`, lora, nil},
		"targets as a pattern":         {`{"peft_type":"LORA","target_modules":".*q_proj"}`, lora, nil},
		"DoRA":                         {doraConfig, with(lora, q+"lora_magnitude_vector", 8), nil},
		"IA3":                          {ia3Config, ia3, nil},
		"prompt method":                {`{"peft_type":"PREFIX_TUNING"}`, map[string][]int{"prompt_embeddings": {4, 6}}, nil},
		"saved head":                   {`{"peft_type":"LORA","modules_to_save":["score"]}`, with(lora, "base_model.model.score.weight", 2, 6), nil},
		"saved embedding":              {loraConfig, with(lora, "base_model.model.lm_head.weight", 2, 6), nil},
		"trained biases":               {`{"peft_type":"LORA","bias":"lora_only"}`, with(lora, q+"bias", 8), nil},
		"no JSON":                      {`{`, lora, []string{"adapter_config.json"}},
		"no type":                      {`{}`, lora, []string{"peft_type"}},
		"no tensors":                   {loraConfig, nil, []string{"no tensors"}},
		"rank not positive":            {`{"peft_type":"LORA","r":0}`, lora, []string{"r is 0"}},
		"rank differs":                 {`{"peft_type":"LORA","r":8}`, lora, []string{"q_proj", "rank 4", "r = 8"}},
		"A missing":                    {loraConfig, with(lora, q+"lora_A.weight"), []string{"q_proj", "lora_A.weight is missing"}},
		"B missing":                    {loraConfig, with(lora, q+"lora_B.weight"), []string{"q_proj", "lora_B.weight is missing"}},
		"shapes do not fit":            {`{"peft_type":"LORA"}`, with(lora, q+"lora_B.weight", 8, 3), []string{"q_proj", "multiply"}},
		"magnitude missing":            {doraConfig, lora, []string{"q_proj", "lora_magnitude_vector"}},
		"magnitude too many":           {loraConfig, with(lora, q+"lora_magnitude_vector", 8), []string{"lora_magnitude_vector"}},
		"magnitude of another size":    {doraConfig, with(lora, q+"lora_magnitude_vector", 6), []string{"lora_magnitude_vector", "8 outputs"}},
		"extra tensor":                 {loraConfig, with(lora, q+"weight", 8, 6), []string{"q_proj.weight", "not a parameter of LORA"}},
		"biases not trained":           {loraConfig, with(lora, q+"bias", 8), []string{"q_proj.bias"}},
		"not a target":                 {loraConfig, with(with(lora, other+"lora_A.weight", 4, 6), other+"lora_B.weight", 8, 4), []string{"k_proj", "target_modules"}},
		"target without tensors":       {`{"peft_type":"LORA","target_modules":["q_proj","v_proj"]}`, lora, []string{`"v_proj"`, "no tensors"}},
		"prefix missing":               {loraConfig, with(lora, "layers.0.q_proj.lora_A.weight", 4, 6), []string{"base_model.model."}},
		"adapter's name in the tensor": {loraConfig, with(lora, q+"lora_A.default.weight", 4, 6), []string{"lora_A.default.weight"}},
		"IA3 of the wrong side":        {ia3Config, with(ia3, fc+"ia3_l", 6, 1), []string{"fc_out", "feed-forward"}},
		"LoRA in IA3":                  {ia3Config, with(ia3, q+"lora_A.weight", 4, 6), []string{"lora_A", "IA3"}},
		"all problems are said": {loraConfig, map[string][]int{q + "lora_A.weight": {4, 6}, other + "lora_B.weight": {4, 6}},
			[]string{"lora_B.weight is missing", "lora_A.weight is missing", "k_proj"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			a := &peft.Adapter{Config: json.RawMessage(test.config), Tensors: tensors(test.shapes)}
			err := a.Check()
			if test.want == nil {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if err == nil {
				t.Fatal("no problem found")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %s", err, want)
				}
			}
			if err := peft.Save(filepath.Join(t.TempDir(), "a"), a); err == nil {
				t.Error("saved")
			}
		})
	}
}

func TestExpectNamesWhatIsMissingAndExtra(t *testing.T) {
	a := &peft.Adapter{Tensors: tensors(map[string][]int{"a": {1}, "b": {1}})}
	if err := a.Expect([]string{"b", "a"}); err != nil {
		t.Error(err)
	}
	err := a.Expect([]string{"a", "c"})
	if err == nil || !strings.Contains(err.Error(), `"c" is missing`) || !strings.Contains(err.Error(), `"b" does not belong`) {
		t.Errorf("error is %v", err)
	}
}

func TestUnknownKeysAndSpellingsAreKept(t *testing.T) {
	shapes := map[string][]int{q + "lora_A.weight": {4, 6}, q + "lora_B.weight": {8, 4}}
	config, err := peft.WithBase([]byte(`{"z":{"y":[1,{"b":2,"a":1}]},"peft_type":"LORA","lora_dropout":0.0,"new key":"<é>"}`), "org/name")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "adapter")
	if err := peft.Save(dir, &peft.Adapter{Config: config, Tensors: tensors(shapes)}); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(dir, "adapter_config.json"))
	if err != nil {
		t.Fatal(err)
	}
	want := `{
  "base_model_name_or_path": "org/name",
  "lora_dropout": 0.0,
  "new key": "<é>",
  "peft_type": "LORA",
  "z": {
    "y": [
      1,
      {
        "b": 2,
        "a": 1
      }
    ]
  }
}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
	if err := peft.Save(dir, &peft.Adapter{Config: config, Tensors: tensors(shapes)}); err == nil {
		t.Error("an adapter was replaced")
	}
}

// Adapters that PEFT saved, loaded and saved again, keep every byte.
func TestParityAdapters(t *testing.T) {
	for _, dir := range needs.Goldens(t, "adapters/*/*") {
		adapters := filepath.Dir(filepath.Dir(dir))
		name, err := filepath.Rel(filepath.Dir(filepath.Dir(adapters)), dir)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(filepath.ToSlash(name), func(t *testing.T) {
			a, err := peft.Load(dir)
			if err != nil {
				t.Fatal(err)
			}
			saved := filepath.Join(t.TempDir(), "adapter")
			if err := peft.Save(saved, a); err != nil {
				t.Fatal(err)
			}
			for _, file := range []string{"adapter_config.json", "adapter_model.safetensors"} {
				want, err := os.ReadFile(filepath.Join(dir, file))
				if err != nil {
					t.Fatal(err)
				}
				got, err := os.ReadFile(filepath.Join(saved, file))
				if err != nil {
					t.Fatal(err)
				}
				if string(got) != string(want) {
					t.Errorf("%s changed", file)
				}
			}
			again, err := peft.Load(saved)
			if err != nil {
				t.Fatal(err)
			}
			if err := again.Expect(a.Tensors.Names()); err != nil {
				t.Error(err)
			}
		})
	}
}

func FuzzConfig(f *testing.F) {
	f.Add([]byte(`{"peft_type":"LORA","r":4,"target_modules":["q_proj"],"rank_pattern":{}}`))
	f.Add([]byte(`{"peft_type":"IA3","target_modules":"x","feedforward_modules":null}`))
	f.Add([]byte(`null`))
	shapes := map[string][]int{q + "lora_A.weight": {4, 6}, q + "lora_B.weight": {8, 4}}
	f.Fuzz(func(t *testing.T, config []byte) {
		a := &peft.Adapter{Config: config, Tensors: tensors(shapes)}
		if a.Check() != nil {
			return
		}
		if err := peft.Save(filepath.Join(t.TempDir(), "a"), a); err != nil {
			t.Errorf("a checked adapter cannot be saved: %v", err)
		}
	})
}

func TestPickledAdapterIsRead(t *testing.T) {
	a, err := peft.Load(filepath.Join("testdata", "pickled"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := a.Tensors.Tensor(q + "lora_B.weight")
	if err != nil {
		t.Fatal(err)
	}
	values, err := b.Float32()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]float32{0, 1, 2, 3, 4, 5, 6, 7}, values); diff != "" {
		t.Error(diff)
	}
}

func TestFoldersThatAreNoAdapters(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"empty":            {nil, "adapter_config.json"},
		"no weights":       {map[string]string{"adapter_config.json": `{"peft_type":"LORA"}`}, "neither adapter_model.safetensors nor adapter_model.bin"},
		"no method":        {map[string]string{"adapter_config.json": `{"r":3}`}, "no peft_type"},
		"a list":           {map[string]string{"adapter_config.json": `[1]`}, "adapter_config.json"},
		"a long one":       {map[string]string{"adapter_config.json": `{"peft_type":"` + strings.Repeat("x", 2<<20) + `"}`}, "more than"},
		"no zip":           {map[string]string{"adapter_config.json": `{"peft_type":"LORA"}`, "adapter_model.bin": "PK"}, "adapter_model.bin"},
		"truncated header": {map[string]string{"adapter_config.json": `{"peft_type":"LORA"}`, "adapter_model.safetensors": "\xff\xff\xff\xff\xff\xff\xff\x7f{"}, "adapter_model.safetensors"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, content := range c.files {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := peft.Load(dir); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), dir) {
				t.Errorf("error %v, want one with the folder and %q", err, c.want)
			}
		})
	}
}

func TestJoinedTensors(t *testing.T) {
	a := safetensors.FromFloat32("a", []int{2, 1}, []float32{1, 2})
	b := safetensors.FromFloat32("b", []int{2, 2}, []float32{3, 4, 5, 6})
	set, err := safetensors.NewSet(a, b)
	if err != nil {
		t.Fatal(err)
	}
	j := peft.Join{Tensor: "ab", Axis: 1, Parts: []safetensors.Info{a.Info, b.Info}}
	joined, err := j.Join(set)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(safetensors.FromFloat32("ab", []int{2, 3}, []float32{1, 3, 4, 2, 5, 6}), joined); diff != "" {
		t.Errorf("joined (-want +got):\n%s", diff)
	}
	parts, err := j.Split(joined)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]safetensors.Tensor{a, b}, parts); diff != "" {
		t.Errorf("split (-want +got):\n%s", diff)
	}
	for want, wrong := range map[string]peft.Join{
		"joins no parts":   {Tensor: "ab"},
		"along axis 2":     {Tensor: "ab", Axis: 2, Parts: j.Parts},
		"does not join":    {Tensor: "ab", Axis: 0, Parts: j.Parts},
		`no tensor "c"`:    {Tensor: "ab", Parts: []safetensors.Info{{Name: "c", Shape: []int{1}}}},
		"expected F32 [7]": {Tensor: "ab", Parts: []safetensors.Info{{Name: "a", Shape: []int{7}}}},
	} {
		if _, err := wrong.Join(set); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	if _, err := j.Split(b); err == nil || !strings.Contains(err.Error(), "[2 2], expected [2 3]") {
		t.Errorf("error %v for a tensor of another shape", err)
	}
}
