package engine_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"harness/core/protocol/harnesspb"
	"harness/core/weights/safetensors"
)

// Weights that are broken on disk are errors of the request that needs them,
// which name the file, the tensor and what was expected.
func TestBadFilesAreErrorsThatNameThem(t *testing.T) {
	f := small(t)
	const (
		tensor = "transformer.h.1.attn.out_proj.weight"
		single = "model.safetensors"
		index  = single + ".index.json"
		shard  = "model-00001-of-00001.safetensors"
	)
	for _, c := range []struct {
		name   string
		change func(t *testing.T, dir string)
		want   []string
	}{
		{"shard missing", func(t *testing.T, dir string) {
			shards(t, dir, shard, nil)
			remove(t, dir, shard)
		}, []string{shard}},
		{"shard missing in the index", func(t *testing.T, dir string) {
			shards(t, dir, shard, nil)
			rename(t, dir, shard, "model-00002-of-00002.safetensors")
			put(t, dir, index, []byte(`{"weight_map":{"`+tensor+`":"model-00002-of-00002.safetensors"}}`))
		}, []string{index, "model-00001-of-00002.safetensors"}},
		{"tensor in the index but not in the shard", func(t *testing.T, dir string) {
			shards(t, dir, shard, []string{"transformer.extra.weight"})
		}, []string{index, shard, `"transformer.extra.weight"`}},
		{"header longer than the file", func(t *testing.T, dir string) {
			put(t, dir, single, binary.LittleEndian.AppendUint64(nil, 90_000_000))
		}, []string{single, "90000000"}},
		{"offsets beyond the file", func(t *testing.T, dir string) {
			header := `{"` + tensor + `":{"dtype":"F32","shape":[1000000],"data_offsets":[0,4000000]}}`
			put(t, dir, single, append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...))
		}, []string{single, tensor, "4000000"}},
		{"infinite", func(t *testing.T, dir string) {
			set := read(t, dir)
			values := make([]float32, 256)
			values[3] = float32(math.Inf(-1))
			set[tensor] = safetensors.FromFloat32(tensor, []int{16, 16}, values)
			if err := safetensors.WriteSource(filepath.Join(dir, single), set, nil); err != nil {
				t.Fatal(err)
			}
		}, []string{tensor, "-Inf", "3"}},
		{"pickle that calls", func(t *testing.T, dir string) {
			remove(t, dir, single)
			pickled(t, filepath.Join(dir, "pytorch_model.bin"), "\x80\x02cos\nsystem\n(X\x04\x00\x00\x00truetR.")
		}, []string{"pytorch_model.bin", "os.system"}},
		{"pickle of before", func(t *testing.T, dir string) {
			remove(t, dir, single)
			put(t, dir, "pytorch_model.bin", []byte("\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03."))
		}, []string{"pytorch_model.bin", "1.6", "safetensors"}},
		{"GGUF cut short", func(t *testing.T, dir string) {
			remove(t, dir, single)
			put(t, dir, "model.gguf", []byte("GGUF\x03\x00\x00\x00\xff\xff\xff\xff"))
		}, []string{"model.gguf", "truncated"}},
		{"a tensor that nothing reads", func(t *testing.T, dir string) {
			set := read(t, dir)
			set["transformer.h.1.attn.qkv_proj.bias"] = safetensors.FromFloat32("transformer.h.1.attn.qkv_proj.bias", []int{48}, make([]float32, 48))
			if err := safetensors.WriteSource(filepath.Join(dir, single), set, nil); err != nil {
				t.Fatal(err)
			}
		}, []string{"checkpoint", `"transformer.h.1.attn.qkv_proj.bias"`, "no parameter reads"}},
		{"a flipped bit in torch's file", func(t *testing.T, dir string) {
			remove(t, dir, single)
			path := filepath.Join(dir, "pytorch_model.bin")
			pickled(t, path, "\x80\x02}.")
			file, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			put(t, dir, "pytorch_model.bin", bytes.Replace(file, []byte("\x80\x02}."), []byte("\x80\x02]."), 1))
		}, []string{"pytorch_model.bin", "data.pkl", "damaged"}},
		{"no weights", func(t *testing.T, dir string) { remove(t, dir, single) }, []string{"no weights", single}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := checkpoint(t, f, func(map[string]safetensors.Tensor) {})
			c.change(t, dir)
			refused(t, f, &harnesspb.ModelState{Graph: f.built.GetGraph(), Checkpoint: dir}, c.want...)
		})
	}
}

func put(t *testing.T, dir, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.Remove(filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
}

func rename(t *testing.T, dir, from, to string) {
	t.Helper()
	if err := os.Rename(filepath.Join(dir, from), filepath.Join(dir, to)); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, dir string) safetensors.Set {
	t.Helper()
	file, err := safetensors.Open(filepath.Join(dir, "model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	set, err := safetensors.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// shards makes the single file a shard, with an index that also lists others.
func shards(t *testing.T, dir, shard string, others []string) {
	t.Helper()
	at := map[string]string{}
	for _, name := range append(read(t, dir).Names(), others...) {
		at[name] = shard
	}
	text, err := json.Marshal(map[string]any{"weight_map": at})
	if err != nil {
		t.Fatal(err)
	}
	put(t, dir, "model.safetensors.index.json", text)
	rename(t, dir, "model.safetensors", shard)
}

// pickled writes an archive as torch does.
func pickled(t *testing.T, path, program string) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	archive := zip.NewWriter(file)
	member, err := archive.CreateHeader(&zip.FileHeader{Name: "archive/data.pkl", Method: zip.Store})
	if err == nil {
		_, err = member.Write([]byte(program))
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
}
