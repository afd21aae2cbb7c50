// Command harness-benchmark-defects4j is the plugin for Defects4J: bugs of real Java
// projects, from an installation, a container image or an export.
//
//	benchmark "defects4j" "d4j" { source = "exported-bugs" }
//	benchmark "defects4j" "d4j" { installation = "/opt/defects4j", subset = "clm" }
//	benchmark "defects4j" "d4j" { image = "defects4j:3.0.1", subset = "v2.0, single-function" }
//
// # Exported bugs
//
// `harness benchmarks export defects4j --to DIR` writes DIR/<Project>-<n>/ with
// buggy/ (the project as the checkout leaves it, compiled, without version
// control), fixed/ (the files that the fix changes), lib/ (jars) and export.json
// (see properties, the format). javac and JUnit alone judge them. The box of a
// candidate holds buggy/ and lib/, never fixed/. Symbolic links that lead out of DIR
// are left out when bugs are fetched, with a message.
//
// # Bugs
//
// A hunk is a run of lines that differ between buggy and fixed; where lines are
// only missing, it is empty (start = end). If a fix changes several files, the bug's
// text is the one in which most lines change; a model that writes one file cannot
// repair such a bug. Labels: "project"; "files", the number of files that the fix
// changes; "tests", which test classes decide: all "relevant" ones, or "some" of
// them, because the others are not compiled.
//
// # Verdicts
//
// A candidate passes if no relevant test fails but those that fail with the reference
// fix, too (baseline.fixed). With rule = "clm" it also passes as CLM counted: fewer
// tests fail than in the buggy version, and no other ones.
package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"harness/core/sdk"
	"harness/core/sdk/benchmark"
	checkout "harness/core/sdk/source"
	"harness/plugins/benchmarks/java"
	"harness/plugins/benchmarks/java/programs"
)

func main() { benchmark.Serve(defects4j{}) }

type defects4j struct{}

func (defects4j) Describe(context.Context) *benchmark.Description {
	return &benchmark.Description{
		Name:    "defects4j",
		Version: "0.4.1",
		Summary: "Defects4J's bugs of real Java projects, from an installation, a container image or an export.",
		Schema: &sdk.Schema{Attributes: []*sdk.Attribute{
			{Name: "source", Type: "string", DefaultJson: `""`, Description: "Where exported bugs are: a folder, a local repository with @<commit>, or a git URL with @<commit>. Either this, installation or image is needed."},
			{Name: "installation", Type: "string", DefaultJson: `""`, Description: "Folder of a Defects4J installation."},
			{Name: "image", Type: "string", DefaultJson: `""`, Description: "Container image that has the command defects4j. It needs sandbox \"docker\"."},
			{Name: "java_home", Type: "string", DefaultJson: `""`, Description: "Folder of the JDK that the installation needs, if it is not the one on the PATH."},
			{Name: "quick", Type: "bool", DefaultJson: "true", Description: "For an installation: whether the Java service judges first, so that Defects4J's own command judges only what passes there. With false the command judges everything, and a hostile candidate could forge its output."},
			{Name: "subset", Type: "string", DefaultJson: `""`, Description: "Only the bugs that are in all of these sets, separated by commas: v1.2, v2.0, clm, single-hunk, single-function."},
			{Name: "only", Type: `["list","string"]`, DefaultJson: `[]`, Description: "Only these projects and bugs, such as Lang or Lang-6."},
			{Name: "rule", Type: "string", DefaultJson: `"all"`, OneOf: []string{ruleAll, ruleCLM}, Description: "Which candidates pass: with \"all\" those with which no relevant test fails, apart from those that fail with the reference fix, too; with \"clm\", as CLM counted, also those with which fewer tests fail than in the buggy version, and no other ones."},
		}},
	}
}

// The rules by which candidates pass.
const ruleAll, ruleCLM = "all", "clm"

type config struct {
	Source       string   `json:"source"`
	Installation string   `json:"installation"`
	Image        string   `json:"image"`
	JavaHome     string   `json:"java_home"`
	Quick        bool     `json:"quick"`
	Subset       string   `json:"subset"`
	Only         []string `json:"only"`
	Rule         string   `json:"rule"`
}

