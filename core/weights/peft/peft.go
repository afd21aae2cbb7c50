// Package peft reads and writes adapters in the format of the Python library
// PEFT: a folder with adapter_config.json and adapter_model.safetensors, which
// PeftModel.from_pretrained opens. It reads the adapter_model.bin of older
// versions, but does not write it.
//
// The configuration is an object that the adapter's own plugin writes. This
// package uses only the keys that determine whether the tensors fit; it keeps
// all other keys as they are.
package peft

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"harness/core/internal/atomicfile"
	"harness/core/weights/safetensors"
	"harness/core/weights/torchbin"
)

const (
	configFile  = "adapter_config.json"
	weightsFile = "adapter_model.safetensors"
	pickledFile = "adapter_model.bin"
)

// maxConfig bounds the size of adapter_config.json, which is a few kilobytes.
const maxConfig = 1 << 20

// Adapter is a saved adapter.
type Adapter struct {
	// Config is adapter_config.json, an object.
	Config json.RawMessage
	// Tensors are named as PEFT names them, without the adapter's name:
	// base_model.model.MODULE.lora_A.weight.
	Tensors safetensors.Set
}

// Load reads and checks the adapter in the folder dir.
func Load(dir string) (*Adapter, error) {
	a, err := load(dir)
	if err != nil {
		return nil, fmt.Errorf("adapter %s: %w", dir, err)
	}
	return a, nil
}

func load(dir string) (*Adapter, error) {
	config, err := readConfig(dir)
	if err != nil {
		return nil, err
	}
	a := &Adapter{Config: config}
	if a.Tensors, err = readTensors(dir); err != nil {
		return nil, err
	}
	return a, a.Check()
}

// ReadConfig reads adapter_config.json in the folder dir, which must be an
// object with a peft_type.
func ReadConfig(dir string) (json.RawMessage, error) {
	config, err := readConfig(dir)
	if err != nil {
		return nil, fmt.Errorf("adapter %s: %w", dir, err)
	}
	return config, nil
}

func readConfig(dir string) (json.RawMessage, error) {
	file, err := os.Open(filepath.Join(dir, configFile))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxConfig+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxConfig {
		return nil, fmt.Errorf("%s: more than %d bytes", configFile, maxConfig)
	}
	if _, err := PeftType(text); err != nil {
		return nil, err
	}
	return text, nil
}

// PeftType is the name of the method in a configuration.
func PeftType(config json.RawMessage) (string, error) {
	var s struct {
		PeftType string `json:"peft_type"`
	}
	if err := json.Unmarshal(config, &s); err != nil {
		return "", fmt.Errorf("%s: %w", configFile, err)
	}
	if s.PeftType == "" {
		return "", fmt.Errorf("%s: no peft_type", configFile)
	}
	return s.PeftType, nil
}

// readTensors reads the weights, in the newer format if both files exist.
func readTensors(dir string) (safetensors.Set, error) {
	file, err := safetensors.Open(filepath.Join(dir, weightsFile))
	if err == nil {
		defer file.Close()
		return safetensors.ReadAll(file)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	pickled, err := torchbin.Open(filepath.Join(dir, pickledFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("neither %s nor %s is there", weightsFile, pickledFile)
	}
	if err != nil {
		return nil, err
	}
	defer pickled.Close()
	return safetensors.ReadAll(pickled)
}

// Save checks the adapter and writes it into the folder dir, which must not
// exist or be empty. It appears complete or not at all, and the same adapter
// gives the same bytes.
func Save(dir string, a *Adapter) error {
	if err := a.Check(); err != nil {
		return fmt.Errorf("save adapter %s: %w", dir, err)
	}
	config, err := canonical(a.Config)
	if err != nil {
		return fmt.Errorf("save adapter %s: %s: %w", dir, configFile, err)
	}
	return atomicfile.Folder(dir, func(tmp string) error {
		if err := atomicfile.WriteBytes(filepath.Join(tmp, configFile), config); err != nil {
			return err
		}
		// PEFT, like transformers, writes this note.
		return safetensors.WriteSource(filepath.Join(tmp, weightsFile), a.Tensors, map[string]string{"format": "pt"})
	})
}

// canonical formats the configuration as PEFT does: with sorted keys and an
// indentation of two spaces. Numbers keep their spelling, so that Python reads
// 0.0 as a float.
func canonical(config json.RawMessage) ([]byte, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(config, &fields); err != nil {
		return nil, err
	}
	// Encoding a map sorts its keys.
	compact, err := encode(fields)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, compact, "", "  "); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// encode is json.Marshal without the escapes meant for HTML.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// WithBase sets base_model_name_or_path in the configuration. PEFT uses it to
// find the adapter's base checkpoint.
func WithBase(config json.RawMessage, nameOrPath string) (json.RawMessage, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(config, &fields); err != nil {
		return nil, fmt.Errorf("%s: %w", configFile, err)
	}
	if fields == nil {
		return nil, fmt.Errorf("%s: not an object", configFile)
	}
	name, err := encode(nameOrPath)
	if err != nil {
		return nil, err
	}
	fields["base_model_name_or_path"] = name
	return encode(fields)
}

// Files lists the files of an adapter's folder that Load reads.
func Files(dir string) ([]string, error) {
	for _, weights := range []string{weightsFile, pickledFile} {
		_, err := os.Stat(filepath.Join(dir, weights))
		if err == nil {
			return []string{configFile, weights}, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("adapter %s: %w", dir, err)
		}
	}
	return nil, fmt.Errorf("adapter %s: neither %s nor %s is there", dir, weightsFile, pickledFile)
}
