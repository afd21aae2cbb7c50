package java_test

import (
	"testing"

	"harness/plugins/benchmarks/java"
)

// Candidates that differ only in layout and comments are the same program, with any
// tests.
func TestCheckNamesTheProgram(t *testing.T) {
	program := func(patched, test string) string {
		t.Helper()
		check, err := java.Check(java.Program{
			Path: "C.java", Text: patched, Files: map[string]string{"T.java": test}, Tests: []string{"T"},
		})
		if err != nil {
			t.Fatal(err)
		}
		return check.Program
	}
	fixed := program("class C { int f() { return 1; } }", "class T {}")
	if fixed == "" {
		t.Fatal("the program has no name")
	}
	if other := program("class C {\n  // one\n  int f( ) { return 1; }\n}", "class T { }"); other != fixed {
		t.Error("layout makes another program")
	}
	if other := program("class C { int f() { return 2; } }", "class T {}"); other == fixed {
		t.Error("another result does not make another program")
	}
}
