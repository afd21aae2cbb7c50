package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"

	"harness/core/sdk/benchmark"
)

// workTarget is the work folder of Defects4J's command in its box.
const workTarget = "/box/work"

// testLimit is the time limit of an unchanged version's relevant tests.
const testLimit = time.Hour

// exporterOf identifies the exporter: the installation, and the version of what this
// package writes, which grows when exports have to be made again.
func exporterOf(identity string) string { return "harness 2 " + identity }

// exportBugs writes bugs of an installation into dir. A bug's folder appears whole or
// not at all; one that the same exporter wrote is kept. out are the bugs that could
// not be exported, outside those that turned out not to be in the subset; progress
// reports both.
func (i *installation) exportBugs(ctx context.Context, ids []bugID, wanted selection, exporter, dir string, progress func(*benchmark.FetchEvent)) (out, outside []skipped, err error) {
	var (
		mu   sync.Mutex
		done int64
	)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(1, runtime.NumCPU()/2))
	for _, id := range ids {
		group.Go(func() error {
			kept := hasExported(exporter, filepath.Join(dir, id.String()))
			var err error
			if !kept {
				err = i.exportBug(ctx, id, wanted, exporter, dir)
			}
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			mu.Lock()
			defer mu.Unlock()
			done++
			event := &benchmark.FetchEvent{Message: id.String(), Done: done, Total: int64(len(ids))}
			if kept {
				event.Message += " is already there"
			}
			if err != nil {
				to := &out
				if errors.Is(err, errOutside) {
					to = &outside
				}
				*to = append(*to, skipped{id.String(), err.Error()})
				event.Message = fmt.Sprintf("%s cannot be used: %v", id, err)
			}
			progress(event)
			return nil
		})
	}
	err = group.Wait()
	return out, outside, err
}

// hasExported reports whether the same exporter wrote a bug's folder.
func hasExported(exporter, dir string) bool {
	content, err := readFile(filepath.Join(dir, "export.json"))
	if err != nil {
		return false
	}
	p, err := parseProperties(content)
	return err == nil && p.Exporter == exporter
}

var errOutside = errors.New("it is not in the subset")

// exportBug checks out both versions of a bug, compares them, runs its tests, and
// writes what judging needs. errOutside: the bug is not in the subset, by what its fix
// changes.
func (i *installation) exportBug(ctx context.Context, id bugID, wanted selection, exporter, dir string) (err error) {
	work, err := os.MkdirTemp(i.scratch, id.String()+"-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	b := &bug{ID: id, root: work}
	buggy, fixed := b.file("buggy", ""), b.file("fixed", "")
	if err := os.MkdirAll(filepath.Dir(buggy), 0o700); err != nil {
		return err
	}
	for version, folder := range map[string]string{"b": buggy, "f": fixed} {
		if err := i.cli.checkout(ctx, id, version, folder); err != nil {
			return err
		}
	}
	p, err := i.properties(ctx, id, buggy)
	if err != nil {
		return err
	}
	p.Exporter = exporter
	b.Properties = p
	if err := b.checkFolders(); err != nil {
		return err
	}
	if err := b.diff(ctx); err != nil {
		return err
	}
	if !wanted.takes(b) {
		return errOutside
	}
	if err := i.baseline(ctx, &p, buggy, fixed); err != nil {
		return err
	}
	return i.placeBug(ctx, &p, buggy, fixed, dir)
}

// placeBug writes a bug's folder in dir: whole, or not at all.
func (i *installation) placeBug(ctx context.Context, p *properties, buggy, fixed, dir string) error {
	made := filepath.Join(dir, "."+p.ID+".tmp")
	if err := os.RemoveAll(made); err != nil {
		return err
	}
	if err := i.writeBug(ctx, p, buggy, fixed, made); err != nil {
		return errors.Join(err, os.RemoveAll(made))
	}
	final := filepath.Join(dir, p.ID)
	if err := os.RemoveAll(final); err != nil {
		return err
	}
	return os.Rename(made, final)
}

// properties asks Defects4J for a bug's properties.
func (i *installation) properties(ctx context.Context, id bugID, buggy string) (properties, error) {
	p := properties{Format: exportFormat, ID: id.String(), TimeZone: "America/Los_Angeles"}
	for _, text := range []struct {
		name string
		to   *string
	}{{"dir.src.classes", &p.SourceDir}, {"dir.src.tests", &p.TestDir}, {"dir.bin.classes", &p.ClassesDir}, {"dir.bin.tests", &p.TestClassesDir}} {
		value, err := i.cli.property(ctx, text.name, buggy)
		if err != nil {
			return p, err
		}
		*text.to = path.Clean(value)
	}
	for _, lines := range []struct {
		name, separators string
		to               *list
	}{
		{"cp.compile", ":\n", &p.CompilePath}, {"cp.test", ":\n", &p.TestPath},
		{"classes.modified", "\n", &p.ModifiedClasses}, {"tests.relevant", "\n", &p.RelevantTests}, {"tests.trigger", "\n", &p.TriggerTests},
	} {
		value, err := i.cli.property(ctx, lines.name, buggy)
		if err != nil {
			return p, err
		}
		*lines.to = strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune(lines.separators, r) })
	}
	var err error
	p.Revision, p.Report, err = i.cli.origin(ctx, id)
	return p, err
}

