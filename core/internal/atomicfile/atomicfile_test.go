package atomicfile_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"harness/core/internal/atomicfile"
)

var errHalfway = errors.New("halfway")

// entries are the names in a folder.
func entries(t *testing.T, dir string) (names []string) {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		names = append(names, e.Name())
	}
	return names
}

func TestAFailedWriteLeavesTheFileAsItWas(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	if err := atomicfile.WriteBytes(path, []byte("old")); err != nil {
		t.Fatal(err)
	}
	err := atomicfile.Write(path, func(w io.Writer) error {
		_, err := io.WriteString(w, "ne")
		return errors.Join(err, errHalfway)
	})
	if !errors.Is(err, errHalfway) {
		t.Errorf("got %v", err)
	}
	if text, err := os.ReadFile(path); string(text) != "old" || err != nil {
		t.Errorf("the file holds %q, %v", text, err)
	}
	if names := entries(t, dir); len(names) != 1 {
		t.Errorf("the folder holds %q", names)
	}
	if err := atomicfile.WriteBytes(path, []byte("new")); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path); string(text) != "new" || err != nil {
		t.Errorf("the file holds %q, %v", text, err)
	}
}

func TestUnfinishedFilesAreLeftovers(t *testing.T) {
	dir := t.TempDir()
	err := atomicfile.Write(filepath.Join(dir, "file"), func(io.Writer) error {
		if names := entries(t, dir); len(names) != 1 || !atomicfile.Leftover(names[0]) {
			t.Errorf("while it is written the folder holds %q", names)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if names := entries(t, dir); len(names) != 1 || atomicfile.Leftover(names[0]) {
		t.Errorf("the folder holds %q", names)
	}
}

func TestAFolderAppearsWholeAndReplacesNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "below", "folder")
	fill := func(text string, failure error) error {
		return atomicfile.Folder(path, func(dir string) error {
			return errors.Join(os.WriteFile(filepath.Join(dir, "file"), []byte(text), 0o644), failure)
		})
	}
	if err := fill("half", errHalfway); !errors.Is(err, errHalfway) {
		t.Errorf("got %v", err)
	}
	if names := entries(t, filepath.Dir(path)); len(names) != 0 {
		t.Errorf("a failure left %q", names)
	}
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := fill("first", nil); err != nil {
		t.Errorf("an empty folder is in the way: %v", err)
	}
	if err := fill("second", nil); err == nil {
		t.Error("a folder with a file in it was replaced")
	}
	if text, err := os.ReadFile(filepath.Join(path, "file")); string(text) != "first" || err != nil {
		t.Errorf("the file holds %q, %v", text, err)
	}
}
