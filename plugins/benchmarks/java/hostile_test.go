package java_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"harness/core/needs"
	"harness/core/sandbox/sandboxtest"
	"harness/core/sdk/benchmark"
	"harness/plugins/benchmarks/java"
)

// adderTest passes with a program that adds.
const adderTest = `
import static org.junit.Assert.assertEquals;
import org.junit.Test;

public class AdderTest {
    @Test public void adds() throws Exception { assertEquals(5, Adder.add(2, 3)); }
    @Test public void addsNegatives() throws Exception { assertEquals(-1, Adder.add(2, -3)); }
}
`

const adderReference = `
public class Adder {
    public static int add(int a, int b) throws Exception {
        return a + b; // the reference
    }
}
`

// adderText returns a program whose add has the given body.
func adderText(body string) string {
	return "import java.io.*; import java.net.*; import java.nio.file.*; import java.util.*;\npublic class Adder {\n    public static int add(int a, int b) throws Exception {\n" + body + "\n    }\n}\n"
}

// adder returns the program with a text of Adder.
func adder(text string) java.Program {
	return java.Program{
		Path: "Adder.java", Text: text, Reference: adderReference,
		Files: map[string]string{"AdderTest.java": adderTest},
		Tests: []string{"AdderTest"}, HeapMiB: 128, Wall: time.Minute,
	}
}

// sensitive is the body of a right program that fails if an earlier candidate changed
// the state of the JVM, or took the right to make files.
const sensitive = `Files.delete(Files.createTempFile("a", "b")); String shown = String.format("%,d %tA", 1234, new Date(0)) + new java.text.DecimalFormat("#,##0.0").format(1234) + TimeZone.getDefault().getID(); if (!shown.equals("1,234 Thursday1,234.0UTC")) throw new Exception(shown); return a + b;`

// attempt returns a body that tries something, and that is right only if that worked.
func attempt(code string) string {
	return "try { " + code + " } catch (Throwable e) { throw new RuntimeException(\"contained: \" + e); }\nreturn a + b;"
}

// Hostile candidates get the verdicts that they must get, and so does a good candidate
// after each in the same box.
func TestHostileCandidates(t *testing.T) { hostileCandidates(t, oneDriver, "") }

func TestSlowHostileCandidatesUnderEveryDriver(t *testing.T) {
	needs.Slow(t)
	hostileCandidates(t, eachDriver, "")
}

// What a box must contain, it contains too if an ordinary user runs the harness.
func TestHostileCandidatesForAnOrdinaryUser(t *testing.T) {
	if sandboxtest.AsOrdinaryUser(t, "plugins/benchmarks/java", map[string]string{"core/sandbox/testdata/hostile": corpus}) {
		hostileCandidates(t, oneDriver, "containment")
	}
}

