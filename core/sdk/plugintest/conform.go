package plugintest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
	"google.golang.org/protobuf/testing/protocmp"

	"harness/core/extract"
	"harness/core/judge"
	"harness/core/protocol"
	"harness/core/protocol/harnesspb"
	"harness/core/sdk"
	"harness/core/sdk/benchmark"
)

// Describe checks that a plugin's description is complete and the same each time, and
// that its schema is valid.
func Describe(t testing.TB, kind string, plugin sdk.Describer) {
	t.Helper()
	ctx := t.Context()
	description := plugin.Describe(ctx)
	if description == nil {
		t.Fatal("the description is nil")
	}
	if diff := cmp.Diff(description, plugin.Describe(ctx), protocmp.Transform()); diff != "" {
		t.Errorf("two descriptions differ:\n%s", diff)
	}
	if description.Kind != "" && description.Kind != kind {
		t.Errorf("the kind is %q, not %q; leave it empty", description.Kind, kind)
	}
	if _, _, ok := protocol.ParseBinaryName(protocol.BinaryName(kind, description.Name)); !ok {
		t.Errorf("%s-%q is not a valid kind and name", kind, description.Name)
	}
	if description.Version == "" {
		t.Error("there is no version")
	}
	if description.Summary == "" || strings.Contains(description.Summary, "\n") {
		t.Errorf("the summary %q is not one line", description.Summary)
	}
	if rule := description.Extract; rule != "" && !slices.Contains(extract.Rules(), rule) {
		t.Errorf("it extracts %q from answers; expected one of %s", rule, strings.Join(extract.Rules(), ", "))
	}
	for _, problem := range schemaProblems(description.Schema, "") {
		t.Error(problem)
	}
}

var identifier = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func schemaProblems(schema *harnesspb.Schema, where string) []string {
	var problems []string
	seen := map[string]bool{}
	name := func(name string) {
		if !identifier.MatchString(name) {
			problems = append(problems, fmt.Sprintf("%s%q is not a name in lower case", where, name))
		}
		if seen[name] {
			problems = append(problems, fmt.Sprintf("%s%s is there twice", where, name))
		}
		seen[name] = true
	}
	for _, attribute := range schema.GetAttributes() {
		name(attribute.Name)
		if err := attributeProblem(attribute); err != nil {
			problems = append(problems, fmt.Sprintf("%s%s: %v", where, attribute.Name, err))
		}
	}
	for _, block := range schema.GetBlocks() {
		name(block.Name)
		if block.Description == "" {
			problems = append(problems, fmt.Sprintf("%s%s: there is no description", where, block.Name))
		}
		if block.Minimum < 0 || block.Maximum < 0 || block.Maximum > 0 && block.Minimum > block.Maximum {
			problems = append(problems, fmt.Sprintf("%s%s: from %d to %d blocks", where, block.Name, block.Minimum, block.Maximum))
		}
		problems = append(problems, schemaProblems(block.Schema, where+block.Name+".")...)
	}
	return problems
}

func attributeProblem(a *harnesspb.Attribute) error {
	kind, err := ctyjson.UnmarshalType(typeJSON(a.Type))
	if err != nil {
		return fmt.Errorf("the type %q is none: %w", a.Type, err)
	}
	if a.Description == "" {
		return fmt.Errorf("there is no description")
	}
	if a.Required && a.DefaultJson != "" {
		return fmt.Errorf("it is required and has a default")
	}
	if (a.Minimum != nil || a.Maximum != nil) && kind != cty.Number {
		return fmt.Errorf("it has bounds and is no number")
	}
	if len(a.OneOf) > 0 && kind != cty.String {
		return fmt.Errorf("it has a list of values and is no string")
	}
	if a.DefaultJson == "" {
		return nil
	}
	value, err := ctyjson.Unmarshal([]byte(a.DefaultJson), kind)
	if err != nil {
		return fmt.Errorf("the default %s does not fit the type: %w", a.DefaultJson, err)
	}
	return defaultProblem(a, value)
}

func defaultProblem(a *harnesspb.Attribute, value cty.Value) error {
	if value.IsNull() {
		return nil
	}
	if a.Minimum != nil && value.LessThan(cty.NumberFloatVal(*a.Minimum)).True() ||
		a.Maximum != nil && value.GreaterThan(cty.NumberFloatVal(*a.Maximum)).True() {
		return fmt.Errorf("the default %s is out of bounds", a.DefaultJson)
	}
	if len(a.OneOf) == 0 {
		return nil
	}
	for _, allowed := range a.OneOf {
		if value.AsString() == allowed {
			return nil
		}
	}
	return fmt.Errorf("the default %s is not among the values", a.DefaultJson)
}

