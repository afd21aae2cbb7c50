// Command harness-benchmark-quixbugs is the plugin for QuixBugs' Java programs: 40 small
// programs with one bug each (github.com/jkoppel/QuixBugs), read from upstream's
// own repository or from the portable form of package programs.
//
//	benchmark "quixbugs" "quixbugs" {}
//	benchmark "quixbugs" "quixbugs" { source = "mirrors/QuixBugs@<commit>" }
//
// The hunks are the lines of code in which the buggy and the correct program differ;
// comments, white space and packages do not count.
package main

import (
	"strings"

	"harness/core/sdk/benchmark"
	"harness/plugins/benchmarks/java/programs"
)

func main() { benchmark.Serve(programs.New(quixbugs())) }

func quixbugs() programs.Definition {
	return programs.Definition{
		Name:    "quixbugs",
		Title:   "QuixBugs",
		Version: "0.2.1",
		Summary: "QuixBugs' 40 Java programs with one bug each, judged by JUnit tests.",
		// The commit to which published numbers of the last years refer.
		Upstream: "https://github.com/jkoppel/QuixBugs@4257f44b0ff1181dedaedee6a447e133219fcebf",
		Layout: programs.Layout{
			Buggy: "java_programs", Correct: "correct_java_programs", Tests: "java_testcases/junit",
			Tested: func(testClass string) (string, bool) {
				upper := strings.ToUpper(testClass)
				return strings.CutSuffix(upper, "TEST")
			},
		},
		Licence: "MIT (James Koppel)",
		Needs:   map[string]programs.Needs{"KNAPSACK": {HeapMiB: 1024}},
	}
}