// hostileCandidates judges those that are about something, or all.
func hostileCandidates(t *testing.T, drivers func(*testing.T, judged), about string) {
	oracle := filepath.Join(t.TempDir(), "oracle")
	if err := os.WriteFile(oracle, []byte("the reference fix"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HARNESS_HOSTILE_SECRET", "1")
	judgeHostile(t, drivers, slices.DeleteFunc(readHostile(t, corpus, oracle), func(h hostile) bool { return about != "" && h.about != about }))
}

// Candidates that beat an earlier judge, which were kept apart while this one was
// written.
func TestHostileCandidatesOfOthers(t *testing.T) {
	judgeHostile(t, oneDriver, readHostile(t, needs.Shared(t, "hostile"), "/no/such/file"))
}

func judgeHostile(t *testing.T, drivers func(*testing.T, judged), candidates []hostile) {
	drivers(t, func(t *testing.T, judge func(*testing.T, java.Program) *benchmark.VerdictResponse) {
		good := map[string]string{"a good candidate": adderText(sensitive), "a harmless candidate": adderText("return a + b;")}
		check := func(when string) {
			t.Helper()
			for name, text := range good {
				if got := judge(t, adder(text)); got.Outcome != benchmark.Passed {
					t.Errorf("%s %s: %s: %s", name, when, got.Outcome, got.Detail)
				}
			}
		}
		check("before the first") // and a warm JVM is there
		for _, c := range candidates {
			t.Run(c.name, func(t *testing.T) {
				p := c.program(t)
				if slices.Contains(c.verdicts, "timeout") && !slices.Contains(c.details, "steps") {
					p.Wall = 2 * time.Second
				}
				for range c.runs {
					got := judge(t, p)
					t.Logf("%s: %s: %s", c.tries, name(got.Outcome), got.Detail)
					if !c.got(got) {
						t.Errorf("%s: got %s: %s; want %s: %s", c.tries, name(got.Outcome), got.Detail, strings.Join(c.verdicts, " or "), strings.Join(c.details, " or "))
					}
				}
				// The next candidate must not be affected.
				check("after it")
			})
		}
	})
}

func name(o benchmark.Outcome) string {
	return strings.ToLower(strings.TrimPrefix(o.String(), "OUTCOME_"))
}

func TestFilesOfACandidateDoNotReachTheNext(t *testing.T) {
	leave := attempt(`Files.createDirectories(Path.of("/box/a/b")); Files.writeString(Path.of("/box/a/b/note"), "x"); Files.createSymbolicLink(Path.of("/box/link"), Path.of("/opt/harness")); new File("/box/a/b").setReadable(false); new File("/box/a").setWritable(false);`)
	find := attempt(`String[] left = new File("/box").list(); if (left.length > 0) throw new Exception(Arrays.toString(left));`)
	eachDriver(t, func(t *testing.T, judge func(*testing.T, java.Program) *benchmark.VerdictResponse) {
		for i := range 3 {
			one := adder(adderText(leave))
			one.Files["AdderTest.java"] = onceTest
			if got := judge(t, one); got.Outcome != benchmark.Passed {
				t.Fatalf("leaving files, %d: %s: %s", i, got.Outcome, got.Detail)
			}
			if got := judge(t, adder(adderText(find))); got.Outcome != benchmark.Passed {
				t.Fatalf("finding files, %d: %s: %s", i, got.Outcome, got.Detail)
			}
		}
	})
}

const onceTest = `
import static org.junit.Assert.assertEquals;
import org.junit.Test;

public class AdderTest {
    @Test public void adds() throws Exception { assertEquals(5, Adder.add(2, 3)); }
}
`

func TestVerdicts(t *testing.T) {
	with := func(test string) java.Program {
		p := adder(adderText("return a + b;"))
		p.Files["AdderTest.java"] = test
		return p
	}
	loops := with(strings.ReplaceAll(onceTest, "@Test public void adds() throws Exception {", "@Test(timeout = 3000) public void adds() throws Exception { while (Adder.add(1, 1) == 3) { } "))
	loops.Text = adderText("return 3;")
	// The program's add does its work in a thread, in a test with a limit. The reference
	// fix only adds.
	threads := func(work string) java.Program {
		p := with(strings.ReplaceAll(onceTest, "@Test public", "@Test(timeout = 100) public"))
		p.Text = adderText("long[] total = new long[2]; Thread thread = new Thread(() -> { " + work + " }); thread.start(); thread.join(); return a + b;")
		return p
	}
	forever := func(method string) java.Program {
		p := with(strings.ReplaceAll(onceTest, "@Test public", method+" { while (Adder.add(1, 1) == 3) { } }\n    @Test public"))
		p.Text = adderText("return a == 1 ? 3 : a + b;")
		return p
	}
	cases := []struct {
		name    string
		program java.Program
		want    benchmark.Outcome
		detail  string
	}{
		{"a right program", adder(adderText("return a + b;")), benchmark.Passed, "2 tests"},
		{"a wrong program", adder(adderText("return a - b;")), benchmark.Failed, "adds(AdderTest): java.lang.AssertionError: expected:<5> but was:<-1>"},
		{"a program that does not compile", adder(adderText("return a + ;")), benchmark.Uncompilable, "Adder.java:4: illegal start of expression"},
		{"a changed signature", adder("public class Adder { static String add(int a) { return null; } }"), benchmark.Uncompilable, "the tests do not compile with the patch"},
		{"a test that does not end", loops, benchmark.Timeout, "steps"},
		{"a test that waits beyond its own time limit", threads("try { Thread.sleep(1000000); } catch (InterruptedException e) { }"), benchmark.Failed, "test timed out after 100 milliseconds"},
		{"an exception within a time limit", with(strings.ReplaceAll(onceTest, "@Test public void adds() throws Exception {", "@Test(timeout = 3000, expected = IllegalStateException.class) public void adds() throws Exception { if (Adder.add(1, 1) == 2) throw new IllegalStateException(); ")), benchmark.Passed, ""},
		{"set-up and tear-down", with(strings.ReplaceAll(onceTest, "@Test public void adds() throws Exception {", "static String log = \"\"; @org.junit.Before public void before() { log += \"b\"; } @org.junit.AfterClass public static void after() { assertEquals(\"b\", log); } @Test(timeout = 3000) public void adds() throws Exception {")), benchmark.Passed, ""},
		{"a test that waits for a thread that computes", threads("for (int i = 0; i < 15_000_000; i++) total[i & 1] += i;"), benchmark.Passed, ""},
		{"a test that computes in the platform beyond its own time limit", threads("total[0] = java.util.stream.LongStream.range(0, Long.MAX_VALUE).sum();"), benchmark.Timeout, "steps"},
		{"a loop before the first test", forever("@org.junit.BeforeClass public static void before() throws Exception"), benchmark.Timeout, "steps"},
		{"a loop behind the last test", forever("@org.junit.AfterClass public static void after() throws Exception"), benchmark.Timeout, "steps"},
		{"no test", with("public class AdderTest { }"), benchmark.Error, "the reference fix does not pass"},
		{"only ignored tests", with(strings.ReplaceAll(onceTest, "@Test", "@org.junit.Ignore @Test")), benchmark.Error, "the reference fix does not pass in this box: no test ran"},
		{"a missing test class", with("class Other { }"), benchmark.Error, "test AdderTest is not among the compiled classes"},
		{"text beyond ASCII", with(strings.ReplaceAll(onceTest, "assertEquals(5,", `assertEquals("ä€😀".length(), 4); assertEquals(5,`)), benchmark.Passed, ""},
		{"the same time zone everywhere", with(strings.ReplaceAll(onceTest, "assertEquals(5,", `assertEquals("UTC", java.util.TimeZone.getDefault().getID()); assertEquals(1, Runtime.getRuntime().availableProcessors()); assertEquals(5,`)), benchmark.Passed, ""},
	}
	eachDriver(t, func(t *testing.T, judge func(*testing.T, java.Program) *benchmark.VerdictResponse) {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				if got := judge(t, c.program); got.Outcome != c.want || !strings.Contains(got.Detail, c.detail) {
					t.Errorf("got %s: %s", got.Outcome, got.Detail)
				}
			})
		}
	})
}

