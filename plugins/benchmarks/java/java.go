// Package java is what Java benchmark plugins share: the box in which Java
// programs are compiled and tested, the questions to the service in it, and what
// its answers mean. The host's core knows nothing of Java.
//
// The service (judge/*.java) compiles a program with its tests in memory, by a
// compiler that stays warm, and runs the tests in a fresh JVM. It believes only
// what that JVM says behind a secret, handed over before any class of the
// candidate is loaded; a candidate's own output is read and thrown away. The run
// ends at the first test that fails.
//
// It runs in a box only (HARNESS_BOX=1, first process of its process namespace,
// /box a memory file system), and refuses to start elsewhere: between requests it
// deletes what is below /box. It ends no process but the JVM that it started and
// that one's children; where a candidate left others behind it asks for the box
// to be thrown away.
package java

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"harness/core/sdk/benchmark"
	"harness/core/sdk/javasource"
)

//go:embed judge/*.java judge/setup.sh
var judgeFiles embed.FS

// EnvironmentID names the box in check responses.
const EnvironmentID = "java17"

const dockerfile = `FROM debian:bookworm-slim
ENV DEBIAN_FRONTEND=noninteractive
RUN apt-get update \
 && apt-get install -y --no-install-recommends openjdk-17-jdk-headless junit4%s \
 && rm -rf /var/lib/apt/lists/*
`

// Library is a jar that tests of a benchmark need beside JDK and JUnit.
type Library struct {
	Package string // Debian's, which installs it
	Jar     string // its absolute path, for Program.Classpath
}

const (
	junitJar    = "/usr/share/java/junit4.jar"
	hamcrestJar = "/usr/share/java/hamcrest-core.jar"
)

