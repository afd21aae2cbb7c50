package java_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A JDK of another version is refused by name, before anything is built with it.
func TestSetupRefusesOtherJDKs(t *testing.T) {
	for _, version := range []string{"javac 11.0.2", "javac 21", "javac 170.1"} {
		bin := t.TempDir()
		javac := fmt.Sprintf("#!/bin/sh\necho %s\n", version)
		if err := os.WriteFile(filepath.Join(bin, "javac"), []byte(javac), 0o755); err != nil {
			t.Fatal(err)
		}
		setup := exec.Command("/bin/sh", "judge/setup.sh")
		setup.Env = []string{"HARNESS_BOX=1", "PATH=" + bin}
		out, err := setup.CombinedOutput()
		if err == nil || !strings.Contains(string(out), version) || !strings.Contains(string(out), "openjdk-17-jdk-headless") {
			t.Errorf("%s: %v: %s", version, err, out)
		}
	}
}
