package java_test

import (
	"strings"
	"testing"
	"time"

	"harness/core/sdk/benchmark"
	"harness/plugins/benchmarks/java"
)

// projectAdder is the adder as a file of a project, whose folder is one that every box
// has.
func projectAdder(text string) java.Program {
	p := adder(text)
	p.Project = &java.Project{Tree: "/opt/harness/judge"}
	return p
}

// Tests of whole projects get more modules of the platform than those of programs, but
// none that reads memory.
func TestHostileCandidatesOfProjects(t *testing.T) {
	attempts := map[string]string{}
	for _, c := range readHostile(t, corpus, "/no/such/file") {
		switch c.name {
		case "allocate-by-unsafe", "attach-to-the-judge", "crash-by-unsafe", "dump-the-heap", "open-the-judges-pipes",
			"read-the-judges-environment", "read-the-judges-memory", "search-its-memory", "write-to-the-judge":
			attempts[c.name] = c.text
		}
	}
	if len(attempts) != 9 {
		t.Fatalf("only %d of the attempts are there", len(attempts))
	}
	attempts["trace its own JVM"] = adderText(attempt(`Class.forName("sun.jvm.hotspot.HotSpotAgent");`))
	eachDriver(t, func(t *testing.T, judge func(*testing.T, java.Program) *benchmark.VerdictResponse) {
		for name, text := range attempts {
			t.Run(name, func(t *testing.T) {
				if got := judge(t, projectAdder(text)); got.Outcome != benchmark.Failed || !strings.Contains(got.Detail, "contained") {
					t.Errorf("%s: %s", got.Outcome, got.Detail)
				}
				if next := judge(t, projectAdder(adderText("return a + b;"))); next.Outcome != benchmark.Passed {
					t.Errorf("the good candidate after it: %s: %s", next.Outcome, next.Detail)
				}
			})
		}
	})
}

// A project gets Unsafe if its tests need it, what else large projects use, and the date
// formats of its version of Java.
func TestWhatProjectsGet(t *testing.T) {
	const date = `java.text.DateFormat.getDateTimeInstance(2, 2, java.util.Locale.US).format(new java.util.Date(0))`
	const commas = date + `.matches(".*(69|70),.*")`
	const unsafe = `Class<?> unsafe = Class.forName("sun.misc.Unsafe"); java.lang.reflect.Field field = unsafe.getDeclaredField("theUnsafe"); field.setAccessible(true);
        if (unsafe.getMethod("allocateInstance", Class.class).invoke(field.get(null), Adder.class) == null) return 0;
        new java.awt.image.BufferedImage(1, 1, 1).createGraphics(); java.lang.management.ManagementFactory.getPlatformMBeanServer();
        if (javax.tools.ToolProvider.getSystemJavaCompiler() == null) return 0;
        return a + b;`
	eachDriver(t, func(t *testing.T, judge func(*testing.T, java.Program) *benchmark.VerdictResponse) {
		for name, body := range map[string]string{
			"Unsafe":                    unsafe,
			"dates of Java 8":           "return " + commas + " ? 0 : a + b;",
			"dates of today":            "return " + commas + " ? a + b : 0;",
			"Unsafe and dates of today": "if (!" + commas + ") return 0; " + unsafe,
		} {
			p := projectAdder(adderText(body))
			p.Reference = p.Text
			if got := judge(t, p); got.Outcome != benchmark.Passed {
				t.Errorf("%s: %s: %s", name, got.Outcome, got.Detail)
			}
		}
	})
}

// A reference fix that cannot be measured gives an error, and nothing is cached.
func TestReferencesThatCannotBeMeasured(t *testing.T) {
	for _, c := range []struct {
		name, reference string
		want            benchmark.Outcome
		detail          string
		test            string // in the place of AdderTest
	}{
		{"it fails", adderText("return 0;"), benchmark.Error, "the reference fix does not pass in this box: adds(AdderTest)", ""},
		{"it does not compile", "class", benchmark.Error, "the reference fix does not pass in this box: it does not compile", ""},
		{"it takes too long", adderText("while (true) { }"), benchmark.Error, "measure the reference fix: it is too slow here: the tests took more than 2000 ms, in adds(AdderTest)", ""},
		{"it exceeds a test's own limit", adderText("Thread.sleep(60_000); return a + b;"), benchmark.Error,
			"measure the reference fix: it is too slow here: a test reached its own time limit; the first failure is adds(AdderTest): org.junit.runners.model.TestTimedOutException",
			strings.ReplaceAll(onceTest, "@Test public", "@Test(timeout = 100) public")},
		{"it ends its JVM", adderText("Runtime.getRuntime().halt(0); return 0;"), benchmark.Error, "measure the reference fix: CRASHED", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			eachDriver(t, func(t *testing.T, judge func(*testing.T, java.Program) *benchmark.VerdictResponse) {
				p := adder(adderText("return a + b;"))
				p.Reference, p.Wall = c.reference, 2*time.Second
				if c.test != "" {
					p.Files["AdderTest.java"] = c.test
				}
				if got := judge(t, p); got.Outcome != c.want || !strings.Contains(got.Detail, c.detail) {
					t.Errorf("%s: %s", got.Outcome, got.Detail)
				}
			})
		})
	}
}
