package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Jars are found where class paths say, and no folder with an answer in it is ever
// mounted.
func TestClassPathsAreFound(t *testing.T) {
	for _, c := range []struct {
		name, entry string
		files       []string
		want        location
		mounts      map[string]string // beyond the project's
		link        [2]string         // and where it leads
		refused     string
	}{
		{name: "in the project", entry: "buggy/lib/a.jar", files: []string{"Lang-1/buggy/lib/a.jar", "Lang-1/lib/a.jar"},
			want: location{"export/Lang-1/buggy/lib/a.jar", "/data/project/lib/a.jar"}},
		{name: "beside it", entry: "lib/a.jar", files: []string{"Lang-1/lib/a.jar", "lib/a.jar"},
			want: location{"export/Lang-1/lib/a.jar", "/data/bug/lib/a.jar"}, mounts: map[string]string{"/data/bug/lib": "export/Lang-1/lib"}},
		{name: "shared", entry: "../lib/x/a.jar", files: []string{"lib/x/a.jar"},
			want: location{"export/lib/x/a.jar", "/data/shared/lib/x/a.jar"}, mounts: map[string]string{"/data/shared/lib": "export/lib"}},
		{name: "in another folder", entry: "jars/sub/a.jar", files: []string{"Lang-1/jars/sub/a.jar"},
			want: location{"export/Lang-1/jars/sub/a.jar", "/data/bug/jars/sub/a.jar"}, mounts: map[string]string{"/data/bug/jars": "export/Lang-1/jars"}},
		{name: "a link to what is shared", entry: "lib/a.jar", files: []string{"lib/b.jar"}, link: [2]string{"Lang-1/lib/a.jar", "../../lib/b.jar"},
			want: location{"export/lib/b.jar", "/data/shared/lib/b.jar"}, mounts: map[string]string{"/data/shared/lib": "export/lib"}},
		{name: "a folder beside it", entry: "classes", files: []string{"Lang-1/classes/A.class"},
			want: location{"export/Lang-1/classes", "/data/bug/classes"}, mounts: map[string]string{"/data/bug/classes": "export/Lang-1/classes"}},
		{name: "not there", entry: "lib/a.jar", files: []string{"lib/a.jar"}},
		{name: "a link to the answer", entry: "lib/a.jar", files: []string{"Lang-1/fixed/a.jar"}, link: [2]string{"Lang-1/lib/a.jar", "../fixed/a.jar"}, refused: "no box may show Lang-1/lib/a.jar"},
		{name: "with the answer", entry: "fixed/a.jar", files: []string{"Lang-1/fixed/a.jar"}, refused: "no box may show Lang-1/fixed/a.jar"},
		{name: "by a detour to the answer", entry: "lib/../fixed/a.jar", files: []string{"Lang-1/fixed/a.jar", "Lang-1/lib/b.jar"}, refused: "no box may show Lang-1/fixed/a.jar"},
		{name: "in another bug", entry: "../Lang-2/lib/a.jar", files: []string{"Lang-2/lib/a.jar"}, refused: "no box may show Lang-2/lib/a.jar"},
		{name: "in no folder", entry: "a.jar", files: []string{"Lang-1/a.jar"}, refused: "no box may show Lang-1/a.jar"},
		{name: "outside", entry: "../../a.jar", files: []string{"../a.jar"}, refused: `"../../a.jar" leaves the export`},
		{name: "absolute", entry: "/usr/share/java/a.jar", refused: `"/usr/share/java/a.jar" leaves the export`},
		{name: "empty", entry: "", refused: `"" leaves the export`},
		{name: "a pattern", entry: "lib/*", files: []string{"Lang-1/lib/a.jar"}, refused: `"lib/*" is a pattern; name each jar`},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := filepath.Join(t.TempDir(), "root")
			for _, name := range c.files {
				write(t, filepath.Join(root, exportDir, name), "")
			}
			if err := os.MkdirAll(filepath.Join(root, exportDir, filepath.Dir(c.link[0])), 0o755); err != nil {
				t.Fatal(err)
			}
			if c.link[0] != "" {
				if err := os.Symlink(c.link[1], filepath.Join(root, exportDir, c.link[0])); err != nil {
					t.Fatal(err)
				}
			}
			b := &bug{ID: bugID{"Lang", 1}, root: root, Properties: properties{TestPath: list{c.entry}}}
			err := b.findLibraries()
			if c.refused != "" {
				if err == nil || !strings.Contains(err.Error(), c.refused) {
					t.Errorf("got %v, want an error with %q", err, c.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := paths{Mounts: map[string]string{"/data/project": "export/Lang-1/buggy"}}
			for target, source := range c.mounts {
				want.Mounts[target] = source
			}
			if c.want == (location{}) {
				want.Missing = []string{c.entry}
			} else {
				want.Libraries = []location{c.want}
			}
			if diff := cmp.Diff(want, b.Paths); diff != "" {
				t.Error(diff)
			}
		})
	}
}
