package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// testName matches the names by which Maven's and Gradle's users know test classes.
var testName = regexp.MustCompile(`^(Test\w*|\w*(Test|Tests|TestCase))$`)

var (
	// abstractClass matches the head of a class that JUnit cannot run.
	abstractClass = regexp.MustCompile(`(?m)^\s*(public\s+)?abstract\s+(public\s+)?class\s`)
	jupiter       = regexp.MustCompile(`(?m)^import\s+(static\s+)?org\.junit\.jupiter\.`)
)

// testClasses lists the test classes of a project, or those that are asked for. What the
// judge's JUnit 4 cannot run is left out, or refused.
func (i *imported) testClasses(ctx context.Context, project string) ([]string, error) {
	folder := filepath.Join(project, i.build.tests)
	names, err := javaFiles(ctx, folder)
	if err != nil {
		return nil, err
	}
	var classes, newer []string
	for _, name := range names {
		class := strings.ReplaceAll(strings.TrimSuffix(name, ".java"), "/", ".")
		if len(i.TestClasses) > 0 && !slices.Contains(i.TestClasses, class) || len(i.TestClasses) == 0 && !testName.MatchString(strings.TrimSuffix(path.Base(name), ".java")) {
			continue
		}
		text, err := readFile(filepath.Join(folder, filepath.FromSlash(name)))
		if err != nil {
			return nil, err
		}
		switch {
		case jupiter.Match(text):
			newer = append(newer, class)
		case !abstractClass.Match(text):
			classes = append(classes, class)
		}
	}
	for _, class := range i.TestClasses {
		if !slices.Contains(classes, class) && !slices.Contains(newer, class) {
			return nil, fmt.Errorf("--test-class %s: there is no such test class below %s", class, i.build.tests)
		}
	}
	switch {
	case len(newer) > 0 && (len(i.TestClasses) > 0 || len(classes) == 0):
		return nil, fmt.Errorf("%d test classes, such as %s, are for JUnit 5, which the judge cannot run; it runs tests for JUnit 3 and 4", len(newer), newer[0])
	case len(classes) == 0:
		return nil, fmt.Errorf("there is no test class below %s; --tests names another folder, --test-class the classes", i.build.tests)
	case len(newer) > 0:
		i.say("%d test classes, such as %s, are for JUnit 5 and left out", len(newer), newer[0])
	}
	return classes, nil
}

// testResult is what JUnit says.
type testResult struct {
	failing []string // Class::method, or Class; sorted
	tests   int
	seconds float64
}

// runTests runs test classes in a JVM of their own, in the project's folder.
func runTests(ctx context.Context, project string, made *built, classes []string) (*testResult, error) {
	command, err := exec.LookPath("java")
	if err != nil {
		return nil, fmt.Errorf("java is missing: %w; on Debian: apt-get install openjdk-17-jdk-headless", err)
	}
	var path []string
	for _, entry := range slices.Concat([]string{made.classes, made.testClasses}, made.resources, made.classpath) {
		path = append(path, absolute(entry, project))
	}
	ctx, cancel := context.WithTimeoutCause(ctx, testLimit, fmt.Errorf("they take more than %s", testLimit))
	defer cancel()
	cmd := group(exec.CommandContext(ctx, command, append([]string{"-Xmx1g", "-Duser.language=en", "-Duser.country=US", "-Djava.awt.headless=true",
		"-cp", strings.Join(append(path, junit...), ":"), "org.junit.runner.JUnitCore"}, classes...)...))
	cmd.Dir = project
	cmd.Env = append(os.Environ(), "TZ=UTC")
	var output, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &stderr
	start := time.Now()
	err = cmd.Run()
	var ended *exec.ExitError
	if err != nil && (!errors.As(err, &ended) || ctx.Err() != nil) {
		return nil, errors.Join(context.Cause(ctx), err)
	}
	result, parseErr := parseJUnit(output.String())
	if parseErr != nil {
		return nil, errors.Join(parseErr, err, errors.New(firstError(stderr.String())))
	}
	result.seconds = float64(int(time.Since(start).Seconds()*10+1)) / 10
	return result, nil
}

var (
	junitFailure = regexp.MustCompile(`(?m)^\d+\) (.+)\(([\w.$]+)\)$`)
	junitPassed  = regexp.MustCompile(`(?m)^OK \((\d+) tests?\)$`)
	junitFailed  = regexp.MustCompile(`(?m)^Tests run: (\d+),  Failures: (\d+)$`)
)

// parseJUnit reads what JUnitCore prints. Tests may print, too: the last sum counts.
func parseJUnit(output string) (*testResult, error) {
	result := &testResult{failing: []string{}}
	passed, failed := junitPassed.FindAllStringSubmatch(output, -1), junitFailed.FindAllStringSubmatch(output, -1)
	switch {
	case len(failed) > 0:
		last := failed[len(failed)-1]
		result.tests, _ = strconv.Atoi(last[1])
		failures, _ := strconv.Atoi(last[2])
		found := junitFailure.FindAllStringSubmatch(output, -1)
		if len(found) < failures {
			return nil, fmt.Errorf("JUnit says that %d tests failed, and names %d", failures, len(found))
		}
		for _, failure := range found {
			method, _, _ := strings.Cut(failure[1], "[") // of a parameterised test
			test := failure[2] + "::" + method
			if method == "initializationError" || method == "warning" || method == "" || method == failure[2] {
				test = failure[2] // the class itself
			}
			if !slices.Contains(result.failing, test) {
				result.failing = append(result.failing, test)
			}
		}
		slices.Sort(result.failing)
	case len(passed) > 0:
		result.tests, _ = strconv.Atoi(passed[len(passed)-1][1])
	default:
		return nil, errors.New("JUnit came to no end: a test ended the JVM, or JUnit is missing")
	}
	if result.tests == 0 {
		return nil, errors.New("no test ran")
	}
	return result, nil
}
