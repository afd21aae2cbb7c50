package gen

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"harness/core/needs"
)

// TestMethodsAreJava gives javac each of many methods in a class of its own:
// right ones, texts for pretraining, and wrong ones. All right ones must
// compile; a mistake may make a method that does not, but few do.
func TestMethodsAreJava(t *testing.T) {
	needs.Installed(t, "apt-get install openjdk-17-jdk-headless", "javac")
	var right, wrong []string
	for p := range Pairs(11, 600) {
		right = append(right, p.Before+p.Fixed+p.After)
		wrong = append(wrong, p.Before+p.Buggy+p.After)
	}
	for d := range documents(11, 200, 200) {
		right = append(right, d.methods...)
	}
	if report, failed := compile(t, right); failed > 0 {
		t.Errorf("%d of %d right methods do not compile:\n%s", failed, len(right), report)
	}
	report, failed := compile(t, wrong)
	t.Logf("%d of %d wrong methods do not compile", failed, len(wrong))
	if failed > len(wrong)/20 {
		t.Errorf("%d of %d wrong methods do not compile, want at most one in 20:\n%s", failed, len(wrong), report)
	}
}

// compile counts the methods that javac refuses.
func compile(t *testing.T, methods []string) (report string, failed int) {
	t.Helper()
	dir := t.TempDir()
	args := []string{"-d", "out", "-nowarn", "-proc:none", "-Xmaxerrs", "100000", "-XDshould-stop.ifError=FLOW"}
	for i, text := range methods {
		file := fmt.Sprintf("M%d.java", i)
		class := fmt.Sprintf("import java.util.List;\n\nclass M%d {\n%s}\n", i, text)
		if err := os.WriteFile(filepath.Join(dir, file), []byte(class), 0o644); err != nil {
			t.Fatal(err)
		}
		args = append(args, file)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "javac", args...)
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	files := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		if file, _, ok := strings.Cut(line, ":"); ok && strings.Contains(line, ": error: ") {
			files[file] = true
		}
	}
	if err != nil && len(files) == 0 {
		t.Fatalf("javac: %v\n%s", err, out)
	}
	return string(out), len(files)
}
