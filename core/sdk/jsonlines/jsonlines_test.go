package jsonlines_test

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"harness/core/sdk/jsonlines"
)

func write(t testing.TB, name string, data string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out io.WriteCloser = f
	switch filepath.Ext(name) {
	case ".gz":
		out = gzip.NewWriter(f)
	case ".zst":
		out, err = zstd.NewWriter(f)
	}
	if err == nil {
		_, err = io.WriteString(out, data)
	}
	if err == nil && out != f {
		err = out.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestEach(t *testing.T) {
	for _, name := range []string{"a.jsonl", "a.jsonl.gz", "a.jsonl.zst"} {
		path := write(t, name, "{}\n\n  [1] \r\n\"last\"")
		var got []string
		err := jsonlines.Each(context.Background(), path, func(line int, data []byte) error {
			got = append(got, fmt.Sprintf("%d:%s", line, data))
			return nil
		})
		if err != nil || strings.Join(got, "|") != `1:{}|3:[1]|4:"last"` {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestErrorsNameFileAndLine(t *testing.T) {
	broken := write(t, "cut.jsonl.gz", strings.Repeat("{}\n", 10000))
	data, err := os.ReadFile(broken)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(broken, data[:len(data)-20], 0o644); err != nil {
		t.Fatal(err)
	}
	mine := errors.New("mine")
	for name, test := range map[string]struct {
		path string
		want string
	}{
		"own error":  {write(t, "a.jsonl", "{}\n{\"stop\":1}"), "a.jsonl:2: mine"},
		"long line":  {write(t, "long.jsonl.gz", "{}\n"+strings.Repeat(" ", jsonlines.MaxLine+1)), "long.jsonl.gz:2: the line is longer than 16 MiB"},
		"not zipped": {write(t, "a.jsonl", "{}"), ""},
		"long zst":   {write(t, "long.jsonl.zst", "{}\n"+strings.Repeat(" ", jsonlines.MaxLine+1)), "long.jsonl.zst:2: the line is longer than 16 MiB"},
		"wide zst":   {wide(t), "window size exceeded"},
		"cut":        {broken, "unexpected EOF"},
		"missing":    {"missing.jsonl", "no such file"},
		"a folder":   {t.TempDir(), "not a regular file"},
	} {
		t.Run(name, func(t *testing.T) {
			path := test.path
			if name == "not zipped" {
				renamed := path + ".gz"
				if err := os.Rename(path, renamed); err != nil {
					t.Fatal(err)
				}
				path, test.want = renamed, "is not compressed with gzip"
			}
			err := jsonlines.Each(context.Background(), path, func(_ int, data []byte) error {
				if strings.Contains(string(data), "stop") {
					return mine
				}
				return nil
			})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// wide is a file whose decompression would want more memory than is given.
func wide(t *testing.T) string {
	t.Helper()
	// Magic number, a frame header with a window of 3 GiB, an empty last block.
	path := write(t, "wide.jsonl", "\x28\xb5\x2f\xfd\x00\xac\x01\x00\x00")
	if err := os.Rename(path, path+".zst"); err != nil {
		t.Fatal(err)
	}
	return path + ".zst"
}

func TestDecodeNamesTheField(t *testing.T) {
	var v struct {
		Name string `json:"name"`
	}
	err := jsonlines.Decode([]byte(`{"name":3}`), &v)
	if err == nil || err.Error() != `the field "name" holds a number, not a string` {
		t.Errorf("got %v", err)
	}
	if err := jsonlines.Decode([]byte(`[1]`), &v); err == nil || err.Error() != `this is a JSON array, not an object` {
		t.Errorf("got %v", err)
	}
	if err := jsonlines.Decode([]byte(`{"name":"x","more":1}`), &v); err != nil || v.Name != "x" {
		t.Errorf("got %v, %v", v, err)
	}
}
