package java_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/sdk/benchmark"
	"harness/plugins/benchmarks/java"
)

// Shareable programs run in the warm JVM, and a pass is confirmed in a fresh one. Others
// run only in a fresh one.
func TestShareablePrograms(t *testing.T) {
	confirmed := map[string]int64{"warm": 1, "fresh": 1, "passes confirmed": 1}
	retried := map[string]int64{"warm": 1, "fresh": 1} // the outcome in the warm JVM was not clean
	fresh := map[string]int64{"fresh": 1}
	many := map[string]int64{"fresh": 24} // the next JVM may come to another result
	timed := map[string]int64{"warm": 1, "fresh": 3, "passes confirmed": 1}
	const right = " return a + b;"
	cases := []struct {
		name, body string
		want       map[string]int64
	}{
		{"numbers", right, confirmed},
		{"collections and text", `Map<String, Integer> m = new TreeMap<>(); m.put("a" + a, a); System.out.println(String.format("%d", m.size()));` + right, confirmed},
		{"streams and lambdas", "return List.of(a, b).stream().mapToInt(Integer::intValue).sum();", confirmed},
		{"a record", "record Two(int a, int b) { } return new Two(a, b).equals(new Two(a, b)) ? a + b : 0;", confirmed},
		{"an exception that is caught", "try { return new int[2][3][b].length / (a - a); } catch (Exception e) { }" + right, confirmed},
		{"a copy", "return new int[] {a, b}.clone()[0] + b;", confirmed},
		{"the state of an instance", "Random r = new Random(1); r.nextInt();" + right, confirmed},
		{"a swallowed end of the stack", right + " } static int n; static { try { deep(); } catch (StackOverflowError e) { } } static void deep() { n++; deep();", retried},
		{"a swallowed end of memory", "try { return new int[Integer.MAX_VALUE].length; } catch (OutOfMemoryError e) { }" + right, retried},
		{"a class that cannot be used", "try { new Bad(); } catch (LinkageError e) { }" + right + " } static class Bad { static int n = new int[0].length / 0;", retried},
		{"a default", "Locale.setDefault(Locale.US);" + right, fresh},
		{"the time", "System.nanoTime();" + right, timed},
		{"a default, by reference", "java.util.function.Consumer<Locale> c = Locale::setDefault; c.accept(Locale.US);" + right, fresh},
		{"a default, by a method handle", `java.lang.invoke.MethodHandles.publicLookup();` + right, fresh},
		{"a method handle, by reference", "java.util.function.Supplier<Object> s = java.lang.invoke.MethodHandles::publicLookup; s.get();" + right, fresh},
		{"reflection", `Adder.class.getDeclaredMethods();` + right, fresh},
		{"a property", `System.setProperty("x", "y");` + right, fresh},
		{"identity", "System.identityHashCode(new Object());" + right, many},
		{"a thread", "new Thread(() -> { }).start();" + right, many},
		{"a timer", "new Timer().cancel();" + right, many},
		{"a future", "java.util.concurrent.CompletableFuture.runAsync(() -> { });" + right, many},
		{"threads of a stream", "List.of(a, b).parallelStream().count();" + right, many},
		{"threads of a stream, later", "List.of(a, b).stream().parallel().count();" + right, many},
		{"threads of a stream of numbers", "java.util.stream.StreamSupport.intStream(Spliterators.emptyIntSpliterator(), true).count();" + right, fresh},
		{"threads that sort", "Arrays.parallelSort(new int[] {a, b});" + right, many},
		{"threads that fill", "Arrays.parallelSetAll(new int[2], i -> i);" + right, many},
		{"threads that sum", "Arrays.parallelPrefix(new int[] {a, b}, (x, y) -> x + y);" + right, many},
		{"texts of all", `try { Texts.getBundle("none"); } catch (MissingResourceException e) { }` + right + " } static class Texts extends ListResourceBundle { public Object[][] getContents() { return null; }", fresh},
		{"a file", `new File("x").exists();` + right, fresh},
		{"a finalizer", right + " } protected void finalize() {", fresh},
	}
	eachDriver(t, func(t *testing.T, judge func(*testing.T, java.Program) *benchmark.VerdictResponse) {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				p := adder(adderText(c.body))
				// With the classes of the reference a program may be shareable.
				p.Reference = p.Text + "// the reference\n"
				got := judge(t, p)
				if got.Outcome != benchmark.Passed {
					t.Fatalf("%s: %s", got.Outcome, got.Detail)
				}
				if diff := cmp.Diff(c.want, got.Counts); diff != "" {
					t.Errorf("how it was judged (-want +got):\n%s", diff)
				}
			})
		}
	})
}

// A test is slow or not by its steps and its own limit, however fast this machine is.
func TestSlowPasses(t *testing.T) {
	const steps = 100_000_001
	eachDriver(t, func(t *testing.T, judge func(*testing.T, java.Program) *benchmark.VerdictResponse) {
		for limitMillis, want := range map[int]benchmark.Reason{0: 0, 1000: benchmark.Limit, 2000: 0} {
			p := adder(adderText("return a + b;"))
			p.Files["AdderTest.java"] = strings.NewReplacer(
				"@Test", fmt.Sprintf("@Test(timeout = %d)", limitMillis),
				"assertEquals(5", fmt.Sprintf("for (int i = 0; i < %d; i++) { } assertEquals(5", steps),
			).Replace(onceTest)
			if got := judge(t, p); got.Outcome != benchmark.Passed || got.Reason != want {
				t.Errorf("a limit of %d ms: %s, reason %v, want %v: %s", limitMillis, got.Outcome, got.Reason, want, got.Detail)
			}
		}
	})
}
