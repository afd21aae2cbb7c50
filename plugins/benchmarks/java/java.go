// Package java is shared by the Java benchmark plugins: it defines the box in which
// Java programs are compiled and tested, the requests to the service in it, and how
// its replies become verdicts. The host's core knows nothing of Java.
//
// # How a verdict is found
//
// The service (judge/*.java) compiles a bug's tests once, with the reference fix, and
// each candidate alone, in memory, with a compiler that stays warm. If a candidate
// changes what the tests compile against, both are compiled. Tests run in separate
// JVMs, never in the judge's. A candidate that uses only values, collections and text
// (judge/Shareable.java) runs first in a warm JVM that such candidates use in turn. A
// pass there is confirmed in a fresh JVM, and so are a sample of the failures and those
// that may depend on what the JVM did before; differences are counted. Endless calls end
// in the warm JVM by a count, too, which more calls than fit the stack of a fresh one
// exceed (judge/Steps.java), so that nothing of the platform fails for want of stack. All
// other candidates get a fresh JVM at once, and those whose results may differ from one
// JVM to the next (judge/Chance.java) get several. Tests of a project run in a copy of its
// folder, which stays for the next candidate as long as nothing in it changed
// (judge/Box.java).
//
// A candidate may compute, and do what the bug's own two versions do. judge/Reach.java
// reads its bytecode and replaces calls beyond that; judge/Fence.java is the security
// manager of test JVMs, which denies the rest while the candidate is on the stack. What
// the reference fix needs beyond computing is learned when it runs
// (judge/Baseline.java). Tests see only the classes of the bug's versions
// (judge/Suite.java), and objects are equal only if both say so (judge/Equality.java).
//
// The judge accepts only messages of a test JVM that begin with a secret, which the
// JVM gets before it loads any class of the candidate; it discards the candidate's own
// output. The run ends at the first test that fails.
//
// # Time
//
// A count ends loops, not a clock: the classes count each call and each jump
// backwards, and a test may take a large multiple of the steps that it takes with the
// reference fix (see [StepsFloor]). A candidate that takes more gets the verdict
// timeout, on every machine and under every load. A test's own limit
// (@Test(timeout = …), the rule Timeout) admits as many steps as an old machine takes in
// that time, and ends it if it waits that long, or computes three times as long where no
// steps are counted (judge/TimeLimit.java). In the run-time images of candidates, the loops
// of the platform's own collections, texts and numbers are counted, too
// (judge/Patch.java). The limit of the run applies in all cases.
//
// The compiler's limit is processor time. If the reference fix cannot be measured,
// because the machine is too busy, for example, the answer is an error.
//
// # The box
//
// The service runs only in a box (HARNESS_BOX=1, first or second process of its
// process namespace, /box a memory file system), and refuses to start elsewhere, since it
// deletes all files below /box between requests. It ends only the JVMs that it started
// and their children; if a candidate left other processes behind, it asks for the box
// to be destroyed. So it does if its own limits and scheduling, those of the box's first
// process, or what outlives processes are not what they were before the first candidate.
// Test JVMs run as another user, where the box has one (see package sandbox).
//
// A text that is too large is uncompilable. So is one that the compiler cannot manage,
// if it can manage the reference fix; if memory ran out in a box that was used before,
// the judge ends, and the harness asks a new box.
//
// The platform gives candidates no interface that reads memory, which holds the
// secrets. The exception are whole projects whose tests need sun.misc.Unsafe, as most
// libraries of mock objects do: they get it if the reference fix does not pass without
// it, and a hostile candidate can forge a pass there.
package java

import (
	"embed"
	"io/fs"
	"slices"

	"harness/core/sdk/benchmark"
)

//go:embed judge/*.java judge/platform judge/setup.sh
var judgeFiles embed.FS

// The environments: environmentID for programs, projectID for whole projects.
const (
	environmentID = "java17"
	projectID     = "java17-project"
)

