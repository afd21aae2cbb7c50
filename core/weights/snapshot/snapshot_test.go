package snapshot_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/needs"
	"harness/core/weights/safetensors"
	"harness/core/weights/snapshot"
)

// lay writes files into a new folder.
func lay(t *testing.T, dir string, files map[string]string) string {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// weights is the content of a file with these tensors, of one element each.
func weights(t *testing.T, names ...string) string {
	t.Helper()
	set := safetensors.Set{}
	for i, name := range names {
		set[name] = safetensors.FromFloat32(name, []int{1}, []float32{float32(i)})
	}
	var b bytes.Buffer
	if err := safetensors.Encode(&b, set, map[string]string{"format": "pt"}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func index(t *testing.T, at map[string]string) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{"weight_map": at})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

const (
	first  = "model-00001-of-00002.safetensors"
	second = "model-00002-of-00002.safetensors"
)

func sharded(t *testing.T) map[string]string {
	return map[string]string{
		"config.json":                  "{}",
		first:                          weights(t, "a"),
		second:                         weights(t, "b", "c"),
		"model.safetensors.index.json": index(t, map[string]string{"a": first, "b": second, "c": second}),
	}
}

func TestShardsReadAsOne(t *testing.T) {
	s, err := snapshot.Open(lay(t, t.TempDir(), sharded(t)))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if diff := cmp.Diff([]string{"a", "b", "c"}, s.Names()); diff != "" {
		t.Error(diff)
	}
	c, err := s.Tensor("c")
	if err != nil {
		t.Fatal(err)
	}
	if v, err := c.Float32(); err != nil || v[0] != 1 {
		t.Errorf("c is %v (%v)", v, err)
	}
	if _, err := s.Tensor("d"); err == nil || !strings.Contains(err.Error(), `"d"`) {
		t.Errorf("a missing tensor: %v", err)
	}
}

func TestBadFoldersAreRefusedByName(t *testing.T) {
	tests := map[string]struct {
		change func(map[string]string)
		want   string
	}{
		"no config":               {func(f map[string]string) { delete(f, "config.json") }, "config.json"},
		"config is not JSON":      {func(f map[string]string) { f["config.json"] = "{" }, "config.json"},
		"index is not JSON":       {func(f map[string]string) { f["model.safetensors.index.json"] = "[" }, "index.json"},
		"index lists nothing":     {func(f map[string]string) { f["model.safetensors.index.json"] = "{}" }, "lists no tensors"},
		"shard missing on disk":   {func(f map[string]string) { delete(f, second) }, second},
		"shard truncated":         {func(f map[string]string) { f[second] = f[second][:len(f[second])-1] }, second},
		"shard missing in index":  {func(f map[string]string) { f["model.safetensors.index.json"] = index(t, map[string]string{"a": first}) }, second},
		"tensor missing in index": {func(f map[string]string) { f[first] = weights(t, "a", "extra") }, `"extra"`},
		"tensor missing in shard": {func(f map[string]string) { f[second] = weights(t, "b") }, `"c"`},
		"tensor in two shards":    {func(f map[string]string) { f[second] = weights(t, "b", "c", "a") }, `"a"`},
		"stray shard":             {func(f map[string]string) { f["model-00003-of-00003.safetensors"] = weights(t, "x") }, "model-00003"},
		"shard without an index":  {func(f map[string]string) { delete(f, "model.safetensors.index.json") }, "but no index file"},
		"one file beside shards":  {func(f map[string]string) { f["model.safetensors"] = weights(t, "a", "b", "c") }, "model.safetensors.index.json"},
		"one file beside a shard": {func(f map[string]string) {
			delete(f, "model.safetensors.index.json")
			f["model.safetensors"] = weights(t, "a", "b", "c")
		}, first},
		"an adapter beside the weights": {func(f map[string]string) { f["adapter_config.json"] = "{}" }, "adapter_config.json"},
		"shard outside the folder": {func(f map[string]string) {
			f["model.safetensors.index.json"] = index(t, map[string]string{"a": "../x.safetensors"})
		}, "out of the folder"},
		"no weights": {func(f map[string]string) {
			maps.DeleteFunc(f, func(name, _ string) bool { return name != "config.json" })
		}, "no weights"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			files := sharded(t)
			test.change(files)
			s, err := snapshot.Open(lay(t, t.TempDir(), files))
			if err == nil {
				s.Close()
				t.Fatal("opened")
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %q does not name %s", err, test.want)
			}
		})
	}
}

func TestTorchWeightsReadAsSafetensorsDo(t *testing.T) {
	content, err := os.ReadFile(filepath.Join("..", "torchbin", "testdata", "views.bin"))
	if err != nil {
		t.Fatal(err)
	}
	const one, two = "pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin"
	single := map[string]string{"config.json": "{}", "pytorch_model.bin": string(content)}
	whole, err := snapshot.Open(lay(t, t.TempDir(), single))
	if err != nil {
		t.Fatal(err)
	}
	defer whole.Close()
	want, err := safetensors.ReadAll(whole)
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]string{}
	for i, name := range whole.Names() {
		at[name] = []string{one, two}[i%2]
	}
	shards := map[string]string{
		"config.json": "{}", one: string(content), two: string(content), "pytorch_model.bin.index.json": index(t, at),
	}
	s, err := snapshot.Open(lay(t, t.TempDir(), shards))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	got, err := safetensors.ReadAll(s)
	if err != nil {
		t.Fatal(err)
	}
	if !cmp.Equal(got, want) {
		t.Error("shards read differently")
	}

	// safetensors go first, as in transformers.
	shards["model.safetensors"] = weights(t, "preferred")
	both, err := snapshot.Open(lay(t, t.TempDir(), shards))
	if err != nil {
		t.Fatal(err)
	}
	defer both.Close()
	if diff := cmp.Diff([]string{"preferred"}, both.Names()); diff != "" {
		t.Error(diff)
	}

	delete(shards, "model.safetensors")
	delete(shards, two)
	if _, err := snapshot.Open(lay(t, t.TempDir(), shards)); err == nil || !strings.Contains(err.Error(), two) {
		t.Errorf("a missing shard: %v", err)
	}
}

