package main

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Jars are found wherever an export may keep them, and no folder with an answer in
// it is ever mounted.
func TestClassPathsAreFound(t *testing.T) {
	for _, c := range []struct {
		name, entry string
		files       []string
		want        place
		mounts      map[string]string // beyond the project's
	}{
		{name: "in the project", entry: "lib/a.jar", files: []string{"Lang-1/buggy/lib/a.jar", "Lang-1/lib/a.jar"},
			want: place{"export/Lang-1/buggy/lib/a.jar", "/data/project/lib/a.jar"}},
		{name: "beside it", entry: "lib/a.jar", files: []string{"Lang-1/lib/a.jar", "lib/a.jar"},
			want: place{"export/Lang-1/lib/a.jar", "/data/bug/lib/a.jar"}, mounts: map[string]string{"/data/bug/lib": "export/Lang-1/lib"}},
		{name: "shared", entry: "lib/x/a.jar", files: []string{"lib/x/a.jar"},
			want: place{"export/lib/x/a.jar", "/data/shared/lib/x/a.jar"}, mounts: map[string]string{"/data/shared/lib": "export/lib"}},
		{name: "by its name alone", entry: "/home/somebody/.m2/a.jar", files: []string{"Lang-1/lib/a.jar"},
			want: place{"export/Lang-1/lib/a.jar", "/data/bug/lib/a.jar"}, mounts: map[string]string{"/data/bug/lib": "export/Lang-1/lib"}},
		{name: "in another folder", entry: "jars/a.jar", files: []string{"Lang-1/jars/a.jar"},
			want: place{"export/Lang-1/jars/a.jar", "/data/bug/jars/a.jar"}, mounts: map[string]string{"/data/bug/jars": "export/Lang-1/jars"}},
		{name: "nowhere", entry: "lib/a.jar"},
		{name: "with the answer", entry: "fixed/a.jar", files: []string{"Lang-1/fixed/a.jar"}},
		{name: "by a detour to the answer", entry: "lib/../fixed/a.jar", files: []string{"Lang-1/fixed/a.jar", "Lang-1/lib/b.jar"}},
		{name: "in another bug", entry: "Lang-2/fixed/a.jar", files: []string{"Lang-2/fixed/a.jar"}},
		{name: "outside", entry: "../../a.jar", files: []string{"../a.jar"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := filepath.Join(t.TempDir(), "root")
			for _, name := range c.files {
				write(t, filepath.Join(root, exportDir, name), "")
			}
			b := &bug{ID: bugID{"Lang", 1}, root: root, Properties: properties{TestPath: list{c.entry}}}
			if err := b.find(); err != nil {
				t.Fatal(err)
			}
			want := paths{Mounts: map[string]string{"/data/project": "export/Lang-1/buggy"}}
			for target, source := range c.mounts {
				want.Mounts[target] = source
			}
			if c.want == (place{}) {
				want.Missing = []string{c.entry}
			} else {
				want.Libraries = []place{c.want}
			}
			if diff := cmp.Diff(want, b.Paths); diff != "" {
				t.Error(diff)
			}
		})
	}
}
