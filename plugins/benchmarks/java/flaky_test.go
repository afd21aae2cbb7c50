package java_test

import (
	"os"
	"strings"
	"testing"

	"harness/core/sdk/benchmark"
	"harness/plugins/benchmarks/java"
)

// A program whose verdict depends on chance is flaky, every time; one that depends on
// what the JVM did before gets the verdict of a fresh one, every time.
func TestVerdictsDoNotDependOnChance(t *testing.T) {
	// first returns the sum if the first of eight is one of four.
	first := func(declarations, set string) string {
		return "java.util.Set<Object> all = new java.util.HashSet<>(); " + set + " Object first = all.iterator().next(); int at = 0; for (Object o : made) { if (o == first) break; at++; } return at % 2 == EVEN ? a + b : 0; } static java.util.List<Object> made = new java.util.ArrayList<>(); " + declarations + " static void none() {"
	}
	const right = " ? a + b : 0;"
	cases := []struct {
		name, body string
		want       []benchmark.Outcome
	}{
		{"a salted set", `return Set.of("a", "b", "c", "d").iterator().next().compareTo("c") < 0` + right, []benchmark.Outcome{benchmark.Flaky}},
		{"a salted map", `return Map.of(1, 1, 2, 2, 3, 3, 4, 4).keySet().iterator().next() < 3` + right, []benchmark.Outcome{benchmark.Flaky}},
		{"a copy", `return Set.copyOf(List.of("a", "b", "c", "d")).iterator().next().compareTo("c") < 0` + right, []benchmark.Outcome{benchmark.Flaky}},
		{"chance", `return Math.random() < 0.7` + right, []benchmark.Outcome{benchmark.Flaky}},
		{"a seed", `return new Random().nextBoolean()` + right, []benchmark.Outcome{benchmark.Flaky}},
		{"a shuffle", `List<Integer> l = new ArrayList<>(List.of(1, 2, 3, 4)); Collections.shuffle(l); return l.get(0) < 3` + right, []benchmark.Outcome{benchmark.Flaky}},
		{"a seed of its own", `return new Random(a).nextInt(10) >= 0` + right, []benchmark.Outcome{benchmark.Passed}},
		{"an order that is given", `return new LinkedHashSet<>(List.of(3, 1, 2)).iterator().next() == 3` + right, []benchmark.Outcome{benchmark.Passed}},
		{"arrays", first("", "for (int i = 0; i < 8; i++) { int[] one = {i}; made.add(one); all.add(one); }"), []benchmark.Outcome{benchmark.Passed, benchmark.Failed}},
		{"objects", first("static class One { }", "for (int i = 0; i < 8; i++) { One one = new One(); made.add(one); all.add(one); }"), []benchmark.Outcome{benchmark.Passed, benchmark.Failed}},
		{"enums", first("enum E { A, B, C, D, E, F, G, H }", "for (E one : E.values()) { made.add(one); all.add(one); }"), []benchmark.Outcome{benchmark.Passed, benchmark.Failed}},
	}
	slow := os.Getenv("HARNESS_SLOW") == "1"
	oneDriver(t, func(t *testing.T, judge func(*testing.T, java.Program) *benchmark.VerdictResponse) {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				runs := 2
				if slow && c.want[0] != benchmark.Flaky { // whose runs take 24 JVMs each
					runs = 12
				}
				// Of two programs that differ in one number, one is right in a fresh JVM.
				for i, even := range []string{"0", "1"}[:len(c.want)] {
					p := adder(adderText(strings.ReplaceAll(c.body, "EVEN", even)))
					outcomes := map[benchmark.Outcome]int{}
					for range runs {
						got := judge(t, p)
						outcomes[got.Outcome]++
						if len(c.want) == 1 && got.Outcome != c.want[0] {
							t.Errorf("%s: %s, want %s", got.Outcome, got.Detail, c.want[0])
						}
					}
					if len(outcomes) != 1 {
						t.Errorf("program %d: verdicts %v in %d runs", i, outcomes, runs)
					}
				}
			})
		}
	})
}
