package programstest

import (
	"encoding/base64"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"harness/core/needs"
	"harness/core/sandbox"
	"harness/core/sandbox/sandboxtest"
	"harness/core/sdk/benchmark"
)

// silent takes the name of the class with which JUnit tells its listeners of a
// failure, and tells nothing.
const silent = `package org.junit.runner.notification;
class RunNotifier$6 {
    RunNotifier$6(RunNotifier notifier, java.util.List<?> listeners, java.util.List<?> failures) { }
    void run() { }
}
`

// forgers are static blocks with which a wrong program would pass, if it could define
// the class CLASS in JUnit's package.
var forgers = map[string]string{
	"directly": `static { try {
		java.lang.invoke.MethodHandles.privateLookupIn(Class.forName("org.junit.runner.notification.RunNotifier"), java.lang.invoke.MethodHandles.lookup()).defineClass(java.util.Base64.getDecoder().decode("CLASS"));
	} catch (Throwable e) { } }`,
	"by reference": `interface Define { Class<?> define(byte[] b) throws Throwable; }
	interface Look { java.lang.invoke.MethodHandles.Lookup look(Class<?> c, java.lang.invoke.MethodHandles.Lookup l) throws Throwable; }
	interface Own { java.lang.invoke.MethodHandles.Lookup own(); }
	interface Find { Class<?> find(String name) throws Throwable; }
	static { try {
		Look look = java.lang.invoke.MethodHandles::privateLookupIn; Own own = java.lang.invoke.MethodHandles::lookup; Find find = Class::forName;
		Define define = look.look(find.find("org.junit.runner.notification.RunNotifier"), own.own())::defineClass;
		define.define(java.util.Base64.getDecoder().decode("CLASS"));
	} catch (Throwable e) { } }`,
	"by reflection": `static { try {
		Class<?> handles = Class.forName("java.lang.invoke.MethodHandles");
		Object own = handles.getMethod("lookup").invoke(null);
		Object lookup = handles.getMethod("privateLookupIn", Class.class, own.getClass()).invoke(null, Class.forName("org.junit.runner.notification.RunNotifier"), own);
		lookup.getClass().getMethod("defineClass", byte[].class).invoke(lookup, (Object) java.util.Base64.getDecoder().decode("CLASS"));
	} catch (Throwable e) { } }`,
}

var classHead = regexp.MustCompile(`(?m)^public (?:final )?(?:class|record) \w+[^{]*\{`)

// forged checks that no buggy program passes by one static block.
func (s Suite) forged(t *testing.T) {
	needs.Slow(t)
	class := compiled(t, "org/junit/runner/notification/RunNotifier$6", silent)
	f := s.Fetched(t)
	records := f.Records(t)
	sandboxtest.One(t, func(t *testing.T, _ string, pool *sandbox.Pool) {
		judge := f.judge(t, pool)
		for name, block := range forgers {
			block = "\n" + strings.ReplaceAll(block, "CLASS", class) + "\n"
			denied, tried := 0, 0
			for n, id := range slices.Sorted(maps.Keys(records)) {
				if name != "directly" && n%5 != 0 {
					continue // the other ways differ in what calls, not in what is called
				}
				tried++
				record := records[id]
				text := record.Bug.Text
				at := classHead.FindStringIndex(text)
				if at == nil {
					t.Fatalf("%s has no public class", id)
				}
				switch v := judge(id, text[:at[1]]+block+text[at[1]:]); {
				case v.Outcome == benchmark.Passed, v.Outcome == benchmark.Error:
					t.Errorf("%s, %s: %s: %s", id, name, v.Outcome, v.Detail)
				case v.Reason == benchmark.Forbidden:
					denied++
				}
			}
			t.Logf("%s: %d of %d buggy programs fail after they were denied what they tried; none passes", name, denied, tried)
			if denied < tried/2 {
				t.Errorf("%s: only %d of %d programs were denied anything: is the block still an attack?", name, denied, tried)
			}
		}
	})
}

// compiled returns the class file of a class, in Base64.
func compiled(t *testing.T, class, source string) string {
	t.Helper()
	const junit = "/usr/share/java/junit4.jar"
	needs.Installed(t, "apt-get install openjdk-17-jdk-headless junit4", "javac", junit)
	dir := t.TempDir()
	path := filepath.Join(dir, filepath.Base(class)+".java")
	if err := os.WriteFile(path, []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "javac", "-nowarn", "-cp", junit, "-d", dir, path).CombinedOutput(); err != nil {
		t.Fatalf("javac: %v: %s", err, out)
	}
	file, err := os.ReadFile(filepath.Join(dir, class+".class"))
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(file)
}
