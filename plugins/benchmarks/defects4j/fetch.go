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

// strayLinks lists the symbolic links that lead out of an export, by the first folder
// of their names. They are left out; bugs that do not need them are judged.
type strayLinks map[string][]string

// describe names the links that were left out of a folder, or returns "".
func (s strayLinks) describe(folder string) string {
	links := s[folder]
	if len(links) == 0 {
		return ""
	}
	return fmt.Sprintf("%d symbolic links lead out of the export and are left out, such as %s", len(links), links[0])
}

// take copies the selected exported bugs into the fetched folder.
func take(ctx context.Context, c config, request *benchmark.FetchRequest, progress func(*benchmark.FetchEvent)) (strayLinks, error) {
	wanted, err := c.selection()
	if err != nil {
		return nil, err
	}
	left := strayLinks{}
	_, err = checkout.Checkout(ctx, c.Source, filepath.Join(request.GetDir(), exportDir), checkout.Options{
		BaseDir: request.GetBaseDir(), Keep: wanted.wantsFile, MaxBytes: maxBytes,
		Progress: func(message string) { progress(&benchmark.FetchEvent{Message: message}) },
		Stray: func(link, target string) {
			folder, _, _ := strings.Cut(link, "/")
			left[folder] = append(left[folder], link+" to "+target)
		},
	})
	if err != nil {
		return nil, sdk.Diagnose([]string{"source"}, "Cannot fetch the exported bugs", err.Error())
	}
	for _, folder := range slices.Sorted(maps.Keys(left)) {
		if _, isBug := parseID(folder); !isBug {
			progress(&benchmark.FetchEvent{Message: fmt.Sprintf("%s: %s", folder, left.describe(folder))})
		}
	}
	return left, nil
}

// fromInstallation exports the selected bugs of an installation.
func fromInstallation(ctx context.Context, c config, baseDir string, only []string, dir string, progress func(*benchmark.FetchEvent)) (out []skipped, err error) {
	wanted, err := c.selection()
	if err != nil {
		return nil, err
	}
	i, err := openInstallation(ctx, c, baseDir)
	if err != nil {
		return nil, sdk.Diagnose([]string{c.kind()}, "Cannot use Defects4J", err.Error())
	}
	defer func() { err = errors.Join(err, i.close()) }()
	identity, err := c.identity(ctx, baseDir)
	if err != nil {
		return nil, sdk.Diagnose([]string{c.kind()}, "Cannot use Defects4J", err.Error())
	}
	ids, err := i.cli.bugs(ctx, wanted)
	if err != nil {
		return nil, sdk.Diagnose([]string{c.kind()}, "Defects4J does not answer", err.Error())
	}
	if len(only) > 0 {
		for _, id := range only {
			if !slices.ContainsFunc(ids, func(have bugID) bool { return have.String() == id }) {
				return nil, fmt.Errorf("bug %s is not among the selected active bugs", id)
			}
		}
		ids = slices.DeleteFunc(ids, func(id bugID) bool { return !slices.Contains(only, id.String()) })
	}
	if len(ids) == 0 {
		return nil, sdk.Diagnose([]string{"subset"}, "No bug is in the subset", "The installation has none of the selected bugs.")
	}
	out, outside, err := i.exportBugs(ctx, ids, wanted, exporterOf(identity), dir, progress)
	switch n := len(outside); {
	case err != nil:
		return nil, err
	case n == len(ids):
		return nil, sdk.Diagnose([]string{"subset"}, "No bug is in the subset", fmt.Sprintf("None of the %d bugs that were checked out is in %q.", n, c.Subset))
	case len(only) > 0:
		return append(out, outside...), nil // the user named them
	case n > 0:
		progress(&benchmark.FetchEvent{Message: fmt.Sprintf("%d of %d bugs are not in the subset", n, len(ids))})
	}
	return out, nil
}

// wantsFile reports whether a file of an export is needed: the selected bugs' files
// are, and those that bugs share.
func (s selection) wantsFile(name string) bool {
	first, _, nested := strings.Cut(name, "/")
	if mayHoldFix(name) {
		return false
	}
	if id, isBug := parseID(first); isBug {
		return s.wants(id)
	}
	return nested
}

// mayHoldFix reports whether a file belongs to version control or is a copy that a
// tool left behind. Both may hold the fixed text: Subversion keeps whole files, and
// Defects4J converts encodings by way of copies of the fixed version.
func mayHoldFix(name string) bool {
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

// skippedFile lists the bugs that cannot be used.
const skippedFile = "skipped.json"

// readSkipped reads the bugs of a fetched folder that cannot be used.
func readSkipped(root string) ([]skipped, error) {
	content, err := os.ReadFile(filepath.Join(root, skippedFile))
	if err != nil {
		return nil, err
	}
	var out []skipped
	if err := json.Unmarshal(content, &out); err != nil {
		return nil, fmt.Errorf("%s: %w", skippedFile, err)
	}
	return out, nil
}

// index reads the exported bugs and compiles those without classes. Of a bug that cannot
// be read only the reason is kept; one that does not compile has a Problem.
func index(ctx context.Context, root string, out []skipped, left strayLinks, progress func(*benchmark.FetchEvent)) error {
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
			out = append(out, skipped{folder, left.describe(folder)})
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
			b, err := prepare(ctx, root, id, left.describe(id.String()))
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
				event.Message = fmt.Sprintf("%s cannot be used: %v", id, err)
			case b.Problem != "":
				event.Message = fmt.Sprintf("%s cannot be judged: %s", id, b.Problem)
			default:
				event.Message = strings.Join(append([]string{id.String()}, b.remarks(left.describe(id.String()))...), "; ")
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
	return os.WriteFile(filepath.Join(root, skippedFile), append(content, '\n'), 0o644)
}

func noBugs(out []skipped) error {
	detail := "The source holds no folder <Project>-<n> of a selected bug."
	if len(out) > 0 {
		var reasons []error
		for _, s := range out[:min(3, len(out))] {
			reasons = append(reasons, fmt.Errorf("%s: %s", s.Bug, s.Reason))
		}
		detail = fmt.Sprintf("None of the %d bugs can be used: %v", len(out), errors.Join(reasons...))
	}
	return sdk.Diagnose(nil, "No bugs", detail)
}

// remarks returns what a user should know about a bug that can be judged.
func (b *bug) remarks(links string) []string {
	var all []string
	if links != "" {
		all = append(all, links)
	}
	if n := len(b.Paths.Missing); n > 0 {
		all = append(all, fmt.Sprintf("%d entries of its class paths are missing, such as %s", n, b.Paths.Missing[0]))
	}
	if _, fewer := b.describeTests(); fewer != "" {
		all = append(all, fewer)
	}
	return all
}

// prepare reads a bug, compiles it if it has no classes, and saves what it found. An
// error mentions the links that were left out, which may be the cause.
func prepare(ctx context.Context, root string, id bugID, links string) (*bug, error) {
	withLinks := func(err error) error {
		if err == nil || links == "" {
			return err
		}
		return fmt.Errorf("%w (%s)", err, links)
	}
	b, err := read(ctx, root, id)
	if err != nil {
		return nil, withLinks(err)
	}
	if err := b.findLibraries(); err != nil {
		return nil, withLinks(err)
	}
	err = b.build(ctx)
	if err == nil {
		err = b.chooseTests()
	}
	if err != nil && b.Problem == "" {
		b.Problem = withLinks(err).Error()
	}
	return b, b.save()
}
