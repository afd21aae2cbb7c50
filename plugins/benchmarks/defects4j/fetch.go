package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"harness/core/sdk"
	"harness/core/sdk/benchmark"
	checkout "harness/core/sdk/source"
)

// maxBytes bounds what a source may hold: all of Defects4J's bugs, exported, have
// some tens of GB.
const maxBytes = 200 << 30

// strays are, by the first folder of their names, the symbolic links that lead out
// of an export. They are left out, and the bugs without which that does no harm
// are judged.
type strays map[string][]string

// remark tells of the links that a folder lacks; nothing, if it lacks none.
func (s strays) remark(folder string) string {
	links := s[folder]
	if len(links) == 0 {
		return ""
	}
	return fmt.Sprintf("of its symbolic links %d lead out of the export and are left out, such as %s", len(links), links[0])
}

// take brings the exported bugs that are asked for into the fetched folder.
func take(ctx context.Context, c config, request *benchmark.FetchRequest, progress func(*benchmark.FetchEvent)) (strays, error) {
	wanted, err := c.selection()
	if err != nil {
		return nil, err
	}
	left := strays{}
	_, err = checkout.Checkout(ctx, c.Source, filepath.Join(request.GetDir(), exportDir), checkout.Options{
		BaseDir: request.GetBaseDir(), Keep: wanted.file, MaxBytes: maxBytes,
		Progress: func(message string) { progress(&benchmark.FetchEvent{Message: message}) },
		Stray: func(link, target string) {
			folder, _, _ := strings.Cut(link, "/")
			left[folder] = append(left[folder], link+" to "+target)
		},
	})
	if err != nil {
		return nil, sdk.Diagnose([]string{"source"}, "Exported bugs cannot be fetched", err.Error())
	}
	for _, folder := range slices.Sorted(maps.Keys(left)) {
		if _, isBug := parseID(folder); !isBug {
			progress(&benchmark.FetchEvent{Message: fmt.Sprintf("%s: %s", folder, left.remark(folder))})
		}
	}
	return left, nil
}

// fromInstallation checks the bugs out that are asked for, as exported bugs.
func fromInstallation(ctx context.Context, c config, baseDir string, only []string, dir string, progress func(*benchmark.FetchEvent)) (out []skipped, err error) {
	wanted, err := c.selection()
	if err != nil {
		return nil, err
	}
	i, err := openInstallation(ctx, c, baseDir)
	if err != nil {
		return nil, sdk.Diagnose([]string{c.kind()}, "Defects4J cannot be used", err.Error())
	}
	defer func() { err = errors.Join(err, i.close()) }()
	identity, err := c.identity(ctx, baseDir)
	if err != nil {
		return nil, sdk.Diagnose([]string{c.kind()}, "Defects4J cannot be used", err.Error())
	}
	ids, err := i.cli.bugs(ctx, wanted)
	if err != nil {
		return nil, sdk.Diagnose([]string{c.kind()}, "Defects4J does not answer", err.Error())
	}
	if len(only) > 0 {
		for _, id := range only {
			if !slices.ContainsFunc(ids, func(have bugID) bool { return have.String() == id }) {
				return nil, fmt.Errorf("bug %s is not among the active ones that the configuration asks for", id)
			}
		}
		ids = slices.DeleteFunc(ids, func(id bugID) bool { return !slices.Contains(only, id.String()) })
	}
	if len(ids) == 0 {
		return nil, sdk.Diagnose([]string{"subset"}, "No bug is in the subset", "The installation has none of the bugs that are asked for.")
	}
	out, outside, err := i.exportBugs(ctx, ids, wanted, exporterOf(identity), dir, progress)
	switch n := len(outside); {
	case err != nil:
		return nil, err
	case n == len(ids):
		return nil, sdk.Diagnose([]string{"subset"}, "No bug is in the subset", fmt.Sprintf("None of the %d bugs that were checked out is in %q.", n, c.Subset))
	case len(only) > 0:
		return append(out, outside...), nil // it was named
	case n > 0:
		progress(&benchmark.FetchEvent{Message: fmt.Sprintf("%d of %d bugs are not in the subset", n, len(ids))})
	}
	return out, nil
}

// file says which files of an export are taken: those of the bugs that are asked
// for, and what bugs share.
func (s selection) file(name string) bool {
	first, _, nested := strings.Cut(name, "/")
	if givesAway(name) {
		return false
	}
	if id, isBug := parseID(first); isBug {
		return s.wants(id)
	}
	return nested
}