// baseline runs the relevant tests on both versions. The buggy one must fail the
// triggering tests and no other, the fixed one none.
func (i *installation) baseline(ctx context.Context, p *properties, buggy, fixed string) error {
	failing := map[string]list{}
	for _, folder := range []string{buggy, fixed} {
		result, err := i.cli.run(ctx, "compile", "-w", folder)
		if err == nil {
			err = result.err("compile", "-w", folder)
		}
		if err != nil {
			return err
		}
		limited, cancel := context.WithTimeoutCause(ctx, testLimit, fmt.Errorf("its tests take more than %s", testLimit))
		start := time.Now()
		text, err := i.cli.ask(limited, "test", "-r", "-w", folder)
		cancel()
		if err != nil {
			return err
		}
		p.TestSeconds = time.Since(start).Seconds()
		tests, err := parseFailing(text)
		if err != nil {
			return fmt.Errorf("defects4j test: %w", err)
		}
		all, err := os.ReadFile(filepath.Join(folder, "all_tests"))
		if p.Tests = strings.Count(string(all), "\n"); err != nil || p.Tests == 0 {
			return errors.Join(errors.New("defects4j test: no test ran"), err)
		}
		slices.Sort(tests)
		failing[folder] = tests
	}
	p.TestSeconds = float64(int(p.TestSeconds*10+1)) / 10
	b, f := failing[buggy], failing[fixed]
	p.BuggyFailures, p.FixedFailures = b, f
	triggers := slices.Clone(p.TriggerTests)
	slices.Sort(triggers)
	switch {
	case len(f) > 0:
		p.Unsound = fmt.Sprintf("%d tests fail in the fixed version on this machine, such as %s", len(f), f[0])
	case !slices.Equal(triggers, b):
		p.Unsound = fmt.Sprintf("in the buggy version %v fail on this machine; expected %v", b, triggers)
	}
	return nil
}

// takeFix copies the Java files that the fix changes or adds, and determines the
// project's encoding.
func takeFix(ctx context.Context, p *properties, buggy, fixed, to string) error {
	names, err := javaFiles(ctx, fixed)
	if err != nil {
		return err
	}
	p.Encoding = "UTF-8"
	for _, name := range names {
		relative := filepath.FromSlash(name)
		full := filepath.Join(fixed, relative)
		content, err := readFile(full)
		if err != nil {
			return err
		}
		if !utf8.Valid(content) {
			p.Encoding = "ISO-8859-1"
		}
		same, err := sameBytes(full, filepath.Join(buggy, relative))
		if err != nil {
			return err
		}
		if same {
			continue
		}
		if err := errors.Join(os.MkdirAll(filepath.Dir(filepath.Join(to, relative)), 0o755), os.WriteFile(filepath.Join(to, relative), content, 0o644)); err != nil {
			return err
		}
	}
	return nil
}

