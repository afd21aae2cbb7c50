package step

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/needs"
	pb "harness/core/protocol/harnesspb"
)

// cleaned is what a clean step left.
type cleaned struct {
	sum      Cleaning
	kept     []string // ids
	findings []Finding
}

func clean(t testing.TB, s *shelf, w Clean) (cleaned, error) {
	t.Helper()
	dir := t.TempDir()
	if err := w.Run(t.Context(), s.env(), dir); err != nil {
		return cleaned{}, err
	}
	var c cleaned
	text, err := os.ReadFile(filepath.Join(dir, "clean.json"))
	if err == nil {
		err = json.Unmarshal(text, &c.sum)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"samples.jsonl", "dropped.jsonl", "kept.jsonl"} {
		content, _ := os.ReadFile(filepath.Join(dir, name))
		for line := range strings.Lines(string(content)) {
			var f Finding
			if err := json.Unmarshal([]byte(line), &f); err != nil {
				t.Fatal(err)
			}
			if name == "samples.jsonl" {
				c.kept = append(c.kept, f.ID)
			} else {
				c.findings = append(c.findings, f)
			}
		}
	}
	return c, nil
}

const (
	wrongMethod = "int sum(int[] values) {\n  int total = 0;\n  for (int i = 1; i < values.length; i++) {\n    total += values[i];\n  }\n  return total;\n}\n"
	rightMethod = "int sum(int[] values) {\n  int total = 0;\n  for (int i = 0; i < values.length; i++) {\n    total += values[i];\n  }\n  return total;\n}\n"
)

// theBug is in the file of wrongMethod, whose lines begin with the third.
func theBug(function *pb.Span) *pb.BugRecord {
	return &pb.BugRecord{
		Bug:   &pb.Bug{Id: "Sum", Path: "Sum.java", Text: "class Sum {\n// adds\n" + wrongMethod + "}\n", Hunks: []*pb.Span{{Start: 5, End: 6}}, Function: function, Language: "java"},
		Fixes: []string{"  for (int i = 0; i < values.length; i++) {\n"},
	}
}

// pairOf is a pair that changes a line of a method.
func pairOf(id, method, line, fixed string) *pb.Sample {
	at := strings.Index(method, line)
	return &pb.Sample{Id: id, Split: "train", Content: &pb.Sample_Pair{Pair: &pb.Pair{
		Before: method[:at], Buggy: line, After: method[at+len(line):], Fixed: fixed,
	}}}
}

