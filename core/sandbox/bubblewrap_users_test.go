package sandbox

import (
	"os"
	"os/user"
	"path/filepath"
	"testing"
)

func TestSubordinateIDs(t *testing.T) {
	self := &user.User{Username: "ada", Uid: "1001"}
	for _, c := range []struct {
		name, text string
		want       int
	}{
		{"by name", "bob:100000:65536\nada:165536:65536\n", 165536},
		{"by number", "1001:200000:2\n", 200000},
		{"too few", "ada:100000:1\n", 0},
		{"the second range has enough", "ada:100000:1\nada:300000:65536\n", 300000},
		{"another user's", "adam:100000:65536\n", 0},
		{"root's own", "ada:0:65536\n", 0},
		{"no numbers", "ada:first:count\n", 0},
		{"no lines of three fields", "ada:100000\n\nada\n", 0},
		{"nothing", "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "subuid")
			if err := os.WriteFile(file, []byte(c.text), 0o644); err != nil {
				t.Fatal(err)
			}
			if got := subordinate(file, self); got != c.want {
				t.Errorf("got %d; want %d", got, c.want)
			}
		})
	}
	if got := subordinate(filepath.Join(t.TempDir(), "none"), self); got != 0 {
		t.Errorf("without the file: %d", got)
	}
}
