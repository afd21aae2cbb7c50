// Package snapshot reads and writes checkpoint folders as a model hub lays
// them out: config.json, the tokenizer's files, and the weights in
// model.safetensors or in shards that model.safetensors.index.json lists.
package snapshot

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"

	"harness/core/weights/safetensors"
)

const (
	configFile = "config.json"
	singleFile = "model.safetensors"
	indexFile  = "model.safetensors.index.json"
)

// ErrFormat is wrapped by Open's error for a folder whose weights are in a
// format that is not read.
var ErrFormat = errors.New("weight format is not read yet")

// Snapshot is an open checkpoint. It may be used by several goroutines.
type Snapshot struct {
	folder folder
	config []byte
	shards []*safetensors.File
	at     map[string]*safetensors.File // the shard of each tensor
	names  []string
}

var _ safetensors.Source = (*Snapshot)(nil)

// Open opens the folder dir. All shards are opened and checked against the
// index; tensors are read when asked for.
func Open(dir string) (_ *Snapshot, err error) {
	f, err := openFolder(dir)
	if err != nil {
		return nil, err
	}
	s := &Snapshot{folder: f, at: map[string]*safetensors.File{}}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	if s.config, err = f.read(configFile); err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	if !json.Valid(s.config) {
		return nil, fmt.Errorf("checkpoint %s: %s is not JSON", dir, configFile)
	}
	single, err := f.has(singleFile)
	if err != nil {
		return nil, err
	}
	index, err := f.has(indexFile)
	if err != nil {
		return nil, err
	}
	switch {
	case single:
		err = s.openSingle()
	case index:
		err = s.openShards()
	default:
		err = f.noWeights()
	}
	if err != nil {
		return nil, err
	}
	s.names = slices.Sorted(maps.Keys(s.at))
	return s, nil
}

// noWeights says what is there instead of safetensors.
func (f folder) noWeights() error {
	for _, other := range []string{
		"pytorch_model.bin", "pytorch_model.bin.index.json", "tf_model.h5", "flax_model.msgpack",
	} {
		if found, err := f.has(other); err != nil {
			return err
		} else if found {
			return fmt.Errorf("checkpoint %s: has %s but no %s: %w; convert it to safetensors", f.dir, other, singleFile, ErrFormat)
		}
	}
	return fmt.Errorf("checkpoint %s: no weights: neither %s nor %s", f.dir, singleFile, indexFile)
}

func (s *Snapshot) openFile(name string) (*safetensors.File, error) {
	path, err := s.folder.resolve(name)
	if err != nil {
		return nil, err
	}
	file, err := safetensors.Open(path)
	if err != nil {
		return nil, err
	}
	s.shards = append(s.shards, file)
	return file, nil
}

func (s *Snapshot) openSingle() error {
	file, err := s.openFile(singleFile)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	for _, name := range file.Names() {
		s.at[name] = file
	}
	return nil
}

func (s *Snapshot) openShards() error {
	text, err := s.folder.read(indexFile)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	var index struct {
		WeightMap map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(text, &index); err != nil {
		return fmt.Errorf("checkpoint %s: %s: %w", s.folder.dir, indexFile, err)
	}
	if len(index.WeightMap) == 0 {
		return fmt.Errorf("checkpoint %s: %s lists no tensors", s.folder.dir, indexFile)
	}
	listed := map[string]bool{}
	for _, shard := range index.WeightMap {
		listed[shard] = true
	}
	if err := s.folder.checkNumbering(listed); err != nil {
		return fmt.Errorf("checkpoint %s: %s: %w", s.folder.dir, indexFile, err)
	}
	for _, shard := range slices.Sorted(maps.Keys(listed)) {
		file, err := s.openFile(shard)
		if err != nil {
			return fmt.Errorf("checkpoint: shard %s: %w", shard, err)
		}
		for _, name := range file.Names() {
			switch where, ok := index.WeightMap[name]; {
			case !ok:
				return fmt.Errorf("checkpoint %s: tensor %q of shard %s is not in %s", s.folder.dir, name, shard, indexFile)
			case where == shard:
				s.at[name] = file
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(index.WeightMap)) {
		if s.at[name] == nil {
			return fmt.Errorf("checkpoint %s: shard %s has no tensor %q, which %s says it has", s.folder.dir, index.WeightMap[name], name, indexFile)
		}
	}
	return nil
}

var numbered = regexp.MustCompile(`^(.*)-(\d{5})-of-(\d{5})\.safetensors$`)

// checkNumbering finds shards that the index forgot: a gap in k-of-n names, or
// a file in the folder of the same series.
func (f folder) checkNumbering(listed map[string]bool) error {
	present, err := f.files()
	if err != nil {
		return err
	}
	for _, shard := range slices.Sorted(maps.Keys(listed)) {
		m := numbered.FindStringSubmatch(shard)
		if m == nil {
			continue
		}
		// Five digits always parse.
		total, _ := strconv.Atoi(m[3])
		for k := 1; k <= total; k++ {
			if want := fmt.Sprintf("%s-%05d-of-%s.safetensors", m[1], k, m[3]); !listed[want] {
				return fmt.Errorf("shard %s is not listed", want)
			}
		}
		for _, name := range present {
			if other := numbered.FindStringSubmatch(name); other != nil && other[1] == m[1] && !listed[name] {
				return fmt.Errorf("shard %s lies in the folder but is not listed", name)
			}
		}
	}
	return nil
}

// Close closes all weight files.
func (s *Snapshot) Close() error {
	var errs []error
	for _, f := range s.shards {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

// Dir is the folder, as given to Open.
func (s *Snapshot) Dir() string { return s.folder.dir }

// Config is config.json, byte for byte.
func (s *Snapshot) Config() []byte { return slices.Clone(s.config) }

// Names lists all tensors, sorted.
func (s *Snapshot) Names() []string { return slices.Clone(s.names) }

// Info describes a tensor; false if there is none of this name.
func (s *Snapshot) Info(name string) (safetensors.Info, bool) {
	file, ok := s.at[name]
	if !ok {
		return safetensors.Info{}, false
	}
	return file.Info(name)
}

// Tensor reads a tensor.
func (s *Snapshot) Tensor(name string) (safetensors.Tensor, error) {
	file, ok := s.at[name]
	if !ok {
		return safetensors.Tensor{}, fmt.Errorf("checkpoint %s: no tensor %q", filepath.Clean(s.folder.dir), name)
	}
	return file.Tensor(name)
}
