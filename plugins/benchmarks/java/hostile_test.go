package java_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"harness/core/sdk/benchmark"
	"harness/plugins/benchmarks/java"
)

// adderTest is passed by a program that adds, and takes longer than any time
// limit of its own.
const adderTest = `
import static org.junit.Assert.assertEquals;
import org.junit.Test;

public class AdderTest {
    @Test public void adds() { assertEquals(5, Adder.add(2, 3)); }
    @Test public void addsNegatives() { assertEquals(-1, Adder.add(2, -3)); }
}
`

// adder is a program whose add has the given body.
func adder(body string) java.Program {
	return java.Program{
		Files: map[string]string{
			"Adder.java":     "import java.io.*; import java.net.*; import java.nio.file.*; import java.util.*;\npublic class Adder {\n    public static int add(int a, int b) {\n" + body + "\n    }\n}\n",
			"AdderTest.java": adderTest,
		},
		TestClasses: []string{"AdderTest"},
		HeapMiB:     128,
		Wall:        2 * time.Second,
	}
}

// attempt is a body that tries something, and answers right only if it worked.
func attempt(code string) string {
	return "try { " + code + " } catch (Throwable e) { throw new RuntimeException(\"contained: \" + e); }\nreturn a + b;"
}

func TestHostileCandidates(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "oracle")
	if err := os.WriteFile(secret, []byte("the reference fix"), 0o644); err != nil {
		t.Fatal(err)
	}
	// A verdict of 0 is any but passed and error.
	cases := []struct {
		name, body string
		want       benchmark.Outcome
		detail     string
	}{
		{"leaves by System.exit(0)", `System.exit(0); return a + b;`, benchmark.Crashed, "exit code 0"},
		{"halts", `Runtime.getRuntime().halt(0); return 0;`, benchmark.Crashed, "exit code 0"},
		{"prints what JUnit prints", `System.out.println("OK (2 tests)"); System.out.println("{\"outcome\":\"passed\"}"); return 0;`, benchmark.Failed, "expected:<5>"},
		{"closes the pipe", `try { new FileOutputStream(FileDescriptor.out).close(); } catch (IOException e) { } return a + b;`, benchmark.Crashed, ""},
		{"chats without end", `FileOutputStream out = new FileOutputStream(FileDescriptor.out); try { byte[] junk = new byte[1 << 20]; for (int i = 0; i < 64; i++) out.write(junk); } catch (IOException e) { } return 0;`, benchmark.Failed, "expected:<5>"},
		{"reads back its own pipe and answers", `Thread t = new Thread(() -> { try { FileInputStream in = new FileInputStream("/proc/self/fd/1"); FileOutputStream out = new FileOutputStream("/proc/self/fd/1"); byte[] got = new byte[4096]; for (int n; (n = in.read(got)) > 0; ) { out.write(got, 0, n); } } catch (IOException e) { } }); t.setDaemon(true); t.start(); try { Thread.sleep(200); } catch (InterruptedException e) { } return 0;`, benchmark.Failed, "expected:<5>"},
		{"loops for ever", `while (true) { }`, benchmark.Timeout, "2000 ms"},
		{"starts threads without end", `for (int i = 0; ; i++) { Thread t = new Thread(() -> { try { Thread.sleep(1000000); } catch (InterruptedException e) { } }); t.start(); }`, benchmark.Failed, "OutOfMemoryError"},
		{"hoards heap", `List<byte[]> all = new ArrayList<>(); while (true) all.add(new byte[1 << 20]);`, benchmark.Failed, "OutOfMemoryError"},
		{"hoards memory outside the heap", attempt(`java.lang.reflect.Field f = Class.forName("sun.misc.Unsafe").getDeclaredField("theUnsafe"); f.setAccessible(true); sun.misc.Unsafe u = (sun.misc.Unsafe) f.get(null); for (int i = 0; i < 4096; i++) { long p = u.allocateMemory(1 << 20); u.setMemory(p, 1 << 20, (byte) 1); }`), 0, ""},
		{"crashes the JVM", attempt(`java.lang.reflect.Field f = Class.forName("sun.misc.Unsafe").getDeclaredField("theUnsafe"); f.setAccessible(true); ((sun.misc.Unsafe) f.get(null)).putAddress(0, 0);`), benchmark.Crashed, "exit code"},
		{"opens a connection", attempt(`try (Socket s = new Socket()) { s.connect(new InetSocketAddress("1.1.1.1", 53), 2000); }`), benchmark.Failed, "contained"},
		{"looks up a name", attempt(`InetAddress.getByName("example.org");`), benchmark.Failed, "contained"},
		{"reads a host file", attempt(`Files.readString(Path.of("` + secret + `"));`), benchmark.Failed, "contained"},
		{"reads passwords", attempt(`Files.readString(Path.of("/etc/shadow"));`), benchmark.Failed, "contained"},
		{"reads the judge's environment", attempt(`Files.readAllBytes(Path.of("/proc/" + ProcessHandle.current().parent().get().pid() + "/environ"));`), benchmark.Failed, "contained"},
		{"opens the judge's pipes", attempt(`new FileOutputStream("/proc/" + ProcessHandle.current().parent().get().pid() + "/fd/1").write(new byte[4]);`), benchmark.Failed, "contained"},
		{"writes to the judge", attempt(`Files.writeString(Path.of("/opt/harness/judge.jar"), "x");`), benchmark.Failed, "contained"},
		{"writes to the system", attempt(`Files.writeString(Path.of("/usr/bin/owned"), "x");`), benchmark.Failed, "contained"},
		{"writes to /tmp", attempt(`Files.writeString(Path.of("/tmp/owned"), "x");`), benchmark.Failed, "contained"},
		{"fills the disk", attempt(`try (OutputStream out = Files.newOutputStream(Path.of("/box/big"))) { byte[] block = new byte[1 << 20]; for (int i = 0; i < 4096; i++) out.write(block); }`), benchmark.Failed, "contained"},
		{"recurses without end", `return add(a, b - 1) + 1;`, benchmark.Failed, "StackOverflowError"},
		{"kills its parent", attempt(`new ProcessBuilder("/bin/kill", "-9", "" + ProcessHandle.current().parent().get().pid()).start().waitFor(); Thread.sleep(1000); if (a > 0) throw new Exception("still here");`), 0, ""},
		{"leaves a process behind", attempt(`new ProcessBuilder("/bin/sh", "-c", "sleep 1000 & sleep 1000 &").start().waitFor();`), benchmark.Passed, ""},
		{"forks without end", attempt(`Files.writeString(Path.of("/box/bomb"), "#!/bin/sh\n/bin/sh /box/bomb & /bin/sh /box/bomb &\n"); new ProcessBuilder("/bin/sh", "/box/bomb").start().waitFor(); Thread.sleep(1000); if (a > 0) throw new Exception("still here");`), 0, ""},
		{"swallows everything", `while (true) { try { while (true) { Thread.sleep(1000); } } catch (Throwable e) { } }`, benchmark.Timeout, "2000 ms"},
		{"hooks the shutdown", `Runtime.getRuntime().addShutdownHook(new Thread(() -> { while (true) { } })); System.exit(0); return 0;`, benchmark.Timeout, "2000 ms"},
		{"brings its own test class", `return 0; } } class AdderTest { public static void main(String[] a) { } static int x() { return 0;`, benchmark.Uncompilable, "duplicate class"},
		{"brings its own JUnit", `return 0; } } class Assert { static void assertEquals(long a, long b) { } static int x() { return 0;`, benchmark.Failed, "expected:<5>"},
		{"hides code in unicode escapes", `\u0053ystem.exit(0); return a + b;`, benchmark.Crashed, "exit code 0"},
		{"is a huge constant", `return "` + strings.Repeat("x", 200_000) + `".length();`, benchmark.Uncompilable, "constant string too long"},
		{"nests too deeply for the compiler", "return " + strings.Repeat("(", 500_000) + "a + b" + strings.Repeat(")", 500_000) + ";", benchmark.Uncompilable, "nested too deeply"},
	}
	eachDriver(t, func(t *testing.T, judge func(*testing.T, java.Program) *benchmark.VerdictResponse) {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				p := adder(c.body)
				if c.want != benchmark.Timeout {
					p.Wall = time.Minute // what takes long on a busy machine is no timeout
				}
				got := judge(t, p)
				if c.want != 0 && got.Outcome != c.want || !strings.Contains(got.Detail, c.detail) {
					t.Errorf("got %s: %s", got.Outcome, got.Detail)
				}
				if c.want == 0 && (got.Outcome == benchmark.Passed || got.Outcome == benchmark.Error) {
					t.Errorf("got %s: %s", got.Outcome, got.Detail)
				}
				// The one after it must not suffer.
				if next := judge(t, adder("return a + b;")); next.Outcome != benchmark.Passed {
					t.Errorf("the good candidate after it: %s: %s", next.Outcome, next.Detail)
				}
			})
		}
	})
}

