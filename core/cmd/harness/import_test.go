package main_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"harness/core/needs"
)

// till is a small project in Maven's layout. Its commits are: the bug of total, its fix
// with a test, the bug of change, its fix with a test.
var till = map[string]string{
	"pom.xml": `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>till</groupId>
  <artifactId>till</artifactId>
  <version>1</version>
  <properties>
    <maven.compiler.source>8</maven.compiler.source>
    <maven.compiler.target>8</maven.compiler.target>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
  </properties>
  <dependencies>
    <dependency>
      <groupId>junit</groupId>
      <artifactId>junit</artifactId>
      <version>4.x</version>
      <scope>test</scope>
    </dependency>
  </dependencies>
</project>
`,
	"src/main/resources/till/currency.txt": "cent\n",
	"src/main/java/till/Till.java": `package till;

import java.io.InputStream;

public class Till {
    /** The sum of prices, in cents. */
    public static long total(int[] prices) {
        long sum = 0;
        for (int i = 1; i < prices.length; i++) {
            sum += prices[i];
        }
        return sum;
    }

    /** What is left of a note. */
    public static long change(long note, long total) {
        return total - note;
    }

    public static boolean hasCurrency() {
        InputStream in = Till.class.getResourceAsStream("currency.txt");
        return in != null;
    }
}
`,
	"src/test/java/till/CurrencyTest.java": `package till;

import static org.junit.Assert.assertTrue;
import org.junit.Test;

public class CurrencyTest {
    @Test
    public void isThere() {
        assertTrue(Till.hasCurrency());
    }
}
`,
}

// commitTill makes the repository, and returns its commits.
func commitTill(t *testing.T, dir string) []string {
	t.Helper()
	needs.Installed(t, "apt-get install git openjdk-17-jdk-headless junit4", "git", "javac", "/usr/share/java/junit4.jar")
	git := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir, "-c", "user.name=a", "-c", "user.email=a@b.c"}, args...)...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	git("init", "-q")
	const file = "src/main/java/till/Till.java"
	text := till[file]
	test := func(name, body string) string {
		return "package till;\n\nimport static org.junit.Assert.assertEquals;\nimport org.junit.Test;\n\npublic class " + name + " {\n    @Test\n    public void isRight() {\n        " + body + "\n    }\n}\n"
	}
	var commits []string
	for _, change := range []map[string]string{
		till,
		{file: strings.Replace(text, "i = 1", "i = 0", 1), "src/test/java/till/TotalTest.java": test("TotalTest", "assertEquals(6, Till.total(new int[] {1, 2, 3}));")},
		{"README": "A till.\n"},
		{
			file:                                 strings.Replace(strings.Replace(text, "i = 1", "i = 0", 1), "total - note", "note - total", 1),
			"src/test/java/till/ChangeTest.java": test("ChangeTest", "assertEquals(2, Till.change(5, 3));"),
		},
	} {
		for name, content := range change {
			full := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(full, []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		git("add", "-A")
		git("commit", "-q", "-m", "change")
		commits = append(commits, git("rev-parse", "HEAD"))
	}
	return commits
}

// Bugs of a repository are imported, and judged like others.
func TestImportBugs(t *testing.T) {
	repository := filepath.Join(t.TempDir(), "till")
	if err := os.Mkdir(repository, 0o755); err != nil {
		t.Fatal(err)
	}
	commits := commitTill(t, repository)
	to := filepath.Join(t.TempDir(), "bugs")
	bring := func(buggy, fixed string, more ...string) result {
		return harness(t, append([]string{"benchmarks", "import", "--repo", repository, "--buggy", buggy, "--fixed", fixed, "--to", to}, more...)...)
	}
	says := func(r result, want string) {
		t.Helper()
		if !strings.Contains(r.stdout+r.stderr, want) {
			t.Errorf("it does not say %q:\n%s%s", want, r.stdout, r.stderr)
		}
	}
	says(bring(commits[0], commits[1], "--build", "javac").want(t, 0), "till-1: 1 of 2 tests fail with the bug; the fix changes one file, in "+to)
	says(bring(commits[2], commits[3], "--build", "javac").want(t, 0), "till-2: 1 of 3 tests fail with the bug")
	says(bring(commits[0], commits[1], "--build", "javac").want(t, 0), "till-1 is already there")

	says(bring(commits[1], commits[2], "--build", "javac").want(t, 1), "no test fails with the buggy version and passes with the fixed one; 2 tests of 2 classes ran")
	says(bring("HEAD~1", commits[1]).want(t, 1), "--buggy HEAD~1 is no complete commit")
	says(bring(commits[0], commits[3], "--build", "ant").want(t, 1), "--build ant: expected maven, gradle or javac")
	says(bring(commits[0], commits[3], "--tests", "tests").want(t, 1), "has no folder of tests; name it with --tests")
	says(bring(commits[0], commits[3], "--build", "javac", "--test-class", "till.NoTest").want(t, 1), "--test-class till.NoTest: there is no such test class")
	entries, err := os.ReadDir(to)
	if err != nil || len(entries) != 2 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}

	r := harness(t, "benchmarks", "check", "defects4j", "--store", t.TempDir(), "--set", "source="+to, "--sandbox", "bubblewrap")
	r.want(t, 0)
	says(r, "2 of 2")
}

// The build of the repository runs where Maven can work offline.
func TestSlowImportByMaven(t *testing.T) {
	needs.Slow(t)
	const local = "/usr/share/maven-repo"
	needs.Installed(t, "make maven", "mvn", filepath.Join(local, "org/apache/maven/plugins/maven-dependency-plugin"))
	repository := filepath.Join(t.TempDir(), "till")
	if err := os.Mkdir(repository, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Mkdir(filepath.Join(repository, ".mvn"), 0o755),
		os.WriteFile(filepath.Join(repository, ".mvn", "maven.config"), []byte("-Dmaven.repo.local="+local+"\n"), 0o644)); err != nil {
		t.Fatal(err)
	}
	commits := commitTill(t, repository)
	to := filepath.Join(t.TempDir(), "bugs")
	r := harness(t, "benchmarks", "import", "--repo", repository, "--buggy", commits[0], "--fixed", commits[1], "--to", to)
	r.want(t, 0)
	if !strings.Contains(r.stderr, "by maven") || !strings.Contains(r.stdout, "till-1: 1 of 2 tests fail") {
		t.Errorf("it says:\n%s%s", r.stdout, r.stderr)
	}
}
