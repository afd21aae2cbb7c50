package needs

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Programs returns a folder that holds the programs of the repository with the given
// names, such as harness-model-llama; without names it holds all. In $HARNESS_BIN lie
// those that `make build` made; where it is not set, Programs builds them, and remove
// deletes the folder.
func Programs(names ...string) (dir string, remove func(), err error) {
	root, err := findRoot()
	if err != nil {
		return "", nil, err
	}
	all := sources(root)
	if len(names) == 0 {
		names = slices.Sorted(maps.Keys(all))
	}
	if dir := os.Getenv("HARNESS_BIN"); dir != "" {
		for _, name := range names {
			if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
				return "", nil, fmt.Errorf("HARNESS_BIN lacks a program, run `make build`: %w", err)
			}
		}
		return dir, func() {}, nil
	}
	if dir, err = os.MkdirTemp("", "harness-programs-"); err != nil {
		return "", nil, err
	}
	remove = func() { os.RemoveAll(dir) }
	for _, name := range names {
		build := exec.Command("go", "build", "-trimpath", "-o", filepath.Join(dir, name), all[name])
		build.Dir = root
		if out, err := build.CombinedOutput(); err != nil {
			remove()
			return "", nil, fmt.Errorf("build %s: %w\n%s", name, err, out)
		}
	}
	return dir, remove, nil
}

// Sources maps the programs that `make build` makes to their packages.
func Sources(t testing.TB) map[string]string {
	t.Helper()
	return sources(Root(t))
}

func sources(root string) map[string]string {
	all := map[string]string{"harness": "./core/cmd/harness", "harness-engine-gomlx": "./core/cmd/harness-engine-gomlx"}
	mains, _ := filepath.Glob(filepath.Join(root, "plugins", "*", "*", "main.go"))
	for _, main := range mains {
		kinds, name := filepath.Base(filepath.Dir(filepath.Dir(main))), filepath.Base(filepath.Dir(main))
		all["harness-"+strings.TrimSuffix(kinds, "s")+"-"+name] = "./plugins/" + kinds + "/" + name
	}
	return all
}