func TestFilesOfACandidateDoNotReachTheNext(t *testing.T) {
	leave := attempt(`Files.createDirectories(Path.of("/box/a/b")); Files.writeString(Path.of("/box/a/b/note"), "x"); Files.createSymbolicLink(Path.of("/box/link"), Path.of("/opt/harness")); new File("/box/a/b").setReadable(false); new File("/box/a").setWritable(false);`)
	find := attempt(`String[] left = new File("/box").list(); if (left.length > 0) throw new Exception(Arrays.toString(left));`)
	eachDriver(t, func(t *testing.T, judge func(*testing.T, java.Program) *benchmark.VerdictResponse) {
		for i := range 3 {
			one := adder(leave)
			one.Files["AdderTest.java"] = onceTest
			if got := judge(t, one); got.Outcome != benchmark.Passed {
				t.Fatalf("leaving files, %d: %s: %s", i, got.Outcome, got.Detail)
			}
			if got := judge(t, adder(find)); got.Outcome != benchmark.Passed {
				t.Fatalf("finding files, %d: %s: %s", i, got.Outcome, got.Detail)
			}
		}
	})
}

const onceTest = `
import static org.junit.Assert.assertEquals;
import org.junit.Test;

public class AdderTest {
    @Test public void adds() { assertEquals(5, Adder.add(2, 3)); }
}
`

