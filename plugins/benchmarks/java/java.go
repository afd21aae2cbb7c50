// Package java is what Java benchmark plugins share: the box in which Java
// programs are compiled and tested, the questions to the service in it, and what
// its answers mean. The host's core knows nothing of Java.
//
// # How a verdict is found
//
// The service (judge/*.java) compiles a bug's tests once, with the reference fix,
// and each candidate alone, in memory, by a compiler that stays warm; with its
// tests where it has changed what they compile against. Tests run in JVMs of
// their own, never in the judge's. A candidate that uses nothing but values,
// collections and text (judge/Tame.java) is tried in a warm JVM, one after the
// other. A pass there is not believed but confirmed in a fresh JVM, as is a sample
// of the failures; differences are counted. All others get a fresh JVM at once.
//
// The judge believes only what a test JVM says behind a secret, handed over before
// any class of the candidate is loaded; a candidate's own output is read and thrown
// away. The run ends at the first test that fails.
//
// # Time
//
// Loops are ended by a count, not by a clock: the classes count each call and each
// jump backwards, and a test may take a large multiple of the steps that it takes
// with the reference fix (see [StepsFloor]). Who takes more gets the verdict
// timeout, on every machine and under every load. The limit of a test
// (@Test(timeout = …)) ends it where it waits for so long, or computes three times
// as long inside of the platform, where no steps are counted. JUnit's other limits,
// those of rules and of runners that a test chooses itself, are left as they are,
// by the clock. Behind all is the limit of the run.
//
// The compiler's limit is processor time. Where the reference fix cannot be
// measured, since the machine is too busy, say, the answer is an error.
//
// # The box
//
// The service runs in a box only (HARNESS_BOX=1, first or second process of its
// process namespace, /box a memory file system), and refuses to start elsewhere: between
// requests it deletes what is below /box. It ends no process but the JVMs that it
// started and their children; where a candidate left others behind it asks for the
// box to be thrown away.
//
// The platform gives a candidate no interface by which it reads memory, where the
// secrets are. An exception are whole projects whose tests need sun.misc.Unsafe,
// which most ways of making mock objects do: they get it where the reference fix
// does not pass without, and a candidate that is made for it can forge a pass there.
// Nothing keeps a candidate from loading the native libraries of the box's JDK for
// purposes of its own.
package java

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"harness/core/sdk/benchmark"
	"harness/core/sdk/javasource"
)

//go:embed judge/*.java judge/setup.sh
var judgeFiles embed.FS

// environmentID names the box for programs in check responses, projectID that for
// whole projects.
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

// Jars in every box, for Program.Classpath: what JDK 8 had and JDK 17 has not. All
// benchmarks share one kind of box, so that boxes stay warm from one to the next.
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

// Environment is the box for JDK 17 and JUnit 4.
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
		Setup:      []string{"/bin/sh", "/opt/harness/judge/setup.sh"},
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
			"-XX:SharedArchiveFile=/opt/harness/judge.jsa", "-Xshare:auto",
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
		Limits: &benchmark.Limits{MemoryBytes: 2 << 30, Cpus: 1, Pids: 256, TmpfsBytes: 64 << 20},
	}
}

// ProjectEnvironment is the box for whole projects (see [Program]): it has room for
// a copy of one, and for compiling all of it.
func ProjectEnvironment() *benchmark.Environment {
	e := Environment()
	e.Id = projectID
	e.Service[slices.Index(e.Service, programHeap)] = "-Xmx1g"
	e.Limits.MemoryBytes = 4 << 30
	e.Limits.TmpfsBytes = 1 << 30
	return e
}

// Program is what Check asks about: a program of a few files, or one file of a
// project.
type Program struct {
	// Path and Text are the file that the candidate is. By its tokens candidates are
	// told apart and held against the reference fix; see javasource.Digest.
	Path, Text string
	// Files are further sources by path, the same for all candidates of a bug: tests
	// and helpers.
	Files map[string]string
	// Reference is the text of the file with the reference fix. It stays in the
	// judge, whose memory no candidate can read; without it nothing is compiled in
	// advance.
	Reference string
	// Tests are the names of JUnit classes, or Class::method.
	Tests []string
	// HeapMiB of the JVM that runs the tests. Zero: 512.
	HeapMiB int
	// Wall limits the tests as a whole, by the clock. Zero: one minute. On a machine so busy that
	// they get less than a minute of its processors in that time, they are given up
	// to three times as long.
	Wall time.Duration
	// Classpath names jars and folders of classes inside the box.
	Classpath []string
	Project   *Project
}