func decode(data []byte) (config, error) {
	c := config{Quick: true, Rule: ruleAll}
	if err := sdk.Decode(data, &c); err != nil {
		return c, err
	}
	if given := len(c.Source) > 0; given == (c.Installation != "" || c.Image != "") || c.Installation != "" && c.Image != "" {
		return c, sdk.Diagnose(nil, "Expected one source of bugs",
			"Give one of source (exported bugs), installation (a folder with Defects4J) and image (a container image with it).")
	}
	if c.JavaHome != "" && c.Installation == "" {
		return c, sdk.Diagnose([]string{"java_home"}, "java_home needs an installation",
			"Exported bugs are judged with JDK 17, an image has its own: leave java_home out, or give installation.")
	}
	if _, err := c.selection(); err != nil {
		return c, sdk.Diagnose([]string{"subset"}, "Unknown subset", err.Error()+".")
	}
	return c, nil
}

// kind is the attribute that says where the bugs are from.
func (c config) kind() string {
	switch {
	case c.Installation != "":
		return "installation"
	case c.Image != "":
		return "image"
	}
	return "source"
}

// Resolve names the commit, or the content of the folder, or the image.
func (defects4j) Resolve(ctx context.Context, request *sdk.ResolveRequest) (*sdk.ResolveResponse, error) {
	c, err := decode(request.GetConfig())
	if err != nil {
		return nil, err
	}
	var identity string
	if c.Source != "" {
		wanted, problem := c.selection()
		if problem != nil {
			return nil, problem
		}
		identity, err = checkout.Identity(ctx, c.Source, checkout.Options{BaseDir: request.GetBaseDir(), Keep: wanted.wantsFile})
	} else {
		identity, err = c.identity(ctx, request.GetBaseDir())
	}
	if err != nil {
		return nil, sdk.Diagnose([]string{c.kind()}, "Cannot find the bugs", err.Error())
	}
	return &sdk.ResolveResponse{Identity: identity}, nil
}

// Bugs sends the bugs in the order of projects and numbers: those that cannot be used or
// judged as unsound, with the reason.
func (defects4j) Bugs(_ context.Context, request *benchmark.BugsRequest, send func(*benchmark.BugRecord) error) error {
	c, err := decode(request.GetConfig())
	if err != nil {
		return err
	}
	wanted, err := c.selection()
	if err != nil {
		return err
	}
	all, err := listBugs(request.GetDir())
	if err != nil {
		return err
	}
	records := map[bugID]*benchmark.BugRecord{}
	for _, b := range all {
		if !wanted.takes(b) {
			continue
		}
		if records[b.ID], err = b.record(); err != nil {
			return fmt.Errorf("%s: %w", b.ID, err)
		}
	}
	if len(records) == 0 {
		return sdk.Diagnose([]string{"subset"}, "No bug is in the subset", fmt.Sprintf("None of the %d bugs that were fetched is in %q.", len(all), c.Subset))
	}
	out, err := readSkipped(request.GetDir())
	if err != nil {
		return err
	}
	for _, s := range out {
		if id, ok := parseID(s.Bug); ok && records[id] == nil && wanted.wants(id) {
			records[id] = &benchmark.BugRecord{Bug: &benchmark.Bug{Id: s.Bug, Labels: map[string]string{"project": id.project}}, Unsound: s.Reason}
		}
	}
	for _, id := range slices.SortedFunc(maps.Keys(records), compareIDs) {
		if err := send(records[id]); err != nil {
			return err
		}
	}
	return nil
}

