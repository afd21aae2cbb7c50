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

// companions are the files beside config and weights that say how the model
// is used. Tokenizer classes read whichever they know.
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
	// Tensors go into one model.safetensors, or into shards with an index where
	// they take more than MaxShard bytes. Read one at a time.
	Tensors safetensors.Source
	// MaxShard is the size of a weight file's tensors; 0: DefaultMaxShard. A
	// tensor that is larger has a file of its own.
	MaxShard int64
	// CopyFrom, if not empty, is a checkpoint folder whose tokenizer files and
	// generation_config.json are copied (or made, where it is a GGUF file that
	// says what is in them).
	CopyFrom string
	// Files are written as they are, instead of those in CopyFrom.
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

// ggufCompanions gives the tokenizer's files that the folder's GGUF file stands
// for, nil where it has none or holds a tokenizer.json.
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

// Companions gives the tokenizer's files that a GGUF file in the folder dir
// stands for, by name; nil where the folder has its own or no such file.
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
