package main

import (
	"os"
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
		link        [2]string         // and where it leads
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
		{name: "relative to the bug's folder", entry: "buggy/build/lib/a.jar", files: []string{"Lang-1/buggy/build/lib/a.jar"},
			want: place{"export/Lang-1/buggy/build/lib/a.jar", "/data/project/build/lib/a.jar"}},
		{name: "relative to the export", entry: "Lang-1/lib/sub/a.jar", files: []string{"Lang-1/lib/sub/a.jar"},
			want: place{"export/Lang-1/lib/sub/a.jar", "/data/bug/lib/sub/a.jar"}, mounts: map[string]string{"/data/bug/lib": "export/Lang-1/lib"}},
		{name: "up from the project", entry: "../lib/a.jar", files: []string{"Lang-1/lib/a.jar"},
			want: place{"export/Lang-1/lib/a.jar", "/data/bug/lib/a.jar"}, mounts: map[string]string{"/data/bug/lib": "export/Lang-1/lib"}},
		{name: "absolute, below buggy", entry: "/x/y/buggy/build/lib/a.jar", files: []string{"Lang-1/buggy/build/lib/a.jar"},
			want: place{"export/Lang-1/buggy/build/lib/a.jar", "/data/project/build/lib/a.jar"}},
		{name: "absolute, in a checkout", entry: "/tmp/lang_1_buggy/build/lib/a.jar", files: []string{"Lang-1/buggy/build/lib/a.jar"},
			want: place{"export/Lang-1/buggy/build/lib/a.jar", "/data/project/build/lib/a.jar"}},
		{name: "Java's wildcard", entry: "lib/*", files: []string{"Lang-1/lib/a.jar", "Lang-1/lib/b.txt"},
			want: place{"export/Lang-1/lib/a.jar", "/data/bug/lib/a.jar"}, mounts: map[string]string{"/data/bug/lib": "export/Lang-1/lib"}},
		{name: "a link to what is shared", entry: "lib/a.jar", files: []string{"lib/b.jar"}, link: [2]string{"Lang-1/lib/a.jar", "../../lib/b.jar"},
			want: place{"export/lib/b.jar", "/data/shared/lib/b.jar"}, mounts: map[string]string{"/data/shared/lib": "export/lib"}},
		{name: "a link to the answer", entry: "lib/a.jar", files: []string{"Lang-1/fixed/a.jar"}, link: [2]string{"Lang-1/lib/a.jar", "../fixed/a.jar"}},
		{name: "a folder beside it", entry: "classes", files: []string{"Lang-1/classes/A.class"},
			want: place{"export/Lang-1/classes", "/data/bug/classes"}, mounts: map[string]string{"/data/bug/classes": "export/Lang-1/classes"}},
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
			if err := os.MkdirAll(filepath.Join(root, exportDir, filepath.Dir(c.link[0])), 0o755); err != nil {
				t.Fatal(err)
			}
			if c.link[0] != "" {
				if err := os.Symlink(c.link[1], filepath.Join(root, exportDir, c.link[0])); err != nil {
					t.Fatal(err)
				}
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
