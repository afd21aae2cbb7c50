package step

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"harness/core/ir"
	"harness/core/store"
	"harness/core/weights/peft"
	"harness/core/weights/safetensors"
)

// adapterDir is the folder of a train step that PEFT opens.
const adapterDir = "adapter"

// savePEFT writes the trained parameters of a segment once more as PEFT names
// them; nothing where PEFT has no such method.
func savePEFT(net *network, dir string) error {
	if net.attached.GetPeft() == nil {
		return nil
	}
	names, err := net.peftNames()
	if err != nil {
		return err
	}
	file, err := safetensors.Open(filepath.Join(dir, "trained.safetensors"))
	if err != nil {
		return err
	}
	defer file.Close()
	tensors, err := renamed(file, names)
	if err != nil {
		return fmt.Errorf("save adapter: %w", err)
	}
	return peft.Save(filepath.Join(dir, adapterDir), &peft.Adapter{Config: net.attached.Peft.AdapterConfig, Tensors: tensors})
}

// peftNames maps each parameter that the adapter adds to its PEFT tensor.
func (n *network) peftNames() (map[string]string, error) {
	names := map[string]string{}
	for _, p := range n.attached.Rewrite.Parameters {
		template, ok := n.attached.Peft.Tensors[p.Name]
		if !ok {
			return nil, fmt.Errorf("the adapter plugin gives no PEFT name for its parameter %s", p.Name)
		}
		for i := range max(1, int(p.Count)) {
			names[ir.At(p.Name, i)] = ir.At(template, i)
		}
	}
	return names, nil
}

// renamed reads the tensors that names lists and gives them their new names.
// Tensors that it does not list are an error: nothing is left behind.
func renamed(from safetensors.Source, names map[string]string) (safetensors.Set, error) {
	var tensors []safetensors.Tensor
	for _, name := range from.Names() {
		to, ok := names[name]
		if !ok {
			return nil, fmt.Errorf("tensor %s has no place in the adapter", name)
		}
		t, err := from.Tensor(name)
		if err != nil {
			return nil, err
		}
		t.Name = to
		tensors = append(tensors, t)
	}
	if len(tensors) != len(names) {
		return nil, fmt.Errorf("%d tensors, but the adapter has %d", len(tensors), len(names))
	}
	return safetensors.NewSet(tensors...)
}

// Import takes over an adapter that was trained elsewhere and saved by PEFT.
// It leaves trained.safetensors.
type Import struct {
	Network Network `json:"network"`
	Digest  string  `json:"digest"` // of the folder
	Dir     string  `json:"-"`
}

func (Import) Kind() string         { return "import" }
func (Import) Version() int         { return 1 }
func (w Import) Needs() []store.Key { return []store.Key{w.Network.Snapshot} }
func (Import) Resource() Resource   { return IO }

func (w Import) Run(ctx context.Context, env *Env, dir string) error {
	net, err := w.Network.open(ctx, env)
	if err != nil {
		return err
	}
	if net.attached.GetPeft() == nil {
		return fmt.Errorf("adapter %s has no PEFT format to load", w.Network.Adapter.Name)
	}
	adapter, err := peft.Load(w.Dir)
	if err != nil {
		return err
	}
	if err := sameMethod(net.attached.Peft.AdapterConfig, adapter.Config); err != nil {
		return fmt.Errorf("adapter %s: %w", w.Dir, err)
	}
	names, err := net.peftNames()
	if err != nil {
		return err
	}
	back := map[string]string{}
	for ours, theirs := range names {
		back[theirs] = ours
	}
	tensors, err := renamed(adapter.Tensors, back)
	if err != nil {
		return fmt.Errorf("adapter %s: %w", w.Dir, err)
	}
	return safetensors.WriteSource(filepath.Join(dir, "trained.safetensors"), tensors, nil)
}

// sameMethod compares what the study's block says with what an adapter's own
// configuration says, key by key; keys that do not change what the network
// computes are passed over.
func sameMethod(ours, theirs json.RawMessage) error {
	var a, b map[string]any
	if err := json.Unmarshal(ours, &a); err != nil {
		return fmt.Errorf("adapter_config.json: %w", err)
	}
	if err := json.Unmarshal(theirs, &b); err != nil {
		return fmt.Errorf("adapter_config.json: %w", err)
	}
	var differ []string
	for key, want := range a {
		got, ok := b[key]
		if !ok || slices.Contains(bookkeeping(), key) || reflect.DeepEqual(unordered(want), unordered(got)) {
			continue
		}
		differ = append(differ, fmt.Sprintf("%s is %v, but the study's block makes it %v", key, got, want))
	}
	if len(differ) > 0 {
		slices.Sort(differ)
		return fmt.Errorf("it was made with other settings: %s", strings.Join(differ, "; "))
	}
	return nil
}

// bookkeeping lists PEFT's keys that say nothing of the trained network.
func bookkeeping() []string {
	return []string{"base_model_name_or_path", "revision", "peft_version", "inference_mode", "auto_mapping", "task_type", "lora_dropout", "init_lora_weights"}
}

// unordered sorts a list of names, as module names are a set.
func unordered(v any) any {
	list, ok := v.([]any)
	if !ok {
		return v
	}
	var names []string
	for _, x := range list {
		name, ok := x.(string)
		if !ok {
			return v
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
