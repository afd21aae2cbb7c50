package session

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"harness/core/internal/atomicfile"
)

// LockFile is the name of the file beside studies that says which builds of
// plugins may run and whose results count.
const LockFile = "harness.lock.hcl"

// scheme names how a checksum in a lock file was made.
const scheme = "sha256:"

// Lock is harness.lock.hcl. A plugin that it does not name is not restricted.
type Lock struct {
	Plugins []LockedPlugin `hcl:"plugin,block"`
}

// LockedPlugin is the one build of a plugin that is accepted.
type LockedPlugin struct {
	Kind     string `hcl:"kind,label"`
	Name     string `hcl:"name,label"`
	Version  string `hcl:"version"`
	Checksum string `hcl:"checksum"` // "sha256:" and the binary's SHA-256 in hexadecimal
}

// ReadLock reads the lock file of a folder; nil where there is none.
func ReadLock(dir string) (*Lock, error) {
	path := filepath.Join(dir, LockFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read lock file: %w", err)
	}
	file, diagnostics := hclparse.NewParser().ParseHCL(text, path)
	lock := &Lock{}
	if !diagnostics.HasErrors() {
		diagnostics = gohcl.DecodeBody(file.Body, nil, lock)
	}
	if diagnostics.HasErrors() {
		return nil, fmt.Errorf("read lock file: %w", diagnostics)
	}
	for _, p := range lock.Plugins {
		if !strings.HasPrefix(p.Checksum, scheme) {
			return nil, fmt.Errorf("read lock file %s: the checksum of %s %s does not start with %q", path, p.Kind, p.Name, scheme)
		}
	}
	return lock, nil
}

// find is the entry of a plugin, or nil.
func (l *Lock) find(kind, name string) *LockedPlugin {
	if l == nil {
		return nil
	}
	i := slices.IndexFunc(l.Plugins, func(p LockedPlugin) bool { return p.Kind == kind && p.Name == name })
	if i < 0 {
		return nil
	}
	return &l.Plugins[i]
}

// allow refuses a build that the lock file does not name.
func (l *Lock) allow(kind, name, checksum string) error {
	if p := l.find(kind, name); p != nil && p.Checksum != scheme+checksum {
		return fmt.Errorf("%s accepts another build of it, %.19s…, and this one is %s%.12s…: put that build back, or accept this one with `harness plugins lock STUDY.hcl`",
			LockFile, p.Checksum, scheme, checksum)
	}
	return nil
}

// LockPlugins writes the builds of all plugins that the study uses into the lock
// file beside it, and returns the file's name. Entries of other plugins stay.
func (s *Session) LockPlugins(ctx context.Context) (string, error) {
	lock, err := ReadLock(s.Study.Dir)
	if err != nil {
		return "", err
	}
	if lock == nil {
		lock = &Lock{}
	}
	for _, id := range s.world.used() {
		kind, name, _ := strings.Cut(id, "/")
		info, err := s.Host.Info(ctx, kind, name)
		if err != nil {
			return "", err
		}
		lock.Plugins = slices.DeleteFunc(lock.Plugins, func(p LockedPlugin) bool { return p.Kind == kind && p.Name == name })
		lock.Plugins = append(lock.Plugins, LockedPlugin{kind, name, info.Version, scheme + info.Checksum})
	}
	slices.SortFunc(lock.Plugins, func(a, b LockedPlugin) int {
		return strings.Compare(a.Kind+"/"+a.Name, b.Kind+"/"+b.Name)
	})
	file := hclwrite.NewEmptyFile()
	gohcl.EncodeIntoBody(lock, file.Body())
	text := "# Written by `harness plugins lock`. It says which builds of plugins may run and\n# whose results count.\n\n" + string(file.Bytes())
	path := filepath.Join(s.Study.Dir, LockFile)
	return path, atomicfile.WriteBytes(path, []byte(text))
}

// checkLocked refuses finished steps that another build of a locked plugin made.
func (s *Session) checkLocked() error {
	if s.lock == nil {
		return nil
	}
	for _, one := range s.Plan.Steps {
		if !s.Results.Has(one.ID) {
			continue
		}
		p, err := s.Results.Provenance(one.ID)
		if err != nil {
			return err
		}
		for _, used := range p.Plugins {
			if err := s.lock.allow(used.Kind, used.Name, used.Checksum); err != nil {
				return fmt.Errorf("the finished step %q was computed by %s %s %s, but %w; or use another --store", one.Label, used.Kind, used.Name, used.Version, err)
			}
		}
	}
	return nil
}
