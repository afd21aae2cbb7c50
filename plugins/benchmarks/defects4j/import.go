package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"harness/core/sdk/benchmark"
	checkout "harness/core/sdk/source"
)

// importerOf identifies the exporter of bugs of a module; its number grows when they have
// to be imported again.
func importerOf(module string) string { return strings.TrimSpace("harness import 1 " + module) }

var completeCommit = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// imported is a bug of a repository on its way into a folder of exported bugs.
type imported struct {
	*benchmark.ImportRequest
	progress func(*benchmark.FetchEvent)
	work     string // a folder that is removed afterwards
	build    build
	bug      *bug
}

// say reports what happens next, done what is there at the end.
func (i *imported) say(format string, args ...any) {
	i.progress(&benchmark.FetchEvent{Message: fmt.Sprintf(format, args...)})
}

func (i *imported) done(format string, args ...any) {
	i.progress(&benchmark.FetchEvent{Message: fmt.Sprintf(format, args...), Done: 1, Total: 1})
}

// Import writes a bug of a repository at two commits as an exported bug.
func (defects4j) Import(ctx context.Context, request *benchmark.ImportRequest, progress func(*benchmark.FetchEvent)) (err error) {
	i := &imported{ImportRequest: request, progress: progress}
	for _, commit := range []struct{ flag, value string }{{"buggy", request.Buggy}, {"fixed", request.Fixed}} {
		if !completeCommit.MatchString(commit.value) {
			return fmt.Errorf("--%s %s is no complete commit; `git rev-parse %s` says it", commit.flag, commit.value, commit.value)
		}
	}
	if request.Module != "" && !filepath.IsLocal(request.Module) {
		return fmt.Errorf("--module %s leads out of the repository", request.Module)
	}
	id, there, err := i.chooseID()
	if err != nil {
		return err
	}
	if there {
		i.done("%s is already there", id)
		return nil
	}
	if i.work, err = os.MkdirTemp("", "harness-import-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(i.work)) }()
	i.bug = &bug{ID: id, root: filepath.Join(i.work, "bug")}
	return i.run(ctx)
}

// chooseID returns the bug's id: the next number of the project. there: a bug of these
// commits is in the folder already.
func (i *imported) chooseID() (id bugID, there bool, err error) {
	name := i.Project
	if name == "" {
		base := strings.TrimSuffix(path.Base(strings.TrimRight(filepath.ToSlash(absoluteSource(i.Repository, i.BaseDir)), "/")), ".git")
		name = strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				return r
			}
			return -1
		}, base)
	}
	id = bugID{name, 1}
	if parsed, ok := parseID(id.String()); !ok || parsed != id {
		return id, false, fmt.Errorf("a project cannot be named %q: only letters and digits; --project gives another name", name)
	}
	entries, err := os.ReadDir(i.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return id, false, err
	}
	for _, entry := range entries {
		other, ok := parseID(entry.Name())
		if !ok || other.project != name {
			continue
		}
		content, err := readFile(filepath.Join(i.Dir, entry.Name(), "export.json"))
		if err != nil {
			return id, false, fmt.Errorf("%s: %w", entry.Name(), err)
		}
		p, err := parseProperties(content)
		if err != nil {
			return id, false, fmt.Errorf("%s: export.json: %w", entry.Name(), err)
		}
		if p.Exporter == importerOf(i.Module) && p.BuggyRevision == i.Buggy && p.Revision == i.Fixed {
			return other, true, nil
		}
		id.number = max(id.number, other.number+1)
	}
	return id, false, nil
}

// absoluteSource returns the name of a repository's folder, or its URL.
func absoluteSource(name, baseDir string) string {
	if strings.Contains(name, "://") {
		return name
	}
	return absolute(name, baseDir)
}