func TestAnIndexMayListTheOneFile(t *testing.T) {
	s, err := snapshot.Open(lay(t, t.TempDir(), map[string]string{
		"config.json": "{}", "model.safetensors": weights(t, "a"),
		"model.safetensors.index.json": index(t, map[string]string{"a": "model.safetensors"}),
	}))
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
}

func TestWeightsOfOtherLibrariesAreSaidToBeUnread(t *testing.T) {
	dir := lay(t, t.TempDir(), map[string]string{"config.json": "{}", "tf_model.h5": "HDF"})
	if _, err := snapshot.Open(dir); !errors.Is(err, snapshot.ErrFormat) || !strings.Contains(err.Error(), "tf_model.h5") {
		t.Errorf("error is %v", err)
	}
}

// cache lays files out as the hub's client does: links into a folder of blobs.
func cache(t *testing.T, files map[string]string) string {
	t.Helper()
	repo := filepath.Join(t.TempDir(), "models--org--name")
	dir := filepath.Join(repo, "snapshots", "0123abc")
	for name, content := range files {
		blob := "blob-of-" + filepath.Base(name)
		lay(t, repo, map[string]string{"blobs/" + blob: content})
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		up, err := filepath.Rel(filepath.Dir(path), filepath.Join(repo, "blobs", blob))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(up, path); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func digest(t *testing.T, dir string) string {
	t.Helper()
	d, err := snapshot.Digest(t.Context(), dir, snapshot.HashFile)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDigestIsOfNamesAndContentsOnly(t *testing.T) {
	files := sharded(t)
	files["merges.txt"] = "hello"
	want := digest(t, lay(t, t.TempDir(), files))
	if len(want) != 64 {
		t.Errorf("digest %q is no SHA-256", want)
	}

	linked := cache(t, files)
	if got := digest(t, linked); got != want {
		t.Error("a hub cache has another digest than a copy")
	}
	s, err := snapshot.Open(linked)
	if err != nil {
		t.Fatalf("a hub cache does not open: %v", err)
	}
	s.Close()

	other := lay(t, t.TempDir(), files)
	lay(t, other, map[string]string{
		".cache/huggingface/x.metadata": "1", ".tmp-model.safetensors-1": "left", ".DS_Store": "x", "README.md": "x", "step.json": "{}",
		"pytorch_model.bin": "the same weights in another format", "runs/events.out": "x", "training_args.bin": "x",
	})
	if digest(t, other) != want {
		t.Error("files that nothing reads count")
	}
	if err := os.Rename(filepath.Join(other, "merges.txt"), filepath.Join(other, "vocab.txt")); err != nil {
		t.Fatal(err)
	}
	if digest(t, other) == want {
		t.Error("a name does not count")
	}
	files["merges.txt"] = "hullo"
	if digest(t, lay(t, t.TempDir(), files)) == want {
		t.Error("a content does not count")
	}
}

func TestLinksOutOfTheFolderAreRefused(t *testing.T) {
	secret := lay(t, t.TempDir(), map[string]string{"secret": "x"})
	dir := lay(t, t.TempDir(), sharded(t))
	if err := os.Symlink(filepath.Join(secret, "secret"), filepath.Join(dir, "merges.txt")); err != nil {
		t.Fatal(err)
	}
	if _, err := snapshot.Digest(t.Context(), dir, snapshot.HashFile); err == nil || !strings.Contains(err.Error(), "merges.txt") {
		t.Errorf("error is %v", err)
	}
}

func TestWrittenFolderOpens(t *testing.T) {
	from := lay(t, t.TempDir(), map[string]string{
		"tokenizer.json": "old", "tokenizer_config.json": "kept", "README.md": "not copied", "config.json": "other",
	})
	set, err := safetensors.NewSet(safetensors.FromFloat32("w", []int{2}, []float32{1, 2}))
	if err != nil {
		t.Fatal(err)
	}
	contents := snapshot.Contents{
		Config:   []byte(`{"model_type": "codegen"}`),
		Tensors:  set,
		CopyFrom: from,
		Files:    map[string][]byte{"tokenizer.json": []byte("new")},
	}
	dir := filepath.Join(t.TempDir(), "deep", "model")
	if err := snapshot.Write(dir, contents); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, name := range []string{"config.json", "tokenizer.json", "tokenizer_config.json"} {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		got[name] = string(content)
	}
	want := map[string]string{"config.json": `{"model_type": "codegen"}`, "tokenizer.json": "new", "tokenizer_config.json": "kept"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := os.Stat(filepath.Join(dir, "README.md")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("README.md was copied")
	}
	s, err := snapshot.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if diff := cmp.Diff([]string{"w"}, s.Names()); diff != "" {
		t.Error(diff)
	}

	if err := snapshot.Write(dir, contents); err == nil {
		t.Error("a folder with content was replaced")
	}
	again := filepath.Join(t.TempDir(), "again")
	if err := snapshot.Write(again, contents); err != nil {
		t.Fatal(err)
	}
	if digest(t, again) != digest(t, dir) {
		t.Error("the same contents give two digests")
	}

	delete(set, "w")
	set["w"] = safetensors.FromFloat32("w", []int{3}, []float32{1})
	failed := filepath.Join(t.TempDir(), "failed")
	if err := snapshot.Write(failed, contents); err == nil {
		t.Error("a bad tensor was written")
	}
	if entries, _ := os.ReadDir(filepath.Dir(failed)); len(entries) > 0 {
		t.Errorf("left behind: %v", entries)
	}
}

func TestShardsAreWrittenAndReadBack(t *testing.T) {
	set := safetensors.Set{}
	for i, size := range []int{2, 2, 3, 9, 1, 0} {
		name := string(rune('a' + i))
		values := make([]float32, size)
		for j := range values {
			values[j] = float32(10*i + j)
		}
		set[name] = safetensors.FromFloat32(name, []int{size}, values)
	}
	for _, c := range []struct {
		most int64 // bytes
		want map[string]string
	}{
		{0, nil}, {4 * 17, nil},
		// e and f share the last file: nothing takes no room.
		{16, map[string]string{"a": "1-of-00004", "b": "1-of-00004", "c": "2-of-00004", "d": "3-of-00004", "e": "4-of-00004", "f": "4-of-00004"}},
		{4 * 16, map[string]string{"a": "1-of-00002", "b": "1-of-00002", "c": "1-of-00002", "d": "1-of-00002", "e": "2-of-00002", "f": "2-of-00002"}},
	} {
		dir := filepath.Join(t.TempDir(), "model")
		contents := snapshot.Contents{Config: []byte("{}"), Tensors: set, MaxShard: c.most}
		if c.want != nil {
			for name, number := range c.want {
				c.want[name] = "model-0000" + number + ".safetensors"
			}
		}
		if err := snapshot.Write(dir, contents); err != nil {
			t.Fatal(err)
		}
		var index struct {
			Metadata struct {
				TotalSize int64 `json:"total_size"`
			}
			Map map[string]string `json:"weight_map"`
		}
		text, err := os.ReadFile(filepath.Join(dir, "model.safetensors.index.json"))
		if c.want == nil {
			if !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("at most %d bytes: an index is there (%v)", c.most, err)
			}
		} else if err := json.Unmarshal(text, &index); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, index.Map); diff != "" {
			t.Errorf("at most %d bytes: %s", c.most, diff)
		}
		if c.want != nil && index.Metadata.TotalSize != 4*17 {
			t.Errorf("the index says %d bytes", index.Metadata.TotalSize)
		}
		s, err := snapshot.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		got, err := safetensors.ReadAll(s)
		s.Close()
		if err != nil {
			t.Fatal(err)
		}
		if !cmp.Equal(set, got) {
			t.Errorf("at most %d bytes: tensors changed", c.most)
		}
	}
}

func TestParityFolders(t *testing.T) {
	for _, dir := range needs.Checkpoints(t, "config.json") {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			s, err := snapshot.Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			set, err := safetensors.ReadAll(s)
			if err != nil {
				t.Fatal(err)
			}
			for name, tensor := range set {
				if _, err := tensor.Float32(); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
			// One file out of all shards holds the same tensors.
			copied := filepath.Join(t.TempDir(), "copy")
			if err := snapshot.Write(copied, snapshot.Contents{Config: s.Config(), Tensors: s, CopyFrom: dir}); err != nil {
				t.Fatal(err)
			}
			c, err := snapshot.Open(copied)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			again, err := safetensors.ReadAll(c)
			if err != nil {
				t.Fatal(err)
			}
			if !cmp.Equal(set, again) {
				t.Error("tensors changed")
			}
		})
	}
}

func FuzzIndex(f *testing.F) {
	f.Add([]byte(`{"weight_map":{"a":"model-00001-of-00002.safetensors"}}`))
	f.Add([]byte(`{"weight_map":{"a":"../a"}}`))
	f.Add([]byte(`{"weight_map":{"a":"model-00001-of-99999.safetensors"}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		dir := lay(t, t.TempDir(), map[string]string{"config.json": "{}", "model.safetensors.index.json": string(text)})
		if s, err := snapshot.Open(dir); err == nil {
			s.Close()
			t.Error("opened without shards")
		}
	})
}
