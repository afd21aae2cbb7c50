// Command harness-benchmark-humanevaljava is the plugin for HumanEval-Java: 163 Java
// programs with an injected bug each (github.com/ASSERT-KTH/human-eval-java, made
// for "Impact of Code Language Models on Automated Program Repair", ICSE 2023),
// read from upstream's own repository or from the portable form of package
// programs.
//
//	benchmark "humanevaljava" "humaneval-java" {}
//	benchmark "humanevaljava" "humaneval-java" { source = "mirrors/human-eval-java@<commit>" }
//
// Papers count 164 bugs, since their list has CORRECT_BRACKETING twice. The label class
// of a bug is upstream's name of the operator that injected it, or "several operators".
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"harness/core/sdk/benchmark"
	"harness/plugins/benchmarks/java"
	"harness/plugins/benchmarks/java/programs"
)

func main() { benchmark.Serve(programs.New(humanEvalJava())) }

const operators = "src/main/java/humaneval/mutation_operators.json"

func humanEvalJava() programs.Definition {
	return programs.Definition{
		Name:     "humanevaljava",
		Title:    "HumanEval-Java",
		Version:  "0.1.2",
		Summary:  "HumanEval-Java's 163 programs with one injected bug each (164 in papers, which count CORRECT_BRACKETING twice), judged by JUnit tests.",
		Upstream: "https://github.com/ASSERT-KTH/human-eval-java@c01484f754b0b0fd4869b0f923f0d55d39ebd861",
		Layout: programs.Layout{
			Buggy: "src/main/java/humaneval/buggy", Correct: "src/main/java/humaneval/correct", Tests: "src/test/java/humaneval",
			Tested: func(testClass string) (string, bool) { return strings.CutPrefix(testClass, "TEST_") },
			More:   []string{operators},
		},
		Licence: "none stated; made from openai/human-eval (MIT) by lin-tan/clm (BSD-3-Clause)",
		Needs: map[string]programs.Needs{
			"DO_ALGEBRA":    {Classpath: []string{java.Rhino}},
			"STRING_TO_MD5": {Classpath: []string{java.XMLBinding}},
		},
		Labels: classes,
	}
}

// classes reads the operators that injected the bugs. Copies without that file have no
// classes.
func classes(root fs.FS) (map[string]map[string]string, error) {
	data, err := fs.ReadFile(root, operators)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the operators: %w", err)
	}
	var byBug map[string][]string
	if err := json.Unmarshal(data, &byBug); err != nil {
		return nil, fmt.Errorf("%s: %w", operators, err)
	}
	labels := map[string]map[string]string{}
	for id, names := range byBug {
		slices.Sort(names)
		names = slices.Compact(names)
		switch len(names) {
		case 0:
		case 1:
			labels[id] = map[string]string{"class": names[0]}
		default:
			labels[id] = map[string]string{"class": "several operators"}
		}
	}
	return labels, nil
}
