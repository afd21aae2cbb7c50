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
		Version: "0.2.2",
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
		Bugs: []string{
			"BITCOUNT", "BREADTH_FIRST_SEARCH", "BUCKETSORT", "DEPTH_FIRST_SEARCH", "DETECT_CYCLE",
			"FIND_FIRST_IN_SORTED", "FIND_IN_SORTED", "FLATTEN", "GCD", "GET_FACTORS",
			"HANOI", "IS_VALID_PARENTHESIZATION", "KHEAPSORT", "KNAPSACK", "KTH",
			"LCS_LENGTH", "LEVENSHTEIN", "LIS", "LONGEST_COMMON_SUBSEQUENCE", "MAX_SUBLIST_SUM",
			"MERGESORT", "MINIMUM_SPANNING_TREE", "NEXT_PALINDROME", "NEXT_PERMUTATION", "PASCAL",
			"POSSIBLE_CHANGE", "POWERSET", "QUICKSORT", "REVERSE_LINKED_LIST", "RPN_EVAL",
			"SHORTEST_PATHS", "SHORTEST_PATH_LENGTH", "SHORTEST_PATH_LENGTHS", "SHUNTING_YARD", "SIEVE",
			"SQRT", "SUBSEQUENCES", "TOPOLOGICAL_ORDERING", "TO_BASE", "WRAP",
		},
		Needs: map[string]programs.Needs{"KNAPSACK": {HeapMiB: 1024}},
	}
}
