package compiled

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func testFolder(t *testing.T, most int64) *folder {
	return &folder{path: filepath.Join(t.TempDir(), "compiled"), about: []byte("runtime"), most: most}
}

func TestKeysTellAllApart(t *testing.T) {
	f := testFolder(t, 1<<20)
	other := &folder{about: []byte("another runtime")}
	keys := map[string]string{}
	for name, key := range map[string]string{
		"a program":                f.key([]byte("program"), []byte("options")),
		"another program":          f.key([]byte("Program"), []byte("options")),
		"other options":            f.key([]byte("program"), []byte("option")),
		"a byte on the other side": f.key([]byte("programo"), []byte("ptions")),
		"no options":               f.key([]byte("program"), nil),
		"another runtime":          other.key([]byte("program"), []byte("options")),
	} {
		if before, ok := keys[key]; ok {
			t.Errorf("%s and %s have one key", name, before)
		}
		keys[key] = name
	}
	same := &folder{path: "elsewhere", about: []byte("runtime")}
	if name := keys[same.key([]byte("program"), []byte("options"))]; name != "a program" {
		t.Errorf("in another folder a program has the key of %q", name)
	}
}

func TestFolderGivesWhatItKept(t *testing.T) {
	f := testFolder(t, 1<<20)
	if got := f.find("key"); got != nil {
		t.Errorf("an empty folder has %q", got)
	}
	f.keep("key", []byte("program"))
	if got := f.find("key"); !bytes.Equal(got, []byte("program")) {
		t.Errorf("got %q", got)
	}
}

// Nothing goes wrong but that it is compiled again.
func TestFolderThatCannotBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	f := &folder{path: filepath.Join(file, "compiled"), most: 1 << 20}
	f.keep("key", []byte("program"))
	if got := f.find("key"); got != nil {
		t.Errorf("got %q", got)
	}
}

func TestFolderDropsWhatWasNotUsedForLongest(t *testing.T) {
	f := testFolder(t, 16*1000)
	program := make([]byte, 1000)
	for i := range 14 {
		key := fmt.Sprintf("key%02d", i)
		f.keep(key, program)
		past := time.Now().Add(time.Duration(i-100) * time.Hour)
		if err := os.Chtimes(filepath.Join(f.path, key), past, past); err != nil {
			t.Fatal(err)
		}
	}
	if f.find("key00") == nil {
		t.Fatal("the folder is not full yet")
	}
	for i := range 3 {
		f.keep(fmt.Sprint("new", i), program)
	}
	for key, kept := range map[string]bool{"key00": true, "key01": false, "key05": false, "key06": true, "key13": true, "new2": true} {
		if got := f.find(key) != nil; got != kept {
			t.Errorf("%s is kept: %v", key, got)
		}
	}
	f.keep("large", make([]byte, 2001))
	if f.find("large") != nil {
		t.Error("a program is kept that pushes out an eighth of the others")
	}
}
