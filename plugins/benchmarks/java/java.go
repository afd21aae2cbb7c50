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
// that may depend on what the JVM did before; differences are counted. All other
// candidates get a fresh JVM at once, and those whose results may differ from one JVM
// to the next (judge/Chance.java) get several.
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
// steps are counted (judge/TimeLimit.java). In the run-time image for programs, the
// loops of the platform's own collections, texts and numbers are counted, too
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
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"harness/core/sdk/benchmark"
	"harness/core/sdk/javasource"
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

// Program is a candidate with its tests: a program of a few files, or one file of a
// project.
type Program struct {
	// Path and Text are the candidate's file. Candidates with the same tokens are the
	// same program; see javasource.Digest.
	Path, Text string
	// Files are further sources by path, the same for all candidates of a bug: tests
	// and helpers.
	Files map[string]string
	// Reference is the text of the file with the reference fix. Only the judge gets it,
	// whose memory no candidate can read. Without it nothing is compiled in advance.
	Reference string
	// Buggy is the text of the file before any fix. A candidate may do what it does, and
	// what the reference fix does, and compute.
	Buggy string
	// Tests are the names of JUnit classes, or Class::method.
	Tests []string
	// HeapMiB of the JVM that runs the tests. Zero: 512.
	HeapMiB int
	// Wall is the time limit of all tests together, by the clock. Zero: one minute. On a
	// machine so busy that they get less processor time than Wall in that time, they may
	// take up to three times as long.
	Wall time.Duration
	// Classpath names jars and folders of classes inside the box.
	Classpath []string
	Project   *Project
}

// Project is the compiled project that contains a candidate's file. Its folders are in
// the box (see benchmark.Mount).
type Project struct {
	// Tree is the project's folder. Tests run in a copy of it.
	Tree string
	// Original is the text of the candidate's file with which the class path was
	// compiled.
	Original string
	// Sources are the folders of sources and tests below Tree. They are compiled if a
	// candidate changes a signature or a constant.
	Sources []string
	// Options of javac: "-source", "8", "-encoding", "ISO-8859-1".
	Options []string
	// Env holds additional environment variables of the tests.
	Env map[string]string
	// Forgiven are tests (Class, or Class::method) whose failures do not count, since
	// they also fail with the reference fix.
	Forgiven []string
	// Known are tests that fail in the buggy version. With All, the tests go on after
	// the first failure, and the reply counts new failures apart from known ones.
	Known []string
	All   bool
	// ReferenceMayFail is set if the reference fix alone does not pass, since the bug's
	// fix changes other files, too.
	ReferenceMayFail bool
}

// The step budget of a test, in calls of methods and jumps backwards: StepsFactor times
// the steps of the most expensive test with the reference fix, but at least StepsFloor,
// and at most StepsCap (some ten seconds) or StepsCapFactor times the reference's steps,
// whichever is more. With a larger budget the clock would decide the verdict, since the
// limit of the run would come first.
const (
	StepsFloor     = 20_000_000
	StepsFactor    = 1_000
	StepsCap       = 2_000_000_000
	StepsCapFactor = 50
)

const (
	defaultHeapMiB = 512
	defaultWall    = time.Minute
	// busyFactor is the factor by which tests and the compiler may exceed their limits by
	// the clock on a busy machine: BUSY_FACTOR in judge/TestJvm.java.
	busyFactor = 3
	// compileLimit is for one compilation, in processor time.
	compileLimit, projectCompileLimit = 30 * time.Second, 2 * time.Minute
	startLimit                        = time.Minute // for a JVM to start, by the clock
	// slack is for work without a limit of its own, such as copying a project.
	slack = time.Minute
)

// boxLimit returns the time limit of a request. The first request about a bug compiles
// the tests, then the reference fix and the candidate, each alone, and again with all
// sources if that is not enough. It runs both: the candidate in a warm and in a fresh
// JVM, the reference fix of a project with each Platform of judge/Jvms.java.
func boxLimit(wall, compile time.Duration, project bool) time.Duration {
	const compilations = 5
	runs := time.Duration(4)
	if project {
		runs = 6
	}
	return busyFactor*(compilations*compile+runs*wall) + runs*startLimit + slack
}

