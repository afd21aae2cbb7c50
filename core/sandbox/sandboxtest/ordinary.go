package sandboxtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"harness/core/needs"
)

const (
	// ordinaryUser is the number of a user that no machine should have.
	ordinaryUser = "54321"
	// ordinaryVariable is set in the process of that user.
	ordinaryVariable = "SANDBOX_TEST_ORDINARY"
)

// AsOrdinaryUser runs a test that root runs once more, in a process of a user without
// rights, and reports whether this is that process. Run by an ordinary user, it is.
//
// That user may not be able to reach the checkout: the process works in the folder work
// of a new tree, which holds the given files and folders by their paths there.
func AsOrdinaryUser(t *testing.T, work string, sources map[string]string) bool {
	t.Helper()
	if os.Geteuid() != 0 {
		return true
	}
	needs.Installed(t, "apt-get install util-linux", "setpriv")
	dir := t.TempDir()
	// Whatever the umask is, and although the folder around it is closed to others.
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	sources[".test"] = os.Args[0]
	for path, source := range sources {
		target := filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command("cp", "-r", source, target).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	home := filepath.Join(dir, ".home")
	for _, folder := range []string{home, filepath.Join(dir, work)} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, argv := range [][]string{{"chmod", "-R", "a+rX", dir}, {"chown", ordinaryUser, home}, {"chmod", "0700", home}} {
		if out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v: %s", argv, err, out)
		}
	}
	again := exec.CommandContext(t.Context(), "setpriv", "--reuid", ordinaryUser, "--regid", ordinaryUser, "--clear-groups",
		filepath.Join(dir, ".test"), "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=20m")
	again.Dir = filepath.Join(dir, work)
	again.Env = append(os.Environ(), ordinaryVariable+"=1", "HOME="+home, "XDG_CACHE_HOME="+home, "TMPDIR="+home)
	out, err := again.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) && !strings.Contains(string(out), "NOT TESTED") {
		t.Errorf("as an ordinary user: %v", err)
	}
	t.Logf("as an ordinary user:\n%s", out)
	return false
}
