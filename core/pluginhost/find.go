package pluginhost

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"sync"

	"harness/core/protocol"
)

// binary is a file that is named like a plugin.
type binary struct {
	kind, name, path string
	problem          string // why it cannot be started; empty if it can

	sumOnce sync.Once
	sum     string
	sumErr  error
}

// checksum returns the file's sha256 in hex, as it was when first asked.
func (b *binary) checksum() (string, error) {
	b.sumOnce.Do(func() { b.sum, b.sumErr = hashFile(b.path) })
	return b.sum, b.sumErr
}

func hashFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("reading %s: %w", path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// find lists the plugins in dirs by kind and name. The first folder that has a
// plugin wins, as in PATH. Folders that do not exist hold none.
func find(dirs []string) ([]*binary, error) {
	seen := map[string]bool{}
	var found []*binary
	for _, dir := range dirs {
		if dir == "" {
			continue
		}
		absolute, err := filepath.Abs(dir)
		if err != nil {
			return nil, fmt.Errorf("looking for plugins in %s: %w", dir, err)
		}
		entries, err := os.ReadDir(absolute)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("looking for plugins: %w", err)
		}
		for _, entry := range entries {
			kind, name, ok := protocol.ParseBinaryName(entry.Name())
			if !ok || entry.IsDir() || seen[entry.Name()] {
				continue
			}
			seen[entry.Name()] = true
			b := &binary{kind: kind, name: name, path: filepath.Join(absolute, entry.Name())}
			b.problem = startable(b.path)
			found = append(found, b)
		}
	}
	order := map[string]int{}
	for i, kind := range protocol.Kinds() {
		order[kind] = i
	}
	sort.SliceStable(found, func(i, j int) bool {
		if found[i].kind != found[j].kind {
			return order[found[i].kind] < order[found[j].kind]
		}
		return found[i].name < found[j].name
	})
	return found, nil
}

func startable(path string) string {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return err.Error()
	case !info.Mode().IsRegular():
		return "it is not a regular file"
	case info.Mode().Perm()&0o111 == 0:
		return "the file is not executable"
	}
	return ""
}