// writeBug writes a bug's folder.
func (i *installation) writeBug(ctx context.Context, p *properties, buggy, fixed, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	// The builds of some projects record the folder of the checkout.
	if err := replaceIn(buggy, buggy, workTarget); err != nil {
		return err
	}
	keep := func(name string) bool { return name != "failing_tests" && name != "all_tests" && !mayHoldFix(name) }
	if err := copyInto(ctx, buggy, filepath.Join(dir, "buggy"), keep); err != nil {
		return fmt.Errorf("copy the buggy version: %w", err)
	}
	if err := takeFix(ctx, p, buggy, fixed, filepath.Join(dir, "fixed")); err != nil {
		return fmt.Errorf("compare the versions: %w", err)
	}
	libraries := map[string]string{}
	for _, paths := range []*list{&p.CompilePath, &p.TestPath} {
		var relative list
		for _, entry := range *paths {
			name, ok, err := i.library(ctx, entry, buggy, dir, libraries)
			if err != nil {
				return err
			}
			if ok && !slices.Contains(relative, name) {
				relative = append(relative, name)
			}
		}
		*paths = relative
	}
	p.SourceLevel = levelOf(filepath.Join(buggy, p.ClassesDir))
	if err := errors.Join(p.check()...); err != nil {
		return err
	}
	content, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "export.json"), append(content, '\n'), 0o644)
}

// library returns an entry of a class path as one of the export's, relative to the
// bug's folder: in buggy/, or a copy in lib/. Not ok: it is missing.
func (i *installation) library(ctx context.Context, entry, buggy, dir string, copied map[string]string) (string, bool, error) {
	full := entry
	if !filepath.IsAbs(full) {
		full = filepath.Join(buggy, entry)
	}
	if inside, err := filepath.Rel(buggy, full); err == nil && filepath.IsLocal(inside) {
		return path.Join("buggy", filepath.ToSlash(inside)), true, nil
	}
	if name := copied[full]; name != "" {
		return name, true, nil
	}
	content, err := i.read(ctx, full)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errFolder) {
		// Java ignores missing entries. A folder outside of the project belongs to the
		// installation, where no project of Defects4J has classes.
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	name := path.Join("lib", filepath.Base(full))
	for n := 2; ; n++ { // another jar may have this name
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			break
		}
		name = path.Join("lib", strconv.Itoa(n)+"-"+filepath.Base(full))
	}
	if err := os.MkdirAll(filepath.Join(dir, "lib"), 0o755); err != nil {
		return "", false, err
	}
	copied[full] = name
	return name, true, os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), content, 0o644)
}

var errFolder = errors.New("it is a folder")

// replaceIn replaces a folder's name in the small text files below dir.
func replaceIn(dir, old, new string) error {
	const most = 1 << 20
	return filepath.WalkDir(dir, func(full string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && d.Name() == ".git" {
			return fs.SkipDir
		}
		info, err := d.Info()
		if err != nil || !info.Mode().IsRegular() || info.Size() > most || strings.HasSuffix(full, ".class") {
			return err
		}
		content, err := os.ReadFile(full)
		if err != nil || !strings.Contains(string(content), old) || !utf8.Valid(content) {
			return err
		}
		return os.WriteFile(full, []byte(strings.ReplaceAll(string(content), old, new)), info.Mode().Perm())
	})
}

// levelOf returns the source level of compiled classes, or "" if there are none.
func levelOf(dir string) string {
	const java1 = 44
	var found string
	// Files that cannot be read are passed over.
	_ = filepath.WalkDir(dir, func(full string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || !strings.HasSuffix(full, ".class") {
			return err
		}
		file, err := os.Open(full)
		if err != nil {
			return err
		}
		defer file.Close()
		var head [8]byte
		if _, err := file.Read(head[:]); err == nil && head[6] == 0 && head[7] > java1 {
			found = strconv.Itoa(int(head[7]) - java1)
			return fs.SkipAll
		}
		return nil
	})
	return found
}