// Environment is the box for JDK 17 and JUnit 4, with further libraries.
func Environment(libraries ...Library) *benchmark.Environment {
	files := map[string][]byte{}
	// An embedded file system of plain files: neither walking nor reading fails.
	_ = fs.WalkDir(judgeFiles, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files[path], err = judgeFiles.ReadFile(path)
		return err
	})
	var packages strings.Builder
	requirements := []*benchmark.Requirement{
		{Command: "java", Hint: "apt-get install openjdk-17-jdk-headless"},
		{Command: "javac", Hint: "apt-get install openjdk-17-jdk-headless"},
		{Path: junitJar, Hint: "apt-get install junit4"},
		{Path: hamcrestJar, Hint: "apt-get install libhamcrest-java"},
	}
	for _, l := range libraries {
		packages.WriteString(" " + l.Package)
		requirements = append(requirements, &benchmark.Requirement{Path: l.Jar, Hint: "apt-get install " + l.Package})
	}
	return &benchmark.Environment{
		Id:           EnvironmentID,
		Dockerfile:   fmt.Sprintf(dockerfile, packages.String()),
		Files:        files,
		Setup:        []string{"/bin/sh", "/opt/harness/judge/setup.sh"},
		Requirements: requirements,
		Service: []string{
			"/opt/harness/jre/bin/java",
			"-XX:SharedArchiveFile=/opt/harness/judge.jsa", "-Xshare:auto",
			"-Xmx256m", "-Xss1m", "-XX:+UseSerialGC", "-XX:ActiveProcessorCount=1",
			"-Xrs", // signals from inside the box do not end the service
			"-XX:-UsePerfData", "-XX:+DisableAttachMechanism", "-XX:-CreateCoredumpOnCrash", "-XX:ErrorFile=/dev/null",
			"-cp", "/opt/harness/judge.jar:" + junitJar + ":" + hamcrestJar,
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

// Program is what Check asks about.
type Program struct {
	// Patched is the text of the patched file, one of Files. By its tokens
	// candidates are told apart and held against the reference fix; see
	// javasource.Digest.
	Patched string
	// Files are sources by path, compiled together: the patched program, its
	// tests and their helpers.
	Files map[string]string
	// TestClasses are the names of the JUnit 4 classes to run.
	TestClasses []string
	// HeapMiB of the JVM that runs the tests. Zero: 512.
	HeapMiB int
	// Wall limits the tests as a whole. Zero: one minute, which leaves tests with
	// time limits of their own the room to fail by those. On a machine so busy that
	// they get less than a minute of its processors in that time, they are given up
	// to three times as long.
	Wall time.Duration
	// Classpath names further jars inside the box.
	Classpath []string
}

const (
	defaultHeapMiB = 512
	defaultWall    = time.Minute
	patience       = 3
	// overhead is how long a box may take for a request beyond the tests: the
	// service has limits of its own for compiling and for starting a JVM.
	overhead = 3 * time.Minute
)

type request struct {
	Files       map[string]string `json:"files"`
	TestClasses []string          `json:"testClasses"`
	HeapMiB     int               `json:"heapMiB"`
	WallSeconds int               `json:"wallSeconds"`
	Classpath   []string          `json:"extraClasspath,omitempty"`
}

// Check is the question whether the program passes its tests.
func Check(p Program) (*benchmark.CheckResponse, error) {
	if len(p.Files) == 0 || len(p.TestClasses) == 0 {
		return nil, fmt.Errorf("check a Java program: %d files and %d test classes given, at least one of each is needed", len(p.Files), len(p.TestClasses))
	}
	if p.HeapMiB <= 0 {
		p.HeapMiB = defaultHeapMiB
	}
	if p.Wall <= 0 {
		p.Wall = defaultWall
	}
	payload, err := json.Marshal(request{
		Files: p.Files, TestClasses: p.TestClasses, HeapMiB: p.HeapMiB,
		WallSeconds: int((p.Wall + time.Second - 1) / time.Second), Classpath: p.Classpath,
	})
	if err != nil {
		return nil, fmt.Errorf("check a Java program: %w", err)
	}
	return &benchmark.CheckResponse{
		Environment: EnvironmentID, Payload: payload, TimeoutMs: (patience*p.Wall + overhead).Milliseconds(),
		Program: javasource.Digest(p.Patched),
	}, nil
}

// Reply is the service's answer.
type Reply struct {
	// Outcome is passed, failed, uncompilable, timeout, crashed or error.
	Outcome string `json:"outcome"`
	Detail  string `json:"detail"`
	Compile struct {
		OK       bool   `json:"ok"`
		Messages string `json:"messages"`
		// Stage is "test" where the first error is in a test class: the patch
		// changed what the tests call. Else it is "program".
		Stage string `json:"stage"`
	} `json:"compile"`
	Tests struct {
		Run          int `json:"run"`
		Failed       int `json:"failed"`
		Ignored      int `json:"ignored"`
		FirstFailure struct {
			Test      string `json:"test"`
			Exception string `json:"exception"`
			Message   string `json:"message"`
		} `json:"firstFailure"`
	} `json:"tests"`
	// WallMillis is how long the test JVM lived.
	WallMillis int64 `json:"wallMillis"`
}

// Verdict turns what the sandbox found into an outcome: the service's frame, or
// the reason ("timeout", "died", "oom") and detail why there is none.
//
// A test that exceeds its own time limit has failed; timeout is the limit of the
// whole run. What the service calls an error, and an answer that cannot be read,
// is the harness's failure, not the candidate's.
func Verdict(frame []byte, failure, detail string) *benchmark.VerdictResponse {
	switch failure {
	case "":
	case "timeout":
		return verdict(benchmark.Timeout, benchmark.Limit, "the box: "+detail)
	case "died":
		return verdict(benchmark.Crashed, unknown, "the box died: "+detail)
	case "oom":
		return verdict(benchmark.Crashed, benchmark.Memory, "the box ran out of memory: "+detail)
	default:
		return verdict(benchmark.Error, unknown, fmt.Sprintf("the sandbox reports %q: %s", failure, detail))
	}
	var r Reply
	if err := json.Unmarshal(frame, &r); err != nil {
		return verdict(benchmark.Error, unknown, fmt.Sprintf("the judge's answer cannot be read: %v", err))
	}
	switch r.Outcome {
	case "passed":
		if !r.Compile.OK || r.Tests.Run < 1 || r.Tests.Failed != 0 {
			return verdict(benchmark.Error, unknown, "the judge's answer contradicts itself")
		}
		return verdict(benchmark.Passed, unknown, fmt.Sprintf("%d tests", r.Tests.Run))
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