// givesAway reports whether a file is one of version control or a copy that a
// tool left: of the project's later text, some hold the fix. Subversion keeps
// whole files, and Defects4J converts encodings with copies of the fixed version.
func givesAway(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		switch part {
		case ".git", ".svn", ".hg", ".bzr", "CVS":
			return true
		}
	}
	for _, suffix := range []string{".java.bak", ".java.orig", ".java.rej", ".java~"} {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return false
}

// skipped is a bug that cannot be used, and why.
type skipped struct {
	Bug    string `json:"bug"`
	Reason string `json:"reason"`
}

// index reads the exported bugs and compiles those that have no classes. One that
// cannot be read is left out and said to be; one that does not compile stays, and
// is found unsound when it is judged.
func index(ctx context.Context, root string, out []skipped, left strays, progress func(*benchmark.FetchEvent)) error {
	entries, err := os.ReadDir(filepath.Join(root, exportDir))
	if err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Join(root, bugsDir), 0o755); err != nil {
		return err
	}
	var ids []bugID
	for _, entry := range entries {
		if id, ok := parseID(entry.Name()); ok && entry.IsDir() {
			ids = append(ids, id)
		}
	}
	for folder := range left {
		if id, ok := parseID(folder); ok && !slices.Contains(ids, id) {
			out = append(out, skipped{folder, left.remark(folder)})
		}
	}
	slices.SortFunc(ids, compareIDs)
	var (
		mu   sync.Mutex
		done int64
	)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.NumCPU())
	for _, id := range ids {
		group.Go(func() error {
			b, err := prepare(ctx, root, id, left.remark(id.String()))
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			mu.Lock()
			defer mu.Unlock()
			done++
			event := &benchmark.FetchEvent{Message: id.String(), Done: done, Total: int64(len(ids))}
			switch {
			case err != nil:
				out = append(out, skipped{id.String(), err.Error()})
				event.Message = fmt.Sprintf("%s is left out: %v", id, err)
			case b.Problem != "":
				event.Message = fmt.Sprintf("%s cannot be judged: %s", id, b.Problem)
			default:
				event.Message = strings.Join(append([]string{id.String()}, b.remarks(left.remark(id.String()))...), "; ")
			}
			progress(event)
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	slices.SortFunc(out, func(a, b skipped) int { return strings.Compare(a.Bug, b.Bug) })
	if found, err := os.ReadDir(filepath.Join(root, bugsDir)); err != nil || len(found) == 0 {
		return errors.Join(err, noBugs(out))
	}
	content, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(root, "skipped.json"), append(content, '\n'), 0o644)
}

func noBugs(out []skipped) error {
	detail := "There is no folder <Project>-<n> that is asked for."
	if len(out) > 0 {
		var reasons []error
		for _, s := range out[:min(3, len(out))] {
			reasons = append(reasons, fmt.Errorf("%s: %s", s.Bug, s.Reason))
		}
		detail = fmt.Sprintf("None of the %d bugs can be used: %v", len(out), errors.Join(reasons...))
	}
	return sdk.Diagnose(nil, "There are no bugs", detail)
}

// remarks are what is to be known of a bug that can be judged.
func (b *bug) remarks(links string) []string {
	var all []string
	if links != "" {
		all = append(all, links)
	}
	if n := len(b.Paths.Missing); n > 0 {
		all = append(all, fmt.Sprintf("of its class paths %d entries are not there, such as %s", n, b.Paths.Missing[0]))
	}
	if _, fewer := b.deciding(); fewer != "" {
		all = append(all, fewer)
	}
	return all
}

// prepare reads a bug, compiles it where that has to be done, and keeps what was
// found. Links that it lacks may be why that fails.
func prepare(ctx context.Context, root string, id bugID, links string) (*bug, error) {
	because := func(err error) error {
		if err == nil || links == "" {
			return err
		}
		return fmt.Errorf("%w (%s)", err, links)
	}
	b, err := read(ctx, root, id)
	if err != nil {
		return nil, because(err)
	}
	if err := b.find(); err != nil {
		return nil, because(err)
	}
	err = b.build(ctx)
	if err == nil {
		err = b.choose()
	}
	if err != nil && b.Problem == "" {
		b.Problem = because(err).Error()
	}
	return b, b.save()
}