// Project is what a candidate is a file of, where that is compiled already. Its
// folders are in the box (see benchmark.Mount).
type Project struct {
	// Tree is the project's folder. Tests run in a copy of it.
	Tree string
	// Original is the text of the candidate's file that the class path was compiled
	// with.
	Original string
	// Sources are the folders of sources below Tree, tests included. They are
	// compiled where a candidate has changed a signature or a constant.
	Sources []string
	// Options of javac: "-source", "8", "-encoding", "ISO-8859-1".
	Options []string
	// Env is added to the environment of the tests.
	Env map[string]string
	// Forgiven are tests (Class, or Class::method) that fail with the reference fix,
	// too: they do not count.
	Forgiven []string
	// Known are tests that fail in the buggy version. With All, the tests go on after
	// the first failure, and the reply counts new failures apart from known ones.
	Known []string
	All   bool
}

// What a test may take in steps, which are calls of methods and jumps backwards:
// StepsFactor times those of the most expensive test with the reference fix. At
// least StepsFloor; and not more than StepsPlenty, some ten seconds, unless that
// is less than StepsLeast times the reference's: a budget that nothing reaches
// within the limit of the run would leave the verdict to the clock.
const (
	StepsFloor  = 20_000_000
	StepsFactor = 1_000
	StepsPlenty = 2_000_000_000
	StepsLeast  = 50
)

const (
	defaultHeapMiB = 512
	defaultWall    = time.Minute
	// patience is how many times their limits the tests and the compiler may take
	// by the clock on a busy machine: PATIENCE in judge/TestJvm.java.
	patience = 3
	// compileLimit is for one compilation, in processor time.
	compileLimit, projectCompileLimit = 30 * time.Second, 2 * time.Minute
	startLimit                        = time.Minute // for a JVM to start, by the clock
	// slack is for what has no limit of its own, such as copying a project.
	slack = time.Minute
)

// boxLimit is how long a box may take for a request: its first about a bug compiles
// the tests; then the reference fix and the candidate, each alone, and again with
// all else where that is not enough; and runs both, the candidate in a warm and in
// a fresh JVM, the reference fix of a project with each Platform of judge/Jvms.java.
func boxLimit(wall, compile time.Duration, project bool) time.Duration {
	const compilations = 5
	runs := time.Duration(4)
	if project {
		runs = 6
	}
	return patience*(compilations*compile+runs*wall) + runs*startLimit + slack
}

type request struct {
	Candidate struct {
		Path string `json:"path"`
		Text string `json:"text"`
	} `json:"candidate"`
	Files     map[string]string `json:"files,omitempty"`
	Reference string            `json:"reference,omitempty"`
	Tests     []string          `json:"tests"`
	HeapMiB   int               `json:"heapMiB"`
	// Limits, in milliseconds.
	WallMillis    int64 `json:"wallMillis"`
	StartMillis   int64 `json:"startMillis"`
	CompileMillis int64 `json:"compileMillis"`

	StepsFloor  int64             `json:"stepsFloor"`
	StepsFactor int64             `json:"stepsFactor"`
	StepsPlenty int64             `json:"stepsPlenty"`
	StepsLeast  int64             `json:"stepsLeast"`
	Classpath   []string          `json:"classpath,omitempty"`
	Tree        string            `json:"tree,omitempty"`
	Original    string            `json:"original,omitempty"`
	Sources     []string          `json:"sources,omitempty"`
	Options     []string          `json:"options,omitempty"`
	Env         map[string]string `json:"environment,omitempty"`
	Forgiven    []string          `json:"forgiven,omitempty"`
	Known       []string          `json:"known,omitempty"`
	All         bool              `json:"all,omitempty"`
}

// Check is the question whether the program passes its tests.
func Check(p Program) (*benchmark.CheckResponse, error) {
	if p.Path == "" || len(p.Tests) == 0 {
		return nil, fmt.Errorf("check a Java program: the file %q and %d tests given, both are needed", p.Path, len(p.Tests))
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
		Files: p.Files, Reference: p.Reference, Tests: p.Tests, HeapMiB: p.HeapMiB,
		WallMillis: max(1, p.Wall.Milliseconds()), StartMillis: startLimit.Milliseconds(), CompileMillis: compile.Milliseconds(),
		Classpath: p.Classpath, StepsFloor: StepsFloor, StepsFactor: StepsFactor, StepsPlenty: StepsPlenty, StepsLeast: StepsLeast,
	}
	r.Candidate.Path, r.Candidate.Text = p.Path, p.Text
	if project := p.Project; project != nil {
		r.Tree, r.Original, r.Sources, r.Options, r.Env = project.Tree, project.Original, project.Sources, project.Options, project.Env
		r.Forgiven, r.Known, r.All = project.Forgiven, project.Known, project.All
	}
	payload, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("check a Java program: %w", err)
	}
	return &benchmark.CheckResponse{
		Environment: environment, Payload: payload, TimeoutMs: boxLimit(p.Wall, compile, p.Project != nil).Milliseconds(),
		Program: javasource.Digest(p.Text),
	}, nil
}

