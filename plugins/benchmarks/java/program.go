package java

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"harness/core/sdk/benchmark"
	"harness/core/sdk/javasource"
)

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
