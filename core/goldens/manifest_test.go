// Package goldens holds golden checkpoints; README.md describes them. Only its data is used, by tests.
package goldens

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// A golden is what transformers and PEFT said: nobody mends one by hand, and the
// repository stays small.
func TestManifest(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("models", "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct {
		Versions map[string]string
		Models   map[string]any
		Files    map[string]string
	}
	if err := json.Unmarshal(text, &manifest); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"python", "torch", "transformers", "peft", "tokenizers", "safetensors"} {
		if manifest.Versions[name] == "" {
			t.Errorf("the manifest does not name the version of %s", name)
		}
	}
	models, err := filepath.Glob(filepath.Join("models", "*", "config.json"))
	if err != nil || len(models) != len(manifest.Models) {
		t.Errorf("folders of models are %q (%v), the manifest has %q", models, err, slices.Sorted(maps.Keys(manifest.Models)))
	}
	left := maps.Clone(manifest.Files)
	total := 0
	err = fs.WalkDir(os.DirFS("models"), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path == "manifest.json" {
			return err
		}
		content, err := os.ReadFile(filepath.Join("models", path))
		if err != nil {
			return err
		}
		total += len(content)
		if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != manifest.Files[path] {
			t.Errorf("%s is not the file that the manifest lists: run `make goldens`", path)
		}
		if len(content) >= 1e6 {
			t.Errorf("%s has %d bytes", path, len(content))
		}
		delete(left, path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for path := range left {
		t.Errorf("%s is listed and missing", path)
	}
	if total > 4<<20 {
		t.Errorf("the goldens have %d bytes", total)
	}
}