func TestVerdicts(t *testing.T) {
	with := func(test string) java.Program {
		p := adder("return a + b;")
		p.Files["AdderTest.java"] = test
		return p
	}
	cases := []struct {
		name    string
		program java.Program
		want    benchmark.Outcome
		detail  string
	}{
		{"a right program", adder("return a + b;"), benchmark.Passed, "2 tests"},
		{"a wrong program", adder("return a - b;"), benchmark.Failed, "adds(AdderTest): java.lang.AssertionError: expected:<5> but was:<-1>"},
		{"a program that does not compile", adder("return a + ;"), benchmark.Uncompilable, "Adder.java:4: illegal start of expression"},
		{"a changed signature", java.Program{Files: map[string]string{"Adder.java": "public class Adder { static String add(int a) { return null; } }", "AdderTest.java": adderTest}, TestClasses: []string{"AdderTest"}}, benchmark.Uncompilable, "the tests do not compile against it"},
		{"a test's own time limit", with(strings.ReplaceAll(onceTest, "@Test public void adds() {", "@Test(timeout = 300) public void adds() { while (true) ")), benchmark.Failed, "test timed out after 300 milliseconds"},
		{"a test that waits beyond its own time limit", with(strings.ReplaceAll(onceTest, "@Test public void adds() {", "@Test(timeout = 300) public void adds() throws Exception { Thread.sleep(1000000); ")), benchmark.Failed, "test timed out after 300 milliseconds"},
		{"an exception within a time limit", with(strings.ReplaceAll(onceTest, "@Test public void adds() {", "@Test(timeout = 3000, expected = IllegalStateException.class) public void adds() { if (Adder.add(1, 1) == 2) throw new IllegalStateException(); ")), benchmark.Passed, ""},
		{"set-up and tear-down", with(strings.ReplaceAll(onceTest, "@Test public void adds() {", "static String log = \"\"; @org.junit.Before public void before() { log += \"b\"; } @org.junit.AfterClass public static void after() { assertEquals(\"b\", log); } @Test(timeout = 3000) public void adds() {")), benchmark.Passed, ""},
		{"no test", with("public class AdderTest { }"), benchmark.Failed, ""},
		{"only ignored tests", with(strings.ReplaceAll(onceTest, "@Test", "@org.junit.Ignore @Test")), benchmark.Failed, "no test ran"},
		{"a missing test class", with("class Other { }"), benchmark.Error, "test class AdderTest"},
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
	for _, p := range []java.Program{{}, {Files: map[string]string{"A.java": "class A { }"}}} {
		if _, err := java.Check(p); err == nil {
			t.Error(fmt.Sprint("taken: ", p))
		}
	}
}