// typeJSON accepts the bare name of a primitive type as well as JSON.
func typeJSON(text string) []byte {
	if json.Valid([]byte(text)) {
		return []byte(text)
	}
	quoted, _ := json.Marshal(text) // a string always encodes
	return quoted
}

// Bugs lists a fetched benchmark's bugs and checks each: its spans are within the file,
// each hunk has a fix that changes it, ids are unique, and the check names an existing
// environment. Of a bug that the benchmark calls unsound only the spans are checked. If the
// benchmark's description lists its bugs, it must list these.
func Bugs(t testing.TB, b benchmark.Benchmark, config []byte, dir string) []*harnesspb.BugRecord {
	t.Helper()
	ctx := t.Context()
	list := func() []*harnesspb.BugRecord {
		var records []*harnesspb.BugRecord
		err := b.Bugs(ctx, &benchmark.BugsRequest{Config: config, Dir: dir}, func(r *harnesspb.BugRecord) error {
			records = append(records, r)
			return nil
		})
		if err != nil {
			t.Fatalf("listing bugs: %v", err)
		}
		return records
	}
	records := list()
	if diff := cmp.Diff(records, list(), protocmp.Transform()); diff != "" {
		t.Errorf("two lists of bugs differ:\n%s", diff)
	}
	if listed := b.Describe(ctx).GetBugs(); len(listed) > 0 {
		var ids []string
		for _, r := range records {
			ids = append(ids, r.GetBug().GetId())
		}
		if diff := cmp.Diff(listed, ids); diff != "" {
			t.Errorf("the description lists other bugs than there are (-described +there):\n%s", diff)
		}
	}
	response, err := b.Environments(ctx, &benchmark.EnvironmentsRequest{Config: config})
	if err != nil {
		t.Fatalf("listing environments: %v", err)
	}
	environments := map[string]bool{}
	for _, environment := range response.Environments {
		environments[environment.Id] = true
	}
	seen := map[string]bool{}
	for _, record := range records {
		bug := record.GetBug()
		if bug.GetId() == "" || seen[bug.GetId()] {
			t.Errorf("the id %q is empty or there twice", bug.GetId())
		}
		seen[bug.GetId()] = true
		if record.GetUnsound() != "" { // it is not judged
			if err := judge.CheckBug(record); err != nil {
				t.Errorf("%s: %v", bug.GetId(), err)
			}
			continue
		}
		for _, problem := range bugProblems(record) {
			t.Errorf("%s: %s", bug.GetId(), problem)
		}
		check, err := b.Check(ctx, &benchmark.CheckRequest{Config: config, Dir: dir, Bug: bug.GetId(), Patched: bug.GetText()})
		if err != nil {
			t.Errorf("%s: checking the buggy program: %v", bug.GetId(), err)
			continue
		}
		if !environments[check.Environment] {
			t.Errorf("%s: its environment %q is not listed", bug.GetId(), check.Environment)
		}
		if check.TimeoutMs <= 0 {
			t.Errorf("%s: its check has no time limit", bug.GetId())
		}
	}
	return records
}

func bugProblems(record *harnesspb.BugRecord) []string {
	bug := record.GetBug()
	lines := strings.SplitAfter(bug.GetText(), "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	var problems []string
	inside := func(what string, s *harnesspb.Span) bool {
		if s.GetStart() < 1 || s.GetEnd() < s.GetStart() || int(s.GetEnd()) > len(lines)+1 {
			problems = append(problems, fmt.Sprintf("its %s is lines %d to %d of %d", what, s.GetStart(), s.GetEnd(), len(lines)))
			return false
		}
		return true
	}
	if bug.GetPath() == "" || bug.GetLanguage() == "" {
		problems = append(problems, "it has no path or no language")
	}
	// Changes outside of methods have no method around them.
	functionOK := bug.GetFunction() != nil && inside("function", bug.GetFunction())
	if len(bug.GetHunks()) == 0 || len(bug.GetHunks()) != len(record.GetFixes()) {
		return append(problems, fmt.Sprintf("it has %d hunks and %d fixes", len(bug.GetHunks()), len(record.GetFixes())))
	}
	previous := int32(1)
	for i, hunk := range bug.GetHunks() {
		if !inside("hunk", hunk) {
			continue
		}
		if hunk.Start < previous {
			problems = append(problems, "its hunks overlap or are out of order")
		}
		previous = hunk.End
		if functionOK && (hunk.Start < bug.Function.Start || hunk.End > bug.Function.End) {
			problems = append(problems, "a hunk is outside its function")
		}
		if strings.Join(lines[hunk.Start-1:hunk.End-1], "") == record.Fixes[i] {
			problems = append(problems, "a fix changes nothing")
		}
	}
	return problems
}