func TestClean(t *testing.T) {
	s := newShelf(t)
	const other = "void log(String text) {\n  out.print(text);\n  out.flush();\n}\n"
	samples := []*pb.Sample{
		pairOf("other", other, "  out.print(text);\n", "  out.println(text);\n"),
		pairOf("wrong", wrongMethod, "  return total;\n", "  return -total;\n"),
		pairOf("right", strings.Replace(rightMethod, "total;", "0;", 1), "  return 0;\n", "  return total;\n"),
		pairOf("again", strings.ReplaceAll(other, "  ", "\t"), "\tout.print(text);\n", "\tout . println(text); // a line\n"),
		pairOf("another-fix", other, "  out.print(text);\n", "  out.append(text);\n"),
		{Id: "text", Split: "validation", Content: &pb.Sample_Text{Text: "class Many {\n" + other + rightMethod + "}\n"}},
	}
	data := finished(t, s, "dataset", "samples.jsonl", samples)
	bench := finished(t, s, "benchmark", "bugs.jsonl", []*pb.BugRecord{theBug(&pb.Span{Start: 3, End: 10})})
	whole := finished(t, s, "benchmark", "bugs.jsonl", []*pb.BugRecord{theBug(nil), theBug(nil)})
	listed := theBug(nil)
	listed.Methods = []*pb.Method{{Buggy: "void other() {\n  sum(none);\n}\n"}, {Buggy: wrongMethod, Fixed: rightMethod}}
	several := finished(t, s, "benchmark", "bugs.jsonl", []*pb.BugRecord{theBug(nil), listed, theBug(nil)})
	untested := theBug(&pb.Span{Start: 3, End: 10})
	untested.Unsound = "it has no test"
	unsound := finished(t, s, "benchmark", "bugs.jsonl", []*pb.BugRecord{untested, {Bug: &pb.Bug{Id: "Lost"}, Unsound: "it has no buggy program"}})

	leaks := []Finding{
		{ID: "wrong", Split: "train", Why: "equal", Version: "buggy", Benchmark: s.leaks(t, bench), Bug: "Sum", Method: "buggy", Similarity: 1},
		{ID: "right", Split: "train", Why: "equal", Version: "fixed", Benchmark: s.leaks(t, bench), Bug: "Sum", Method: "fixed", Similarity: 1},
	}
	for name, test := range map[string]struct {
		work     Clean
		kept     []string
		findings []Finding
		leaked   int
		whole    int // bugs
		fails    string
	}{
		"drop": {
			work: Clean{Dataset: data, Duplicates: true, Benchmarks: []ID{bench}, Leaks: DropLeaks, Similarity: 0.8},
			kept: []string{"other", "another-fix"}, leaked: 3,
			findings: append(slices.Clone(leaks), Finding{ID: "again", Split: "train", Why: "duplicate", Of: "other"}),
		},
		"unsound bugs, as far as their programs are known": {
			work: Clean{Dataset: data, Benchmarks: []ID{unsound}, Leaks: DropLeaks, Similarity: 0.8},
			kept: []string{"other", "again", "another-fix"}, leaked: 3,
			findings: in(s.leaks(t, unsound), leaks),
		},
		"keep only looks": {
			work:     Clean{Dataset: data, Benchmarks: []ID{bench}, Leaks: KeepLeaks, Similarity: 0.8},
			findings: leaks, leaked: 3,
		},
		"duplicates alone": {
			work:     Clean{Dataset: data, Duplicates: true},
			kept:     []string{"other", "wrong", "right", "another-fix", "text"},
			findings: []Finding{{ID: "again", Split: "train", Why: "duplicate", Of: "other"}},
		},
		"a bug without a method is a whole file": {
			work: Clean{Dataset: data, Benchmarks: []ID{whole}, Leaks: DropLeaks, Similarity: 0.95},
			kept: []string{"other", "wrong", "right", "again", "another-fix", "text"}, whole: 2,
		},
		"the methods of a bug that is in several": {
			work: Clean{Dataset: data, Benchmarks: []ID{several}, Leaks: DropLeaks, Similarity: 0.8},
			kept: []string{"other", "again", "another-fix"}, leaked: 3, whole: 2,
			findings: in(s.leaks(t, several), leaks),
		},
		"fail": {
			work:  Clean{Dataset: data, Benchmarks: []ID{bench}, Leaks: FailLeaks, Similarity: 0.8},
			fails: "3 of 6 training samples are like methods of the study's benchmarks (wrong and Sum, equal, 1.00 alike; right and",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := clean(t, s, test.work)
			if test.fails != "" {
				if err == nil || !strings.Contains(err.Error(), test.fails) {
					t.Fatalf("got %v, want %q", err, test.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.kept, got.kept); diff != "" {
				t.Errorf("kept (-want +got):\n%s", diff)
			}
			if test.leaked > 0 { // the text holds more than the method
				at := slices.IndexFunc(got.findings, func(f Finding) bool { return f.ID == "text" })
				if at < 0 {
					t.Fatalf("the text that holds the method is not found: %v", got.findings)
				}
				if f := got.findings[at]; f.Why != "contains" || f.Method != "fixed" || f.Version != "text" || f.Split != "validation" || f.Similarity >= 0.8 {
					t.Errorf("got %+v", f)
				}
				got.findings = slices.Delete(got.findings, at, at+1)
				if diff := cmp.Diff([]Leaked{{s.leaks(t, test.work.Benchmarks[0]), "Sum", test.leaked}}, got.sum.Leaked); diff != "" {
					t.Errorf("leaked (-want +got):\n%s", diff)
				}
			}
			if diff := cmp.Diff(test.findings, got.findings); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			if got.sum.Samples != len(samples) || got.sum.Leaks != test.leaked || got.sum.Duplicates != len(got.findings)-max(0, test.leaked-1) || got.sum.Whole != test.whole {
				t.Errorf("counted %+v", got.sum)
			}
		})
	}
}

// in are findings in another benchmark.
func in(benchmark string, findings []Finding) []Finding {
	findings = slices.Clone(findings)
	for i := range findings {
		findings[i].Benchmark = benchmark
	}
	return findings
}

func TestCleanLeavesSomething(t *testing.T) {
	s := newShelf(t)
	data := finished(t, s, "dataset", "samples.jsonl", []*pb.Sample{pairOf("a", wrongMethod, "  return total;\n", "")})
	bench := finished(t, s, "benchmark", "bugs.jsonl", []*pb.BugRecord{theBug(&pb.Span{Start: 3, End: 10})})
	_, err := clean(t, s, Clean{Dataset: data, Benchmarks: []ID{bench}, Leaks: DropLeaks, Similarity: 0.8})
	if err == nil || !strings.Contains(err.Error(), "none of 1 samples is left") {
		t.Errorf("got %v", err)
	}
}

// BenchmarkClean is the size of CLM's fine-tuning set against a thousand bugs,
// from the shared samples, repeated with other names.
func BenchmarkClean(b *testing.B) {
	const wantedPairs, wantedBugs = 143_666, 1000
	rows := sharedPairs(b)
	s := newShelf(b)
	var samples []*pb.Sample
	var bugs []*pb.BugRecord
	for i := range wantedPairs {
		p := rows[i%len(rows)]
		round := fmt.Sprintf("round%d ", i/len(rows))
		samples = append(samples, &pb.Sample{Id: fmt.Sprint(i), Split: "train", Content: &pb.Sample_Pair{Pair: &pb.Pair{
			Before: round + p.Before, Buggy: p.Buggy, After: p.After, Fixed: p.Fixed,
		}}})
	}
	for i := range wantedBugs {
		p := rows[i*len(rows)/wantedBugs]
		text := p.Before + p.Buggy + p.After
		first := int32(strings.Count(p.Before, "\n")) + 1
		bugs = append(bugs, &pb.BugRecord{
			Bug: &pb.Bug{
				Id: fmt.Sprint(i), Text: text, Hunks: []*pb.Span{{Start: first, End: first + int32(strings.Count(p.Buggy, "\n"))}},
				Function: &pb.Span{Start: 1, End: int32(strings.Count(text, "\n")) + 1},
			},
			Fixes: []string{p.Fixed},
		})
	}
	w := Clean{
		Dataset: finished(b, s, "dataset", "samples.jsonl", samples), Benchmarks: []ID{finished(b, s, "benchmark", "bugs.jsonl", bugs)},
		Duplicates: true, Leaks: DropLeaks, Similarity: 0.8,
	}
	for b.Loop() {
		got, err := clean(b, s, w)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(got.sum.Leaks), "leaks")
	}
}

func sharedPairs(t testing.TB) []*pb.Pair {
	t.Helper()
	f, err := os.Open(needs.Shared(t, "train", "codrep.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var pairs []*pb.Pair
	lines := bufio.NewScanner(unzipped)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var p struct{ Before, Buggy, After, Fixed string }
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		pairs = append(pairs, &pb.Pair{Before: p.Before, Buggy: p.Buggy, After: p.After, Fixed: p.Fixed})
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return pairs
}