func (b *bug) record() (*benchmark.BugRecord, error) {
	text, _, err := b.text("buggy", b.Path)
	if err != nil {
		return nil, err
	}
	record := &benchmark.BugRecord{
		Bug: &benchmark.Bug{
			Id: b.ID.String(), Path: b.Path, Text: text, Language: "java",
			Labels: map[string]string{"project": b.ID.project, "files": strconv.Itoa(1 + len(b.Others))},
		},
		Licence: licenceOf(b.ID.project),
		Origin:  origin(b),
		Unsound: b.Problem,
	}
	record.Bug.Labels["tests"], _ = b.describeTests()
	if len(b.Others) > 0 { // the host sees one of the files only
		record.Bug.Labels["hunks"], record.Bug.Labels["lines"], record.Bug.Labels["functions"] = "multiple", "multiple", "other"
	}
	for _, h := range b.Hunks {
		record.Bug.Hunks = append(record.Bug.Hunks, &benchmark.Span{Start: int32(h.Start), End: int32(h.End)})
		record.Fixes = append(record.Fixes, h.Fix)
	}
	if f := b.Function; f != nil {
		record.Bug.Function = &benchmark.Span{Start: int32(f.Start), End: int32(f.End)}
		return record, nil
	}
	for _, name := range append([]string{b.Path}, b.Others...) {
		methods, err := b.methods(name)
		if err != nil {
			return nil, err
		}
		record.Methods = append(record.Methods, methods...)
	}
	return record, nil
}

// methods returns the methods of a file that the fix changes.
func (b *bug) methods(name string) ([]*benchmark.Method, error) {
	buggy, _, err := b.text("buggy", name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // the fix may add the file
		return nil, err
	}
	fixed, _, err := b.text("fixed", name)
	if err != nil {
		return nil, err
	}
	hunks := hunksOf(buggy, fixed)
	return programs.Methods(buggy, programs.Apply(buggy, hunks), hunks), nil
}

// origin describes where a bug is from.
func origin(b *bug) string {
	text := "Defects4J " + b.ID.String()
	if b.Properties.Revision != "" {
		text += ", fixed at " + b.Properties.Revision
	}
	return text + ", " + b.Path
}

// licenceOf names a project's licence, as its repository states it.
func licenceOf(project string) string {
	switch project {
	case "Chart":
		return "LGPL-2.1 (JFreeChart)"
	case "Jsoup", "Mockito":
		return "MIT (" + project + ")"
	case "Cli", "Closure", "Codec", "Collections", "Compress", "Csv", "Gson", "JacksonCore", "JacksonDatabind", "JacksonXml",
		"JxPath", "Lang", "Math", "Time":
		return "Apache-2.0 (" + project + ")"
	}
	return "the project's own"
}

func (defects4j) Environments(_ context.Context, request *benchmark.EnvironmentsRequest) (*benchmark.EnvironmentsResponse, error) {
	c, err := decode(request.GetConfig())
	if err != nil {
		return nil, err
	}
	all := []*benchmark.Environment{java.ProjectEnvironment()}
	if c.Source == "" {
		all = append(all, c.environment())
	}
	return &benchmark.EnvironmentsResponse{Environments: all}, nil
}

// Fetch copies the exported bugs or exports them from the installation, reads them,
// and compiles those without classes.
func (defects4j) Fetch(ctx context.Context, request *benchmark.FetchRequest, progress func(*benchmark.FetchEvent)) error {
	c, err := decode(request.GetConfig())
	if err != nil {
		return err
	}
	dir := filepath.Join(request.GetDir(), exportDir)
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	var out []skipped
	var left strayLinks
	if c.Source != "" {
		left, err = take(ctx, c, request, progress)
	} else if out, err = fromInstallation(ctx, c, request.GetBaseDir(), nil, dir, progress); err == nil {
		err = c.takeTools(ctx, request)
	}
	if err != nil {
		return err
	}
	return index(ctx, request.GetDir(), out, left, progress)
}

// Export writes those bugs of an installation that the folder does not hold yet.
func (defects4j) Export(ctx context.Context, request *benchmark.ExportRequest, progress func(*benchmark.FetchEvent)) error {
	c, err := decode(request.GetConfig())
	if err != nil {
		return err
	}
	if c.Source != "" {
		return sdk.Diagnose([]string{"source"}, "These bugs are already exported", "Name an installation or an image.")
	}
	if err := os.MkdirAll(request.GetDir(), 0o755); err != nil {
		return err
	}
	out, err := fromInstallation(ctx, c, request.GetBaseDir(), request.GetBugs(), request.GetDir(), progress)
	if err != nil || len(out) == 0 {
		return err
	}
	return fmt.Errorf("%d bugs could not be exported; the first: %s: %s", len(out), out[0].Bug, out[0].Reason)
}
