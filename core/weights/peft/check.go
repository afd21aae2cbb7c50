package peft

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"harness/core/weights/safetensors"
)

// modelPrefix is PEFT's prefix of the base model's own module paths.
const modelPrefix = "base_model.model."

// settings are the keys of adapter_config.json that determine which tensors
// belong to an adapter.
type settings struct {
	PeftType    string         `json:"peft_type"`
	TaskType    *string        `json:"task_type"`
	Base        *string        `json:"base_model_name_or_path"`
	Rank        *int           `json:"r"`
	RankPattern map[string]int `json:"rank_pattern"`
	Bias        string         `json:"bias"`
	DoRA        bool           `json:"use_dora"`
	// Targets are module names; nil if the key holds a pattern.
	Targets names `json:"target_modules"`
	// FeedForward are module names too; PEFT matches any suffix of a module's path.
	FeedForward names `json:"feedforward_modules"`
	ToSave      names `json:"modules_to_save"`
	// feedForwardPattern is set if feedforward_modules holds a pattern.
	feedForwardPattern bool
}

// names is a list of names. It is nil for a string, which PEFT reads as a
// pattern.
type names []string

func (n *names) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '"' {
		*n = nil
		return nil
	}
	return json.Unmarshal(text, (*[]string)(n))
}

// match reports whether one of the names is the module's path, or the end of the
// path after a dot.
func (n names) match(module string) bool {
	return slices.ContainsFunc(n, func(name string) bool {
		return module == name || strings.HasSuffix(module, "."+name)
	})
}

// Check returns all problems because of which PEFT could not open the adapter,
// or would ignore or invent tensors. It checks every tensor of LoRA (with DoRA)
// and IA3, but only the tensor names of other methods.
func (a *Adapter) Check() error {
	var s settings
	if err := json.Unmarshal(a.Config, &s); err != nil {
		return fmt.Errorf("%s: %w", configFile, err)
	}
	if s.PeftType == "" {
		return fmt.Errorf("%s: no peft_type", configFile)
	}
	if s.Rank != nil && *s.Rank <= 0 && s.PeftType == "LORA" {
		return fmt.Errorf("%s: r is %d, not positive", configFile, *s.Rank)
	}
	if len(a.Tensors) == 0 {
		return fmt.Errorf("%s: no tensors", weightsFile)
	}
	s.feedForwardPattern = s.FeedForward == nil
	c := checker{settings: s, modules: map[string]map[string]safetensors.Info{}}
	for _, name := range a.Tensors.Names() {
		c.sort(name, a.Tensors[name].Info)
	}
	for _, module := range slices.Sorted(maps.Keys(c.modules)) {
		c.module(module, c.modules[module])
	}
	c.targets()
	return errors.Join(c.problems...)
}

// Expect reports which of these tensors are missing and which other tensors the
// adapter has. It returns nil if the adapter has exactly these.
func (a *Adapter) Expect(tensors []string) error {
	var problems []error
	for _, name := range tensors {
		if _, ok := a.Tensors[name]; !ok {
			problems = append(problems, fmt.Errorf("tensor %q is missing", name))
		}
	}
	for _, name := range a.Tensors.Names() {
		if !slices.Contains(tensors, name) {
			problems = append(problems, fmt.Errorf("tensor %q does not belong to the adapter", name))
		}
	}
	return errors.Join(problems...)
}

type checker struct {
	settings settings
	// modules holds each module's tensors, by the part of the name after the
	// module's path.
	modules  map[string]map[string]safetensors.Info
	problems []error
}

func (c *checker) problem(format string, args ...any) {
	c.problems = append(c.problems, fmt.Errorf(format, args...))
}

// parameters are the suffixes of a method's tensor names.
func (s settings) parameters() []string {
	switch s.PeftType {
	case "LORA":
		return []string{
			"lora_A.weight", "lora_B.weight", "lora_B.bias", "lora_embedding_A", "lora_embedding_B", "lora_magnitude_vector",
		}
	case "IA3":
		return []string{"ia3_l"}
	}
	return nil
}