type request struct {
	Candidate struct {
		Path string `json:"path"`
		Text string `json:"text"`
	} `json:"candidate"`
	Files     map[string]string `json:"files,omitempty"`
	Reference string            `json:"reference,omitempty"`
	Buggy     string            `json:"buggy,omitempty"`
	Tests     []string          `json:"tests"`
	HeapMiB   int               `json:"heapMiB"`
	// Limits, in milliseconds.
	WallMillis    int64 `json:"wallMillis"`
	StartMillis   int64 `json:"startMillis"`
	CompileMillis int64 `json:"compileMillis"`

	StepsFloor     int64             `json:"stepsFloor"`
	StepsFactor    int64             `json:"stepsFactor"`
	StepsCap       int64             `json:"stepsCap"`
	StepsCapFactor int64             `json:"stepsCapFactor"`
	Classpath      []string          `json:"classpath,omitempty"`
	Tree           string            `json:"tree,omitempty"`
	Original       string            `json:"original,omitempty"`
	Sources        []string          `json:"sources,omitempty"`
	Options        []string          `json:"options,omitempty"`
	Env            map[string]string `json:"environment,omitempty"`
	Forgiven       []string          `json:"forgiven,omitempty"`
	Known          []string          `json:"known,omitempty"`
	All            bool              `json:"all,omitempty"`
	MayFail        bool              `json:"referenceMayFail,omitempty"`
}

// Check returns the request to run a program's tests.
func Check(p Program) (*benchmark.CheckResponse, error) {
	if p.Path == "" || len(p.Tests) == 0 {
		return nil, fmt.Errorf("check a Java program: expected a file and tests; got the file %q and %d tests", p.Path, len(p.Tests))
	}
	if p.HeapMiB <= 0 {
		p.HeapMiB = defaultHeapMiB
	}
	if p.Wall <= 0 {
		p.Wall = defaultWall
	}
	environment, compile := environmentID, compileLimit
	if p.Project != nil {
		environment, compile = projectID, projectCompileLimit
	}
	r := request{
		Files: p.Files, Reference: p.Reference, Buggy: p.Buggy, Tests: p.Tests, HeapMiB: p.HeapMiB,
		WallMillis: max(1, p.Wall.Milliseconds()), StartMillis: startLimit.Milliseconds(), CompileMillis: compile.Milliseconds(),
		Classpath: p.Classpath, StepsFloor: StepsFloor, StepsFactor: StepsFactor, StepsCap: StepsCap, StepsCapFactor: StepsCapFactor,
	}
	r.Candidate.Path, r.Candidate.Text = p.Path, p.Text
	if project := p.Project; project != nil {
		r.Tree, r.Original, r.Sources, r.Options, r.Env = project.Tree, project.Original, project.Sources, project.Options, project.Env
		r.Forgiven, r.Known, r.All, r.MayFail = project.Forgiven, project.Known, project.All, project.ReferenceMayFail
	}
	payload, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("check a Java program: %w", err)
	}
	// The same program with other comments gets the same verdict.
	program := javasource.Digest(p.Text)
	r.Candidate.Text = program
	decides, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("check a Java program: %w", err)
	}
	key := sha256.Sum256(decides)
	return &benchmark.CheckResponse{
		Environment: environment, Payload: payload, TimeoutMs: boxLimit(p.Wall, compile, p.Project != nil).Milliseconds(),
		Program: program, VerdictKey: hex.EncodeToString(key[:]),
	}, nil
}