func (i *imported) run(ctx context.Context) error {
	p := properties{
		Format: exportFormat, ID: i.bug.ID.String(), TimeZone: "UTC", Exporter: importerOf(i.Module), Revision: i.Fixed, BuggyRevision: i.Buggy,
	}
	projects := map[string]string{} // the folders of both versions of the project
	for _, version := range []struct{ name, commit string }{{"fixed", i.Fixed}, {"buggy", i.Buggy}} {
		i.say("check out %s, the %s version", version.commit[:12], version.name)
		dir := filepath.Join(i.work, version.name)
		if err := os.Mkdir(dir, 0o755); err != nil {
			return err
		}
		if _, err := checkout.Checkout(ctx, i.Repository+"@"+version.commit, dir, checkout.Options{BaseDir: i.BaseDir, MaxBytes: maxBytes}); err != nil {
			return err
		}
		projects[version.name] = filepath.Join(dir, filepath.FromSlash(i.Module))
	}
	var err error
	if i.build, err = chooseBuild(i.ImportRequest, projects["fixed"]); err != nil {
		return err
	}
	if err := i.takeTests(ctx, projects["fixed"], projects["buggy"]); err != nil {
		return err
	}
	classes, err := i.testClasses(ctx, projects["fixed"])
	if err != nil {
		return err
	}
	var made *built
	failing := map[string][]string{}
	for _, version := range []string{"fixed", "buggy"} {
		i.say("build the %s version by %s", version, i.build.name)
		if made, err = i.build.make(ctx, filepath.Join(i.work, version), projects[version]); err != nil {
			return fmt.Errorf("build the %s version by %s: %w", version, i.build.name, err)
		}
		i.say("run %d test classes on the %s version", len(classes), version)
		result, err := runTests(ctx, projects[version], made, classes)
		if err != nil {
			return fmt.Errorf("run the tests of the %s version: %w", version, err)
		}
		failing[version] = result.failing
		if version == "fixed" {
			p.Tests, p.TestSeconds = result.tests, result.seconds
		}
	}
	p.BuggyFailures, p.FixedFailures = failing["buggy"], failing["fixed"]
	for _, test := range p.BuggyFailures {
		if !slices.Contains(p.FixedFailures, test) {
			p.TriggerTests = append(p.TriggerTests, test)
		}
	}
	if len(p.TriggerTests) == 0 {
		return fmt.Errorf("no test fails with the buggy version and passes with the fixed one; %d tests of %d classes ran: is one of the fix among them?", p.Tests, len(classes))
	}
	p.SourceDir, p.TestDir, p.ClassesDir, p.TestClassesDir = made.sources, made.tests, made.classes, made.testClasses
	p.CompilePath, p.TestPath = slices.Concat(list{made.classes}, made.classpath), slices.Concat(list{made.classes, made.testClasses}, made.resources, made.classpath)
	return i.write(ctx, &p, projects, classes)
}

// takeTests gives the buggy version the tests of the fixed one.
func (i *imported) takeTests(ctx context.Context, fixed, buggy string) error {
	for _, dir := range i.build.testDirs {
		if err := os.RemoveAll(filepath.Join(buggy, dir)); err != nil {
			return err
		}
		if _, err := os.Stat(filepath.Join(fixed, dir)); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err := copyInto(ctx, filepath.Join(fixed, dir), filepath.Join(buggy, dir), nil); err != nil {
			return fmt.Errorf("take the tests of the fixed version: %w", err)
		}
	}
	return nil
}

// write chooses the tests that decide about candidates, and writes the bug's folder.
func (i *imported) write(ctx context.Context, p *properties, projects map[string]string, classes []string) error {
	for _, version := range []string{"buggy", "fixed"} {
		to := i.bug.file(version, "")
		if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o755), os.Rename(projects[version], to)); err != nil {
			return err
		}
	}
	i.bug.Properties = *p
	if err := i.bug.diff(ctx); err != nil {
		return err
	}
	relevant, err := i.relevantTests(p, classes)
	if err != nil {
		return err
	}
	p.RelevantTests = relevant
	for _, name := range append([]string{i.bug.Path}, i.bug.Others...) {
		class := strings.TrimSuffix(strings.TrimPrefix(name, p.SourceDir+"/"), ".java")
		p.ModifiedClasses = append(p.ModifiedClasses, strings.ReplaceAll(class, "/", "."))
	}
	slices.Sort(p.ModifiedClasses)
	if err := os.MkdirAll(i.Dir, 0o755); err != nil {
		return err
	}
	host := &installation{read: readLibrary}
	if err := host.placeBug(ctx, p, i.bug.file("buggy", ""), i.bug.file("fixed", ""), i.Dir); err != nil {
		return err
	}
	i.done("%s: %d of %d tests fail with the bug; the fix changes %s", i.bug.ID, len(p.TriggerTests), p.Tests, describeFiles(1+len(i.bug.Others)))
	return nil
}

func describeFiles(n int) string {
	if n == 1 {
		return "one file"
	}
	return fmt.Sprintf("%d files, which no model is asked to repair together", n)
}

// relevantTests are the classes with a failing test, and those that name a class that
// the fix changes: they decide about candidates. JUnit 5's are refused.
func (i *imported) relevantTests(p *properties, classes []string) (list, error) {
	triggers := classesOf(p.TriggerTests)
	var changed []*regexp.Regexp
	for _, name := range append([]string{i.bug.Path}, i.bug.Others...) {
		changed = append(changed, regexp.MustCompile(`\b`+regexp.QuoteMeta(strings.TrimSuffix(path.Base(name), ".java"))+`\b`))
	}
	var relevant list
	for _, class := range classes {
		text, err := readFile(i.bug.file("fixed", path.Join(p.TestDir, strings.ReplaceAll(class, ".", "/")+".java")))
		if err != nil {
			return nil, err
		}
		names := slices.ContainsFunc(changed, func(r *regexp.Regexp) bool { return r.Match(text) })
		if names || slices.Contains(triggers, class) || len(i.TestClasses) > 0 {
			relevant = append(relevant, class)
		}
	}
	return relevant, nil
}
