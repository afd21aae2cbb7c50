package snapshot

import (
	"encoding/json"
	"fmt"
	"path/filepath"

	"harness/core/internal/atomicfile"
	"harness/core/weights/safetensors"
)

// DefaultMaxShard is a size of weight files that hubs and file systems accept.
const DefaultMaxShard = 5 << 30

// shard is a subset of a source's tensors.
type shard struct {
	safetensors.Source
	names []string
	bytes int64
}

func (s shard) Names() []string { return s.names }

func (s shard) View(name string, use func(safetensors.Tensor) error) error {
	return safetensors.View(s.Source, name, use)
}

// shards distributes the tensors over shards, in order of their names.
func shards(from safetensors.Source, most int64) ([]shard, error) {
	var all []shard
	for _, name := range from.Names() {
		info, ok := from.Info(name)
		if !ok {
			return nil, fmt.Errorf("tensor %q is listed but missing", name)
		}
		size, err := info.Bytes()
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", name, err)
		}
		if len(all) == 0 || all[len(all)-1].bytes > most-size {
			all = append(all, shard{Source: from})
		}
		last := &all[len(all)-1]
		last.names = append(last.names, name)
		last.bytes += size
	}
	return all, nil
}

// writeWeights writes model.safetensors, or shards and their index.
func writeWeights(dir string, from safetensors.Source, most int64) error {
	// PyTorch loaders refuse files without this metadata.
	metadata := map[string]string{"format": "pt"}
	all, err := shards(from, most)
	if err != nil {
		return err
	}
	if len(all) <= 1 {
		return safetensors.WriteSource(filepath.Join(dir, singleFile), from, metadata)
	}
	at := map[string]string{}
	var total int64
	for i, s := range all {
		file := fmt.Sprintf("model-%05d-of-%05d.safetensors", i+1, len(all))
		if err := safetensors.WriteSource(filepath.Join(dir, file), s, metadata); err != nil {
			return err
		}
		for _, name := range s.names {
			at[name] = file
		}
		total += s.bytes
	}
	index, err := json.MarshalIndent(map[string]any{"metadata": map[string]any{"total_size": total}, "weight_map": at}, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", indexFile, err)
	}
	return atomicfile.WriteBytes(filepath.Join(dir, indexFile), append(index, '\n'))
}