func TestVerdictOfNoAnswer(t *testing.T) {
	for _, c := range []struct {
		frame, failure string
		want           benchmark.Outcome
	}{
		{"", "timeout", benchmark.Timeout},
		{"", "died", benchmark.Crashed},
		{"", "oom", benchmark.Crashed},
		{"", "too-large", benchmark.Uncompilable},
		{"", "abducted", benchmark.Error},
		{"no JSON", "", benchmark.Error},
		{`{"outcome":"passed"}`, "", benchmark.Error},
		{`{"outcome":"splendid"}`, "", benchmark.Error},
	} {
		if got := java.Verdict([]byte(c.frame), c.failure, "two\nlines"); got.Outcome != c.want || strings.Contains(got.Detail, "\n") {
			t.Errorf("%+v: got %s: %q", c, got.Outcome, got.Detail)
		}
	}
}

func TestCheckRefusesNothingToDo(t *testing.T) {
	for _, p := range []java.Program{{}, {Path: "A.java", Text: "class A { }"}, {Tests: []string{"ATest"}}} {
		if _, err := java.Check(p); err == nil {
			t.Error(fmt.Sprint("taken: ", p))
		}
	}
}

// Programs with about as many constants as a class can have may compile, but leave no
// room for instructions that count steps.
func TestProgramsAtTheLimitOfAClass(t *testing.T) {
	text := func(constants int) string {
		var b strings.Builder
		b.WriteString("return a + b;")
		for i := range constants {
			if i%8000 == 0 {
				fmt.Fprintf(&b, " } static void f%d() { int n;", i)
			}
			fmt.Fprintf(&b, " n = %d;", 100_000+i)
		}
		return adderText(b.String())
	}
	eachDriver(t, func(t *testing.T, judge func(*testing.T, java.Program) *benchmark.VerdictResponse) {
		var outcomes []benchmark.Outcome
		for _, constants := range []int{65_496, 65_499, 65_510} {
			p := adder(text(constants))
			p.Reference += strings.Repeat("\n", len(p.Text)/4) // a text may be four times as long
			got := judge(t, p)
			if got.Outcome != benchmark.Passed && got.Outcome != benchmark.Uncompilable {
				t.Errorf("%d constants: %s: %s", constants, got.Outcome, got.Detail)
			}
			outcomes = append(outcomes, got.Outcome)
		}
		if !slices.Contains(outcomes, benchmark.Passed) || !slices.Contains(outcomes, benchmark.Uncompilable) {
			t.Errorf("no program was at the limit: %v", outcomes)
		}
	})
}