const dockerfile = `FROM debian:bookworm-slim
ENV DEBIAN_FRONTEND=noninteractive
RUN apt-get update \
 && apt-get install -y --no-install-recommends openjdk-17-jdk-headless junit4 libasm-java librhino-java libjaxb-api-java \
 && rm -rf /var/lib/apt/lists/*
`

// Jars in every box, for Program.Classpath, that replace parts of JDK 8 which JDK 17
// lacks. All benchmarks share one environment, so that boxes stay warm between them.
const (
	// Rhino is a JavaScript engine, the one that Debian packages with its factory
	// for javax.script.
	Rhino = "/usr/share/java/js.jar"
	// XMLBinding is the interface of javax.xml.bind.
	XMLBinding = "/usr/share/java/jaxb-api.jar"
)

const (
	junitJar    = "/usr/share/java/junit4.jar"
	hamcrestJar = "/usr/share/java/hamcrest-core.jar"
	asmJar      = "/usr/share/java/asm.jar"

	programHeap = "-Xmx256m" // of the service that compiles programs
)

// Environment returns the environment with JDK 17 and JUnit 4.
func Environment() *benchmark.Environment {
	files := map[string][]byte{}
	// An embedded file system of plain files: neither walking nor reading fails.
	_ = fs.WalkDir(judgeFiles, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files[path], err = judgeFiles.ReadFile(path)
		return err
	})
	return &benchmark.Environment{
		Id:         environmentID,
		Dockerfile: dockerfile,
		Files:      files,
		Setup:      []string{"/bin/sh", "/opt/harness/judge/setup.sh", "programs"},
		Requirements: []*benchmark.Requirement{
			{Command: "java", Hint: "apt-get install openjdk-17-jdk-headless"},
			{Command: "javac", Hint: "apt-get install openjdk-17-jdk-headless"},
			{Path: junitJar, Hint: "apt-get install junit4"},
			{Path: hamcrestJar, Hint: "apt-get install libhamcrest-java"},
			{Path: asmJar, Hint: "apt-get install libasm-java"},
			{Path: Rhino, Hint: "apt-get install librhino-java"},
			{Path: XMLBinding, Hint: "apt-get install libjaxb-api-java"},
		},
		Service: []string{
			"/opt/harness/jre/bin/java",
			"-XX:SharedArchiveFile=/opt/harness/judge.jsa", "-Xshare:auto", "-XX:TieredStopAtLevel=1",
			programHeap, "-Xss1m", "-XX:+UseSerialGC", "-XX:ActiveProcessorCount=1",
			"-Xrs", // signals from inside the box do not end the service
			"-XX:-UsePerfData", "-XX:+DisableAttachMechanism", "-XX:-CreateCoredumpOnCrash", "-XX:ErrorFile=/dev/null",
			"-cp", "/opt/harness/judge.jar:" + junitJar + ":" + hamcrestJar + ":" + asmJar,
			"harness.judge.Judge", "/box",
		},
		Env: map[string]string{
			"PATH":   "/usr/local/bin:/usr/bin:/bin",
			"HOME":   "/box",
			"TMPDIR": "/box",
			"TZ":     "UTC",
			"LANG":   "C.UTF-8",
			"LC_ALL": "C.UTF-8",
		},
		SecondUser: true, // candidates
		Limits:     &benchmark.Limits{MemoryBytes: 2 << 30, Cpus: 1, Pids: 256, TmpfsBytes: 64 << 20},
	}
}

// ProjectEnvironment returns the environment for whole projects (see [Program]), with
// memory for a copy of a project and for compiling all of it.
func ProjectEnvironment() *benchmark.Environment {
	e := Environment()
	e.Id = projectID
	e.Setup[len(e.Setup)-1] = "projects"
	e.Service[slices.Index(e.Service, programHeap)] = "-Xmx1g"
	e.Limits.MemoryBytes = 4 << 30
	e.Limits.TmpfsBytes = 1 << 30
	return e
}
