// Package snapshot reads and writes checkpoint folders in the layout of model
// hubs: config.json, the tokenizer's files, and the weights in model.safetensors
// or else pytorch_model.bin, each as one file or as shards that an index lists.
// A folder may instead hold one GGUF file, which contains all of that.
package snapshot

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"harness/core/weights/gguf"
	"harness/core/weights/safetensors"
	"harness/core/weights/torchbin"
)

const (
	configFile = "config.json"
	singleFile = "model.safetensors"
	indexFile  = "model.safetensors.index.json"
	// adapterFile marks a folder as an adapter for PEFT.
	adapterFile = "adapter_config.json"
)

// ErrFormat is wrapped by Open's error if the format of the weights is not
// supported.
var ErrFormat = errors.New("weight format is not read")

// weights is an open file of weights.
type weights interface {
	safetensors.Source
	View(name string, use func(safetensors.Tensor) error) error
	Close() error
}

// format is how a folder holds weights: in one file, or in shards that an
// index lists.
type format struct {
	single, index string
	open          func(path string) (weights, error)
}

// formats lists the supported formats, the preferred first, in the order of
// Hugging Face's loader.
func formats() []format {
	return []format{
		{singleFile, indexFile, func(path string) (weights, error) { return safetensors.Open(path) }},
		{"pytorch_model.bin", "pytorch_model.bin.index.json", func(path string) (weights, error) { return torchbin.Open(path) }},
	}
}

// Snapshot is an open checkpoint. It may be used by several goroutines.
type Snapshot struct {
	folder folder
	config []byte
	shards []weights
	at     map[string]weights // the shard of each tensor
	names  []string
}

var _ safetensors.Source = (*Snapshot)(nil)

// Open opens the folder dir. It opens all shards and checks them against the
// index; it reads tensors only on request.
func Open(dir string) (_ *Snapshot, err error) {
	f, err := openFolder(dir)
	if err != nil {
		return nil, err
	}
	s := &Snapshot{folder: f, at: map[string]weights{}}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	if err := s.openWeights(); err != nil {
		return nil, err
	}
	if s.config == nil {
		if s.config, err = f.config(); err != nil {
			return nil, err
		}
	}
	s.names = slices.Sorted(maps.Keys(s.at))
	return s, nil
}

// config reads config.json.
func (f folder) config() ([]byte, error) {
	text, err := f.read(configFile)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	if !json.Valid(text) {
		return nil, fmt.Errorf("checkpoint %s: %s is not JSON", f.dir, configFile)
	}
	return text, nil
}

// openWeights opens the files of the format that the folder has.
func (s *Snapshot) openWeights() error {
	if err := s.folder.checkAdapter(); err != nil {
		return err
	}
	form, single, err := s.folder.format()
	switch {
	case err != nil:
		return err
	case form.open == nil:
		return s.openGGUF()
	case single:
		return s.openSingle(form)
	}
	return s.openShards(form)
}

// format returns the first format that the folder has, and whether the weights
// are in a single file. It returns an empty format if there is none.
func (f folder) format() (form format, single bool, err error) {
	for _, form := range formats() {
		for _, name := range []string{form.single, form.index} {
			found, err := f.has(name)
			if err != nil {
				return format{}, false, err
			}
			if found {
				return form, name == form.single, nil
			}
		}
	}
	return format{}, false, nil
}

// gguf is the path of the folder's GGUF file. It is empty if there is none, or if
// other weights are preferred.
func (f folder) gguf() (string, error) {
	form, _, err := f.format()
	if err != nil || form.open != nil {
		return "", err
	}
	names, err := f.files()
	if err != nil {
		return "", err
	}
	names = slices.DeleteFunc(names, func(name string) bool { return !strings.HasSuffix(name, ".gguf") })
	switch len(names) {
	case 0:
		return "", nil
	case 1:
		return f.resolve(names[0])
	}
	return "", fmt.Errorf("checkpoint %s: has %d GGUF files (%s, %s, …): keep only one", f.dir, len(names), names[0], names[1])
}

func (s *Snapshot) openGGUF() error {
	path, err := s.folder.gguf()
	if err != nil {
		return err
	}
	if path == "" {
		return s.folder.noWeights()
	}
	c, err := gguf.OpenCheckpoint(path)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	s.config = c.Config()
	s.add(c)
	return nil
}