// Reply is the service's answer.
type Reply struct {
	// Outcome is passed, failed, uncompilable, timeout, crashed or error.
	Outcome string `json:"outcome"`
	Detail  string `json:"detail"`
	// Reference is whether the reference fix passes here. Where it does not, what a
	// candidate fails may be no fault of its own.
	Reference bool `json:"reference"`
	Compile   struct {
		OK       bool   `json:"ok"`
		Messages string `json:"messages"`
		// Stage is "test" where the first error is not in the candidate: the patch
		// changed what the tests call. Else it is "program".
		Stage string `json:"stage"`
	} `json:"compile"`
	Tests struct {
		// Run counts the tests that ran, failed ones among them; Expected those that
		// run with the reference fix, or is 0 where that is unknown.
		Run      int `json:"run"`
		Expected int `json:"expected"`
		Failed   int `json:"failed"`
		// New counts failures of tests that are not known to fail without a fix.
		New int `json:"new"`
		// Slow: a test took more steps than an old machine can take within the test's
		// own time limit (100 million a second). It may fail where that is a clock's.
		Slow         bool `json:"slow"`
		FirstFailure struct {
			Test      string `json:"test"`
			Exception string `json:"exception"`
			Message   string `json:"message"`
		} `json:"firstFailure"`
	} `json:"tests"`
	// Counts says how the verdict was found: "warm", "fresh", "passes confirmed",
	// "failures confirmed", "differences".
	Counts map[string]int64 `json:"counts"`
}

// Verdict turns what the sandbox found into an outcome: the service's frame, or
// the reason ([benchmark.BoxTimeout] and the like) and detail why there is none.
//
// A test that exceeds its own time limit has failed; timeout is the limit of the
// whole run. What the service calls an error, and an answer that cannot be read,
// is the harness's failure, not the candidate's.
func Verdict(frame []byte, failure, detail string) *benchmark.VerdictResponse {
	switch failure {
	case "":
	case benchmark.BoxTimeout:
		return verdict(benchmark.Timeout, benchmark.Limit, "the box: "+detail)
	case benchmark.BoxDied:
		return verdict(benchmark.Crashed, unknown, "the box died: "+detail)
	case benchmark.BoxOOM:
		return verdict(benchmark.Crashed, benchmark.Memory, "the box ran out of memory: "+detail)
	default:
		return verdict(benchmark.Error, unknown, fmt.Sprintf("the sandbox reports %q: %s", failure, detail))
	}
	var r Reply
	if err := json.Unmarshal(frame, &r); err != nil {
		return verdict(benchmark.Error, unknown, fmt.Sprintf("the judge's answer cannot be read: %v", err))
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
		return verdict(benchmark.Passed, reason(r), fmt.Sprintf("%d tests", r.Tests.Run))
	case "failed":
		return verdict(benchmark.Failed, reason(r), r.Detail)
	case "uncompilable":
		if r.Compile.Stage == "test" {
			return verdict(benchmark.Uncompilable, reason(r), "the tests do not compile against it: "+r.Detail)
		}
		return verdict(benchmark.Uncompilable, reason(r), r.Detail)
	case "timeout":
		return verdict(benchmark.Timeout, reason(r), r.Detail)
	case "crashed":
		return verdict(benchmark.Crashed, reason(r), r.Detail)
	case "error":
		return verdict(benchmark.Error, unknown, r.Detail)
	}
	return verdict(benchmark.Error, unknown, fmt.Sprintf("the judge answered the outcome %q", r.Outcome))
}

// verdict cuts the detail to one line.
func verdict(outcome benchmark.Outcome, reason benchmark.Reason, detail string) *benchmark.VerdictResponse {
	return &benchmark.VerdictResponse{Outcome: outcome, Reason: reason, Detail: strings.Join(strings.Fields(strings.ToValidUTF8(detail, "?")), " ")}
}