// Reply is the service's answer.
type Reply struct {
	// Outcome is passed, failed, uncompilable, timeout, crashed, flaky or error.
	Outcome string `json:"outcome"`
	Detail  string `json:"detail"`
	// Reference reports whether the reference fix passes in this box. If not, the
	// failures of candidates may have other causes.
	Reference bool `json:"reference"`
	Compile   struct {
		OK       bool   `json:"ok"`
		Messages string `json:"messages"`
		// Stage is "test" if the first error is not in the candidate's file, because the
		// patch changed what the tests call. Otherwise it is "program".
		Stage string `json:"stage"`
	} `json:"compile"`
	Tests struct {
		// Run counts the tests that ran, including failed ones. Expected counts those that
		// run with the reference fix; 0 is unknown.
		Run      int `json:"run"`
		Expected int `json:"expected"`
		Failed   int `json:"failed"`
		// New counts failures of tests that do not fail in the buggy version.
		New int `json:"new"`
		// Slow: a test took more steps than an old machine can take within the test's
		// own time limit (100 million a second). It may fail where the clock decides.
		Slow         bool `json:"slow"`
		FirstFailure struct {
			Test      string `json:"test"`
			Exception string `json:"exception"`
			Message   string `json:"message"`
		} `json:"firstFailure"`
	} `json:"tests"`
	// Denied is the first call that the candidate was denied, since it is beyond what the
	// bug's versions do; or empty.
	Denied string `json:"denied"`
	// Looked: the candidate read its own stack trace, which tells who called.
	Looked bool `json:"looked"`
	// Counts are the runs behind the verdict: "warm", "fresh", "passes confirmed",
	// "failures confirmed", "differences".
	Counts map[string]int64 `json:"counts"`
}

// Verdict turns the result of the sandbox into an outcome: the service's frame, or
// the failure ([benchmark.BoxTimeout] and the like) with its detail if there is none.
//
// A test that exceeds its own time limit has failed; timeout is the limit of the
// whole run. The service's outcome error, and an answer that cannot be read, are
// failures of the harness, not of the candidate.
func Verdict(frame []byte, failure, detail string) *benchmark.VerdictResponse {
	switch failure {
	case "":
	case benchmark.BoxTimeout:
		return verdict(benchmark.Timeout, benchmark.Limit, "the box: "+detail)
	case benchmark.BoxDied:
		return verdict(benchmark.Crashed, unknown, "the box died: "+detail)
	case benchmark.BoxOOM:
		return verdict(benchmark.Crashed, benchmark.Memory, "the box ran out of memory: "+detail)
	case benchmark.BoxTooLarge:
		return verdict(benchmark.Uncompilable, unknown, "too large: "+detail)
	default:
		return verdict(benchmark.Error, unknown, fmt.Sprintf("the sandbox reports %q: %s", failure, detail))
	}
	var r Reply
	if err := json.Unmarshal(frame, &r); err != nil {
		return verdict(benchmark.Error, unknown, fmt.Sprintf("read the judge's answer: %v", err))
	}
	v := verdictOf(r)
	v.Counts = r.Counts
	return v
}

func verdictOf(r Reply) *benchmark.VerdictResponse {
	switch r.Outcome {
	case "passed":
		if !r.Compile.OK || r.Tests.Run < 1 || r.Tests.Failed != 0 {
			return verdict(benchmark.Error, unknown, "the judge's answer contradicts itself")
		}
		detail := fmt.Sprintf("%d tests", r.Tests.Run)
		if r.Denied != "" {
			detail += "; denied, and not needed: " + r.Denied
		}
		return verdict(benchmark.Passed, reason(r), detail)
	case "failed":
		return verdict(benchmark.Failed, reason(r), r.Detail)
	case "uncompilable":
		if r.Compile.Stage == "test" {
			return verdict(benchmark.Uncompilable, reason(r), "the tests do not compile with the patch: "+r.Detail)
		}
		return verdict(benchmark.Uncompilable, reason(r), r.Detail)
	case "timeout":
		return verdict(benchmark.Timeout, reason(r), r.Detail)
	case "flaky":
		return verdict(benchmark.Flaky, reason(r), r.Detail)
	case "crashed":
		return verdict(benchmark.Crashed, reason(r), r.Detail)
	case "error":
		return verdict(benchmark.Error, unknown, r.Detail)
	}
	return verdict(benchmark.Error, unknown, fmt.Sprintf("the judge answered the unknown outcome %q", r.Outcome))
}

// verdict makes a response, with the detail in one line.
func verdict(outcome benchmark.Outcome, reason benchmark.Reason, detail string) *benchmark.VerdictResponse {
	return &benchmark.VerdictResponse{Outcome: outcome, Reason: reason, Detail: strings.Join(strings.Fields(strings.ToValidUTF8(detail, "?")), " ")}
}
