package snapshot

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"harness/core/internal/atomicfile"
	"harness/core/weights/gguf"
	"harness/core/weights/safetensors"
)

// companions are the files of a checkpoint other than config and weights: the
// tokenizer's files and the generation settings. Tokenizer classes read the files
// that they know.
func companions() []string {
	return []string{
		"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
		"vocab.json", "merges.txt", "vocab.txt", "tokenizer.model", "spiece.model", "chat_template.jinja",
		"generation_config.json",
	}
}

// Contents is what Write puts into a checkpoint folder.
type Contents struct {
	// Config is config.json, written byte for byte.
	Config []byte
	// Tensors go into one model.safetensors or, if they take more than MaxShard
	// bytes, into shards with an index. Write reads them one at a time.
	Tensors safetensors.Source
	// MaxShard is the maximum size of the tensors in a weight file; 0:
	// DefaultMaxShard. A larger tensor gets a file of its own.
	MaxShard int64
	// CopyFrom, if not empty, is a checkpoint folder. Write copies its tokenizer
	// files and generation_config.json, or makes them from its GGUF file.
	CopyFrom string
	// Files are written unchanged, and replace files of CopyFrom.
	Files map[string][]byte
}

// Write makes the checkpoint folder dir, which must not exist or be empty. It
// appears complete or not at all.
func Write(dir string, c Contents) error {
	if !json.Valid(c.Config) {
		return fmt.Errorf("write checkpoint %s: %s is not JSON", dir, configFile)
	}
	if c.Tensors == nil {
		return fmt.Errorf("write checkpoint %s: no tensors given", dir)
	}
	for name := range c.Files {
		if name != filepath.Base(name) || !filepath.IsLocal(name) || name == configFile || name == singleFile || name == indexFile {
			return fmt.Errorf("write checkpoint %s: %q cannot be an additional file", dir, name)
		}
	}
	return atomicfile.Folder(dir, func(tmp string) error {
		if err := atomicfile.WriteBytes(filepath.Join(tmp, configFile), c.Config); err != nil {
			return err
		}
		for _, name := range slices.Sorted(maps.Keys(c.Files)) {
			if err := atomicfile.WriteBytes(filepath.Join(tmp, name), c.Files[name]); err != nil {
				return err
			}
		}
		if c.CopyFrom != "" {
			if err := copyCompanions(tmp, c.CopyFrom, c.Files); err != nil {
				return err
			}
		}
		return writeWeights(tmp, c.Tensors, cmp.Or(c.MaxShard, DefaultMaxShard))
	})
}

func copyCompanions(to, from string, except map[string][]byte) error {
	f, err := openFolder(from)
	if err != nil {
		return err
	}
	made, err := f.ggufCompanions()
	if err != nil {
		return err
	}
	for _, name := range companions() {
		if _, given := except[name]; given {
			continue
		}
		source, err := f.resolve(name)
		if errors.Is(err, fs.ErrNotExist) {
			if content, ok := made[name]; ok {
				if err := atomicfile.WriteBytes(filepath.Join(to, name), content); err != nil {
					return err
				}
			}
			continue
		}
		if err != nil {
			return err
		}
		if err := copyFile(filepath.Join(to, name), source); err != nil {
			return err
		}
	}
	return nil
}

// ggufCompanions returns the tokenizer's files that the folder's GGUF file
// implies. It returns nil if the folder has no GGUF file or has a tokenizer.json.
func (f folder) ggufCompanions() (map[string][]byte, error) {
	if found, err := f.has("tokenizer.json"); found || err != nil {
		return nil, err
	}
	path, err := f.gguf()
	if path == "" || err != nil {
		return nil, err
	}
	c, err := gguf.OpenCheckpoint(path)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return c.TokenizerFiles()
}

// Companions returns the tokenizer's files that a GGUF file in the folder dir
// implies, by name. It returns nil if the folder has no GGUF file or has its own
// tokenizer files.
func Companions(dir string) (map[string][]byte, error) {
	f, err := openFolder(dir)
	if err != nil {
		return nil, err
	}
	return f.ggufCompanions()
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	return atomicfile.Write(to, func(w io.Writer) error {
		_, err := io.Copy(w, in)
		return err
	})
}
