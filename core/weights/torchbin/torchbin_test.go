package torchbin_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/needs"
	"harness/core/weights/safetensors"
	"harness/core/weights/torchbin"
)

// numbers decodes elements of any type.
func numbers(t *testing.T, x safetensors.Tensor) []float64 {
	t.Helper()
	size := x.DType.Size()
	out := make([]float64, len(x.Data)/size)
	if x.DType.IsFloat() && x.DType != safetensors.F64 {
		values, err := x.Float32()
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range values {
			out[i] = float64(v)
		}
		return out
	}
	for i := range out {
		b := x.Data[i*size:]
		switch x.DType {
		case safetensors.F64:
			out[i] = math.Float64frombits(binary.LittleEndian.Uint64(b))
		case safetensors.I64:
			out[i] = float64(int64(binary.LittleEndian.Uint64(b)))
		case safetensors.I32:
			out[i] = float64(int32(binary.LittleEndian.Uint32(b)))
		case safetensors.U16:
			out[i] = float64(binary.LittleEndian.Uint16(b))
		case safetensors.U8, safetensors.Bool:
			out[i] = float64(b[0])
		default:
			t.Fatalf("type %s is not expected", x.DType)
		}
	}
	return out
}

// What torch wrote reads as torch says: see testdata/make.py.
func TestViewsReadAsTorchReadsThem(t *testing.T) {
	f, err := torchbin.Open(filepath.Join("testdata", "views.bin"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text, err := os.ReadFile(filepath.Join("testdata", "views.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]struct {
		DType  string
		Shape  []int
		Values []float64
	}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	if len(f.Names()) != len(want) {
		t.Errorf("tensors are %q", f.Names())
	}
	types := map[string]safetensors.DType{
		"float32": safetensors.F32, "float16": safetensors.F16, "bfloat16": safetensors.BF16, "float64": safetensors.F64,
		"float8_e4m3fn": safetensors.F8E4M3, "float8_e5m2": safetensors.F8E5M2, "bool": safetensors.Bool,
		"int64": safetensors.I64, "int32": safetensors.I32, "uint16": safetensors.U16, "uint8": safetensors.U8,
	}
	for name, w := range want {
		got, err := f.Tensor(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if got.Shape == nil {
			got.Shape = []int{}
		}
		info, ok := f.Info(name)
		if !ok || info.DType != types[w.DType] || got.DType != info.DType || !cmp.Equal(got.Shape, w.Shape) {
			t.Errorf("%s is %s of shape %v, want %s of %v", name, got.DType, got.Shape, w.DType, w.Shape)
			continue
		}
		if diff := cmp.Diff(w.Values, numbers(t, got)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		err = safetensors.View(f, name, func(seen safetensors.Tensor) error {
			if seen.DType != got.DType || !bytes.Equal(seen.Data, got.Data) {
				t.Errorf("%s: a view differs", name)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// Every fixture's pickled weights read whole and as floats.
func TestParityFixtures(t *testing.T) {
	for _, path := range needs.Goldens(t, "pytorch_model*.bin") {
		t.Run(filepath.Base(filepath.Dir(path)), func(t *testing.T) {
			f, err := torchbin.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			for _, name := range f.Names() {
				x, err := f.Tensor(name)
				if err != nil {
					t.Fatal(err)
				}
				if size, err := x.Bytes(); err != nil || size != int64(len(x.Data)) {
					t.Errorf("%s has %d bytes, its shape takes %d (%v)", name, len(x.Data), size, err)
				}
			}
		})
	}
}

// pack makes an archive out of members, by name below the folder "m".
func pack(t testing.TB, method uint16, members map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, content := range members {
		member, err := w.CreateHeader(&zip.FileHeader{Name: "m/" + name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := member.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Pieces of pickles, in protocol 2.
func text(s string) string {
	return "X" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(s)))) + s
}
func whole(n int32) string { return "J" + string(binary.LittleEndian.AppendUint32(nil, uint32(n))) }
func dims(ns ...int32) string {
	s := "("
	for _, n := range ns {
		s += whole(n)
	}
	return s + "t"
}

// view is a tensor of a storage with the key 0.
func view(class string, count, offset int32, shape, strides string) string {
	return "ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + "ctorch\n" + class + "\n" + text("0") + text("cpu") + whole(count) +
		"tQ" + whole(offset) + shape + strides + "\x89ccollections\nOrderedDict\n)RtR"
}

// weights is a file whose one tensor "w" is of a storage of 8 bytes.
func weights(t testing.TB, value string) []byte {
	return pack(t, zip.Store, map[string]string{
		"data.pkl": "\x80\x02}(" + text("w") + value + "u.", "data/0": "\x00\x00\x80\x3f\x00\x00\x00\x40",
	})
}

func open(b []byte) (*torchbin.File, error) {
	return torchbin.NewFile(bytes.NewReader(b), int64(len(b)), "some.bin")
}

func TestBadFilesAreRefusedByName(t *testing.T) {
	good := weights(t, view("FloatStorage", 2, 0, dims(2), dims(1)))
	if f, err := open(good); err != nil || len(f.Names()) != 1 {
		t.Fatalf("a good file: %v", err)
	}
	pickle := func(p string) []byte { return pack(t, zip.Store, map[string]string{"data.pkl": p}) }
	of := func(value string) []byte { return weights(t, value) }
	tests := map[string]struct {
		file []byte
		want string
	}{
		"calls os.system":          {pickle("\x80\x02cos\nsystem\n(" + text("true") + "tR."), `"os.system"`},
		"calls by stack":           {pickle("\x80\x04" + text("builtins") + text("eval") + "\x93."), `"builtins.eval"`},
		"makes an object":          {pickle("\x80\x02ccollections\nOrderedDict\n)\x81."), "makes an object"},
		"makes an old object":      {pickle("(ios\nsystem\n."), "makes an object"},
		"calls what is no name":    {pickle("\x80\x02})R."), "calls a dictionary"},
		"calls a storage's class":  {pickle("\x80\x02ctorch\nFloatStorage\n)R."), "torch.FloatStorage"},
		"sets a tensor's state":    {of(view("FloatStorage", 2, 0, dims(2), dims(1)) + "}b"), "sets the state of a tensor"},
		"an extension":             {pickle("\x80\x02\x82\x01."), "extension"},
		"a text protocol":          {pickle("I1\n."), "text protocol"},
		"a quantized storage":      {of(view("QInt8Storage", 8, 0, dims(8), dims(1))), "torch.QInt8Storage"},
		"no dictionary":            {pickle("\x80\x02]."), "a list"},
		"a nested dictionary":      {of("}"), `"w" is a dictionary`},
		"nothing to stop":          {pickle("\x80\x02}"), "ends early"},
		"empty stack":              {pickle("\x80\x02."), "takes a value"},
		"mark taken as a value":    {pickle("\x80\x02(."), "mark"},
		"memo that is not":         {pickle("\x80\x02h\x05."), "number 5"},
		"lying text":               {pickle("\x80\x02X\xff\xff\xff\x7fa."), "ends early"},
		"lying long text":          {pickle("\x80\x02\x8d\xff\xff\xff\xff\xff\xff\xff\xffa."), "ends early"},
		"twice a tensor":           {of(view("FloatStorage", 2, 0, dims(2), dims(1)) + text("w") + view("FloatStorage", 2, 0, dims(1), dims(1))), `"w"`},
		"key that is no text":      {pickle("\x80\x02}N]s."), "name is None"},
		"storage larger than file": {of(view("FloatStorage", 1<<30, 0, dims(2), dims(1))), "but has 8 bytes in the file"},
		"storage of another type":  {of(view("HalfStorage", 2, 0, dims(2), dims(1))), `tensor "w"`},
		"storage missing":          {pickle("\x80\x02}" + text("w") + view("FloatStorage", 2, 0, dims(2), dims(1)) + "s."), `"0" is not in the file`},
		"shape larger":             {of(view("FloatStorage", 2, 0, dims(3), dims(1))), "takes 12 bytes"},
		"repeated by stride 0":     {of(view("FloatStorage", 2, 0, dims(1<<30, 1<<30), dims(0, 0))), `tensor "w"`},
		"shape beyond all bounds":  {of(view("FloatStorage", 2, 0, dims(1<<30, 1<<30, 1<<30), dims(0, 0, 0))), "too large"},
		"negative shape":           {of(view("FloatStorage", 2, 0, dims(-1), dims(1))), "shape"},
		"negative stride":          {of(view("FloatStorage", 2, 1, dims(2), dims(-1))), "strides"},
		"offset beyond":            {of(view("FloatStorage", 2, 3, dims(1), dims(1))), "element 3"},
		"negative offset":          {of(view("FloatStorage", 2, -1, dims(1), dims(1))), "element -1"},
		"stride leads out":         {of(view("FloatStorage", 2, 0, dims(2), dims(2))), "out of its storage"},
		"offset and shape lead out": {
			of(view("FloatStorage", 2, 1, dims(2), dims(1))), "out of its storage"},
		"more strides than shape": {of(view("FloatStorage", 2, 0, dims(2), dims(1, 1))), "strides"},
		"a negated view": {
			of(strings.TrimSuffix(view("FloatStorage", 2, 0, dims(2), dims(1)), "tR") + "}" + text("neg") + "\x88stR"), `marked "neg"`},
		"compressed": {pack(t, zip.Deflate, map[string]string{"data.pkl": strings.Repeat("a", 1000)}), "compressed"},
		"big-endian": {
			pack(t, zip.Store, map[string]string{"data.pkl": "\x80\x02}.", "byteorder": "big"}), "little-endian"},
		"no pickle":       {pack(t, zip.Store, map[string]string{"x": ""}), "data.pkl"},
		"truncated":       {good[:len(good)-30], "truncated"},
		"not an archive":  {[]byte("hello"), "no zip archive"},
		"empty":           {nil, "no zip archive"},
		"too long a name": {pickle("\x80\x02c" + strings.Repeat("a", 200) + "\nb\n."), "201 bytes"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := open(test.file)
			if err == nil {
				t.Fatal("opened")
			}
			if !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "some.bin") {
				t.Errorf("error %q does not name %s", err, test.want)
			}
		})
	}
}

func TestFormatBeforeZipIsNamed(t *testing.T) {
	_, err := open([]byte("\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03."))
	if !errors.Is(err, torchbin.ErrLegacy) || !strings.Contains(err.Error(), "some.bin") {
		t.Errorf("error is %v", err)
	}
}

// Attributes of the state dictionary and plain values beside the tensors are
// passed over.
func TestNotesBesideTensors(t *testing.T) {
	f, err := open(pack(t, zip.Store, map[string]string{
		"data.pkl": "\x80\x02ccollections\nOrderedDict\n)R(" + text("w") + view("FloatStorage", 2, 1, dims(), dims()) + text("step") + "\x8a\x03\x00\x00\x80" +
			text("rate") + "G\x3f\xb9\x99\x99\x99\x99\x99\x9au}" + text("_metadata") + "}sb.",
		"data/0": "\x00\x00\x80\x3f\x00\x00\x00\x40",
	}))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"w"}, f.Names()); diff != "" {
		t.Error(diff)
	}
	w, err := f.Tensor("w")
	if err != nil {
		t.Fatal(err)
	}
	if got := numbers(t, w); len(got) != 1 || got[0] != 2 {
		t.Errorf("w is %v", got)
	}
	if _, err := f.Tensor("step"); err == nil || !strings.Contains(err.Error(), `"step"`) {
		t.Errorf("what is no tensor: %v", err)
	}
}

// A file that became shorter after it was opened is an error, no crash.
func TestFileThatShrinks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.bin")
	if err := os.WriteFile(path, weights(t, view("FloatStorage", 2, 0, dims(2), dims(1))), 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := torchbin.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := os.Truncate(path, 10); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Tensor("w"); err == nil || !strings.Contains(err.Error(), `"w"`) || !strings.Contains(err.Error(), path) {
		t.Errorf("error is %v", err)
	}
}

// flip turns one bit of the only place where a file holds these bytes.
func flip(t *testing.T, file []byte, at string) []byte {
	t.Helper()
	if bytes.Count(file, []byte(at)) != 1 {
		t.Fatalf("%q is %d times in the file", at, bytes.Count(file, []byte(at)))
	}
	out := bytes.Clone(file)
	out[bytes.Index(file, []byte(at))] ^= 4
	return out
}

func TestDamagedBytesAreNoticed(t *testing.T) {
	good := pack(t, zip.Store, map[string]string{
		"data.pkl": "\x80\x02}(" + text("w") + view("FloatStorage", 2, 1, dims(1), dims(1)) + "u.", "data/0": "\x00\x00\x81\x3f\x00\x00\x00\x41",
	})
	if _, err := open(flip(t, good, "_rebuild_tensor_v2")); !errors.Is(err, torchbin.ErrDamaged) || !strings.Contains(err.Error(), "data.pkl") {
		t.Errorf("a bit of the pickle: %v", err)
	}
	// The flipped byte lies in the tensor's storage, outside the tensor.
	damaged := flip(t, good, "\x00\x00\x81\x3f")
	path := filepath.Join(t.TempDir(), "w.bin")
	if err := os.WriteFile(path, damaged, 0o644); err != nil {
		t.Fatal(err)
	}
	mapped, err := torchbin.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer mapped.Close()
	inMemory, err := open(damaged)
	if err != nil {
		t.Fatal(err)
	}
	for label, f := range map[string]*torchbin.File{path: mapped, "some.bin": inMemory} {
		for range 2 {
			_, read := f.Tensor("w")
			view := f.View("w", func(safetensors.Tensor) error { return nil })
			for _, err := range []error{read, view} {
				if !errors.Is(err, torchbin.ErrDamaged) || !strings.Contains(err.Error(), `"w"`) || !strings.Contains(err.Error(), label) {
					t.Errorf("error is %v", err)
				}
			}
		}
	}

	// torch.serialization.set_crc32_options(False): all checksums are 0.
	z, err := zip.NewReader(bytes.NewReader(damaged), int64(len(damaged)))
	if err != nil {
		t.Fatal(err)
	}
	without := bytes.Clone(damaged)
	for _, member := range z.File {
		without = bytes.ReplaceAll(without, binary.LittleEndian.AppendUint32(nil, member.CRC32), make([]byte, 4))
	}
	f, err := open(without)
	if err != nil {
		t.Fatal(err)
	}
	if w, err := f.Tensor("w"); err != nil || numbers(t, w)[0] != 8 {
		t.Errorf("without checksums: %v, %v", w, err)
	}
}

func TestStartsAndShares(t *testing.T) {
	tensor := func(offset int32) string { return view("FloatStorage", 4, offset, dims(2), dims(1)) }
	f, err := open(pack(t, zip.Store, map[string]string{
		"data.pkl": "\x80\x02}(" + text("a") + tensor(0) + text("b") + tensor(0) + text("c") + tensor(2) + "u.", "data/0": "0123456789abcdef",
	}))
	if err != nil {
		t.Fatal(err)
	}
	if !f.Shares("a", "b") || f.Shares("a", "c") {
		t.Error("a and b are one view, c is another")
	}
	for name, want := range map[string]string{"a": "012", "c": "89a"} {
		if got, err := f.Start(name, 3); err != nil || string(got) != want {
			t.Errorf("%s starts with %q (%v)", name, got, err)
		}
	}
	if got, err := f.Start("c", 100); err != nil || string(got) != "89abcdef" {
		t.Errorf("c is %q (%v)", got, err)
	}
	if _, err := f.Start("d", 1); err == nil {
		t.Error("a missing tensor starts")
	}
}

// consume reads everything of a file that opens.
func consume(t *testing.T, b []byte) {
	f, err := open(b)
	if err != nil {
		return
	}
	for _, name := range f.Names() {
		x, err := f.Tensor(name)
		if errors.Is(err, torchbin.ErrDamaged) {
			continue
		}
		if err != nil {
			t.Fatalf("a file that opens does not read: %v", err)
		}
		if size, err := x.Bytes(); err != nil || size != int64(len(x.Data)) || size > int64(len(b)) {
			t.Fatalf("%s has %d bytes, its shape takes %d, the file %d (%v)", name, len(x.Data), size, len(b), err)
		}
	}
}

func FuzzFile(f *testing.F) {
	views, err := os.ReadFile(filepath.Join("testdata", "views.bin"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(views)
	f.Add(weights(f, view("FloatStorage", 2, 0, dims(2), dims(1))))
	f.Fuzz(func(t *testing.T, b []byte) { consume(t, b) })
}

func FuzzPickle(f *testing.F) {
	views, err := zip.OpenReader(filepath.Join("testdata", "views.bin"))
	if err != nil {
		f.Fatal(err)
	}
	defer views.Close()
	var storages []string
	for _, member := range views.File {
		r, err := member.Open()
		if err != nil {
			f.Fatal(err)
		}
		var b bytes.Buffer
		if _, err := b.ReadFrom(r); err != nil {
			f.Fatal(err)
		}
		if strings.HasSuffix(member.Name, ".pkl") {
			f.Add(b.Bytes())
		} else if strings.Contains(member.Name, "/data/") {
			storages = append(storages, b.String())
		}
	}
	f.Add([]byte("\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00}\x94(\x8c\x01w\x94]\x94(K\x01e\x85\x86\x87u."))
	f.Fuzz(func(t *testing.T, pickle []byte) {
		members := map[string]string{"data.pkl": string(pickle)}
		for i, s := range storages {
			members[fmt.Sprintf("data/%d", i)] = s
		}
		consume(t, pack(t, zip.Store, members))
	})
}
