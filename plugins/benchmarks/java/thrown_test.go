package java_test

import (
	"strings"
	"testing"

	"harness/core/sdk/benchmark"
	"harness/plugins/benchmarks/java"
)

// What JUnit treats as no failure, as a skipped test and as the end of the run.
const (
	throwsNone = "throw new None(); } static class None extends org.junit.runners.model.MultipleFailureException { None() { super(List.of(new Error())); } @Override public List<Throwable> getFailures() { return List.of(); }"
	throwsSkip = `throw new org.junit.AssumptionViolatedException("");`
	throwsStop = "throw new org.junit.runner.notification.StoppedByUserException();"
)

// Exceptions that JUnit does not report as failures are thrown in the last test of each
// kind of test class.
func TestWhateverIsThrownIsAFailure(t *testing.T) {
	const head = "import org.junit.*; import org.junit.runner.*; import org.junit.runners.*; import java.util.*;\n"
	const beforeClass = "@BeforeClass public static void prepare() throws Exception { Adder.add(1, -1); }"
	suites := []struct{ name, text string }{
		{"plain", "public class AdderTest { @Test public void a() throws Exception { Assert.assertEquals(3, Adder.add(1, 2)); } @Test public void b() throws Exception { Assert.assertEquals(0, Adder.add(1, -1)); } }"},
		{"with a time limit", "public class AdderTest { @Test(timeout = 1000) public void a() throws Exception { Assert.assertEquals(3, Adder.add(1, 2)); } @Test(timeout = 1000) public void b() throws Exception { Assert.assertEquals(0, Adder.add(1, -1)); } }"},
		{"with parameters", "@RunWith(Parameterized.class) public class AdderTest { @Parameterized.Parameters public static Object[] all() { return new Object[] {2, -1}; } @Parameterized.Parameter public int b; @Test public void a() throws Exception { Assert.assertEquals(1 + b, Adder.add(1, b)); } }"},
		{"of JUnit 3", "public class AdderTest extends junit.framework.TestCase { public void testA() throws Exception { assertEquals(3, Adder.add(1, 2)); } public void testB() throws Exception { assertEquals(0, Adder.add(1, -1)); } }"},
		{"with a tear-down", "public class AdderTest { @Test public void a() throws Exception { Assert.assertEquals(3, Adder.add(1, 2)); } @Test public void b() { } @After public void after() throws Exception { Adder.add(1, -1); } }"},
		{"with a set-up of the class", "@RunWith(org.junit.experimental.runners.Enclosed.class) public class AdderTest { public static class A { @Test public void a() { } } public static class B { " + beforeClass + " @Test public void b() { } } }"},
		{"with a tear-down of the class", "public class AdderTest { @Test public void a() { } " + strings.Replace(beforeClass, "Before", "After", 1) + " }"},
	}
	eachDriver(t, func(t *testing.T, judge func(*testing.T, java.Program) *benchmark.VerdictResponse) {
		for _, suite := range suites {
			text := head + suite.text
			for what, thrown := range map[string]string{"no failure": throwsNone, "a test to leave out": throwsSkip, "the end": throwsStop} {
				t.Run(suite.name+", "+what, func(t *testing.T) {
					body := "if (b < 0) fail(); return a + b; } static void fail() throws Exception { " + thrown
					p := adder(adderText(body))
					p.Files["AdderTest.java"] = text
					if got := judge(t, p); got.Outcome != benchmark.Failed {
						t.Errorf("got %s: %s", got.Outcome, got.Detail)
					}
				})
			}
			p := adder(adderText("return a + b;"))
			p.Files["AdderTest.java"] = text
			if got := judge(t, p); got.Outcome != benchmark.Passed {
				t.Errorf("%s: a right program: got %s: %s", suite.name, got.Outcome, got.Detail)
			}
		}
	})
}
