package judge

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	pb "harness/core/protocol/harnesspb"
	"harness/core/sandbox"
)

func TestMountsStayInTheFetchedBenchmark(t *testing.T) {
	home := t.TempDir()
	data := filepath.Join(home, "data")
	for _, dir := range []string{"data/bug/buggy", "data/bug/fixed", "elsewhere"} {
		if err := os.MkdirAll(filepath.Join(home, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{"out": "../elsewhere", "root": "/", "in": "bug/buggy"} {
		if err := os.Symlink(target, filepath.Join(data, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(data, "bug", "file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	real, err := filepath.EvalSymlinks(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, source string
		want         string // folder below data
		refused      string
	}{
		{name: "a folder of it", source: "bug/buggy", want: "bug/buggy"},
		{name: "all of it", source: ".", want: "."},
		{name: "a link within", source: "in", want: "bug/buggy"},
		{name: "nothing", source: "", refused: "not below"},
		{name: "a way out", source: "../elsewhere", refused: "not below"},
		{name: "a way out by a detour", source: "bug/../../elsewhere", refused: "not below"},
		{name: "an absolute path", source: "/etc", refused: "not below"},
		{name: "a link out", source: "out", refused: "a link leads out"},
		{name: "something behind a link out", source: "root/etc", refused: "a link leads out"},
		{name: "a file", source: "bug/file", refused: "not a folder"},
		{name: "what is not there", source: "bug/gone", refused: "no such file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := mountsOf(data, []*pb.Mount{{Source: c.source, Target: "/data/p"}})
			if c.refused != "" {
				if err == nil || !strings.Contains(err.Error(), c.refused) {
					t.Errorf("got %v, %v", got, err)
				}
				return
			}
			want := []sandbox.Mount{{Source: filepath.Join(real, c.want), Target: "/data/p"}}
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%v\n%s", err, diff)
			}
		})
	}
}