// add adds a single file with all tensors.
func (s *Snapshot) add(file weights) {
	s.shards = append(s.shards, file)
	for _, name := range file.Names() {
		s.at[name] = file
	}
}

// noWeights is the error for a folder without supported weights. It names the
// weights that the folder has instead.
func (f folder) noWeights() error {
	for _, other := range []string{"tf_model.h5", "flax_model.msgpack"} {
		if found, err := f.has(other); err != nil {
			return err
		} else if found {
			return fmt.Errorf("checkpoint %s: has %s but no %s: %w; convert it to safetensors", f.dir, other, singleFile, ErrFormat)
		}
	}
	names, err := f.files()
	if err != nil {
		return err
	}
	for _, name := range names {
		if numbered.MatchString(name) {
			return fmt.Errorf("checkpoint %s: has the shard %s but no index file, which says what the shards hold; fetch %s too", f.dir, name, indexFile)
		}
	}
	return fmt.Errorf("checkpoint %s: no weights: neither %s nor %s, nor such files in torch's format, nor a GGUF file", f.dir, singleFile, indexFile)
}

func (f folder) open(form format, name string) (weights, error) {
	path, err := f.resolve(name)
	if err != nil {
		return nil, err
	}
	return form.open(path)
}

func (s *Snapshot) openSingle(form format) error {
	if err := s.folder.checkAlone(form); err != nil {
		return fmt.Errorf("checkpoint %s: %w", s.folder.dir, err)
	}
	file, err := s.folder.open(form, form.single)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	s.add(file)
	return nil
}

func (s *Snapshot) openShards(form format) error {
	at, err := s.folder.index(form)
	if err != nil {
		return fmt.Errorf("checkpoint %s: %w", s.folder.dir, err)
	}
	listed := map[string]bool{}
	for _, shard := range at {
		listed[shard] = true
	}
	if err := s.folder.checkNumbering(listed); err != nil {
		return fmt.Errorf("checkpoint %s: %s: %w", s.folder.dir, form.index, err)
	}
	twice := map[string][]weights{} // in shards other than the index says
	for _, shard := range slices.Sorted(maps.Keys(listed)) {
		file, err := s.folder.open(form, shard)
		if err != nil {
			return fmt.Errorf("checkpoint: shard %s: %w", shard, err)
		}
		s.shards = append(s.shards, file)
		for _, name := range file.Names() {
			switch where, ok := at[name]; {
			case !ok:
				return fmt.Errorf("checkpoint %s: tensor %q of shard %s is not in %s", s.folder.dir, name, shard, form.index)
			case where == shard:
				s.at[name] = file
			default:
				twice[name] = append(twice[name], file)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(at)) {
		if s.at[name] == nil {
			return fmt.Errorf("checkpoint %s: shard %s has no tensor %q, which %s says it has", s.folder.dir, at[name], name, form.index)
		}
		for _, other := range twice[name] {
			if err := sameIn(s.at[name], other, name); err != nil {
				return fmt.Errorf("checkpoint %s: %s says that %q is in %s: %w", s.folder.dir, form.index, name, at[name], err)
			}
		}
	}
	return nil
}

// sameIn demands that a tensor is the same in both files: loaders disagree
// whether the index decides or the last file.
func sameIn(a, b weights, name string) error {
	return a.View(name, func(x safetensors.Tensor) error {
		return b.View(name, func(y safetensors.Tensor) error {
			if x.DType != y.DType || !slices.Equal(x.Shape, y.Shape) || !bytes.Equal(x.Data, y.Data) {
				return errors.New("another shard holds another tensor of that name; remove the one that is not meant")
			}
			return nil
		})
	})
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

// Config is config.json, byte for byte, or the config.json that a GGUF file
// implies.
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
		return safetensors.Tensor{}, s.missing(name)
	}
	return file.Tensor(name)
}

// View passes a tensor to use, in place if possible. safetensors.File.View says
// what use must not do.
func (s *Snapshot) View(name string, use func(safetensors.Tensor) error) error {
	file, ok := s.at[name]
	if !ok {
		return s.missing(name)
	}
	return file.View(name, use)
}

func (s *Snapshot) missing(name string) error {
	return fmt.Errorf("checkpoint %s: no tensor %q", filepath.Clean(s.folder.dir), name)
}