// sort finds the module that a tensor belongs to.
func (c *checker) sort(name string, info safetensors.Info) {
	known := c.settings.parameters()
	if known == nil {
		// Prompt methods use names without the prefix, but also without an
		// adapter's name.
		if strings.Contains(name, ".default.") || strings.HasSuffix(name, ".default") {
			c.problem("tensor %q: the adapter's name must be left out", name)
		}
		return
	}
	path, ok := strings.CutPrefix(name, modelPrefix)
	if !ok {
		c.problem("tensor %q: does not start with %s", name, modelPrefix)
		return
	}
	for _, end := range known {
		if module, ok := strings.CutSuffix(path, "."+end); ok {
			if c.modules[module] == nil {
				c.modules[module] = map[string]safetensors.Info{}
			}
			c.modules[module][end] = info
			return
		}
	}
	module, end := "", path
	if dot := strings.LastIndexByte(path, '.'); dot >= 0 {
		module, end = path[:dot], path[dot+1:]
	}
	switch {
	case c.settings.savedWhole(module):
	case end == "bias" && (c.settings.Bias == "all" || c.settings.Bias == "lora_only"):
	default:
		c.problem("tensor %q: is not a parameter of %s", name, c.settings.PeftType)
	}
}

// savedWhole reports whether the file may hold the base model's own weights of a
// module: the configuration may ask for that, and PEFT saves embeddings that
// were resized or adapted.
func (s settings) savedWhole(module string) bool {
	for path := module; path != ""; {
		if s.ToSave.match(path) {
			return true
		}
		dot := strings.LastIndexByte(path, '.')
		if dot < 0 {
			break
		}
		path = path[:dot]
	}
	return names{"embed_tokens", "lm_head"}.match(module)
}

// module checks that one module's tensors are complete and fit together.
func (c *checker) module(module string, has map[string]safetensors.Info) {
	if c.settings.Targets != nil && !c.settings.Targets.match(module) {
		c.problem("module %q: has tensors but is not among target_modules %q", module, []string(c.settings.Targets))
	}
	if c.settings.PeftType == "IA3" {
		c.ia3(module, has["ia3_l"])
		return
	}
	if _, ok := has["lora_embedding_A"]; ok {
		c.lora(module, has, "lora_embedding_A", "lora_embedding_B")
		return
	}
	c.lora(module, has, "lora_A.weight", "lora_B.weight")
}

// lora checks A [r, in] and B [out, r]; further axes belong to convolutions.
func (c *checker) lora(module string, has map[string]safetensors.Info, nameA, nameB string) {
	a, okA := has[nameA]
	b, okB := has[nameB]
	switch {
	case !okA:
		c.problem("module %q: %s is missing", module, nameA)
		return
	case !okB:
		c.problem("module %q: %s is missing", module, nameB)
		return
	case len(a.Shape) < 2 || len(b.Shape) < 2 || a.Shape[0] != b.Shape[1]:
		c.problem("module %q: %s %v and %s %v do not multiply", module, nameA, a.Shape, nameB, b.Shape)
		return
	}
	// rank_pattern may hold regular expressions, so the rank is only known
	// without it.
	if want := c.settings.Rank; want != nil && len(c.settings.RankPattern) == 0 && a.Shape[0] != *want {
		c.problem("module %q: rank %d, %s says r = %d", module, a.Shape[0], configFile, *want)
	}
	m, ok := has["lora_magnitude_vector"]
	switch {
	case ok != c.settings.DoRA:
		c.problem("module %q: lora_magnitude_vector present: %t, use_dora: %t", module, ok, c.settings.DoRA)
	case ok && len(m.Shape) == 1 && m.Shape[0] != b.Shape[0]:
		c.problem("module %q: lora_magnitude_vector %v for %d outputs", module, m.Shape, b.Shape[0])
	}
}

// ia3 checks l, which is [out, 1] or, if it scales inputs, [1, in].
func (c *checker) ia3(module string, l safetensors.Info) {
	feedForward := slices.ContainsFunc(c.settings.FeedForward, func(name string) bool { return strings.HasSuffix(module, name) })
	axis, form := 1, "[out, 1]"
	if feedForward {
		axis, form = 0, "[1, in] for a feed-forward module"
	}
	switch {
	case len(l.Shape) != 2 || (l.Shape[0] != 1 && l.Shape[1] != 1):
		c.problem("module %q: ia3_l is %v, neither [out, 1] nor [1, in]", module, l.Shape)
	case !c.settings.feedForwardPattern && l.Shape[axis] != 1:
		c.problem("module %q: ia3_l is %v, not %s", module, l.Shape, form)
	}
}

// targets finds names in target_modules that no module has.
func (c *checker) targets() {
	if c.settings.parameters() == nil {
		return
	}
	for _, target := range c.settings.Targets {
		found := false
		for module := range c.modules {
			found = found || names{target}.match(module)
		}
		if !found {
			c.problem("target module %q: has no tensors", target)
		}
	}
}
