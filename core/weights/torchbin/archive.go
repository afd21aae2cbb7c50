package torchbin

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"strings"

	"harness/core/weights/safetensors"
)

// maxPickle limits the size of the pickle that describes the tensors; real checkpoints
// take a few hundred bytes per tensor.
const maxPickle = 16 << 20

const (
	pickleMember    = "data.pkl"
	byteOrderMember = "byteorder"
	storageFolder   = "data/"
)

// archive is the zip archive. Its members are uncompressed, as torch writes them, so
// that parts of them can be read in place.
type archive struct {
	reader  io.ReaderAt
	members map[string]member // by name within the archive's only folder
}

func openArchive(r io.ReaderAt, size int64) (archive, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return archive{}, fmt.Errorf("truncated, or no zip archive as torch writes it: %w", err)
	}
	a := archive{reader: r, members: make(map[string]member, len(z.File))}
	root := ""
	for i, f := range z.File {
		folder, name, ok := strings.Cut(f.Name, "/")
		if i == 0 {
			root = folder
		}
		if !ok || folder != root {
			return archive{}, fmt.Errorf("member %q is not in the archive's only folder %q", f.Name, root)
		}
		if _, twice := a.members[name]; twice {
			return archive{}, fmt.Errorf("member %q comes twice", f.Name)
		}
		if a.members[name], err = place(f, size); err != nil {
			return archive{}, fmt.Errorf("member %q: %w", f.Name, err)
		}
	}
	a.dropMissingChecksums()
	return a, nil
}

// dropMissingChecksums drops checksums that torch did not compute
// (torch.serialization.set_crc32_options); it then writes 0 for every member.
func (a archive) dropMissingChecksums() {
	for _, m := range a.members {
		if m.sum.want != 0 {
			return
		}
	}
	for name, m := range a.members {
		m.sum = nil
		a.members[name] = m
	}
}

// place finds a member in a file of the given size.
func place(f *zip.File, size int64) (member, error) {
	if f.Method != zip.Store || f.CompressedSize64 != f.UncompressedSize64 {
		return member{}, errors.New("is compressed, which torch never does")
	}
	begin, err := f.DataOffset()
	if err != nil {
		return member{}, err
	}
	if begin < 0 || begin > size || f.CompressedSize64 > uint64(size-begin) {
		return member{}, fmt.Errorf("%d bytes from byte %d on, in a file of %d", f.CompressedSize64, begin, size)
	}
	return member{begin, int64(f.CompressedSize64), &checksum{want: f.CRC32}}, nil
}

// whole reads a small member.
func (a archive) whole(m member, limit int64) ([]byte, error) {
	if m.size > limit {
		return nil, fmt.Errorf("%d bytes, more than the %d allowed", m.size, limit)
	}
	if err := a.check(m); err != nil {
		return nil, err
	}
	out := make([]byte, m.size)
	return out, a.readAt(out, m.begin)
}

func (a archive) readAt(into []byte, at int64) error {
	n, err := a.reader.ReadAt(into, at)
	if n == len(into) {
		return nil
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// pickle reads the description of the tensors.
func (a archive) pickle() ([]byte, error) {
	if m, ok := a.members[byteOrderMember]; ok {
		order, err := a.whole(m, 16)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", byteOrderMember, err)
		}
		if string(order) != "little" {
			return nil, fmt.Errorf("%s is %q: only little-endian files are read", byteOrderMember, order)
		}
	}
	m, ok := a.members[pickleMember]
	if !ok {
		return nil, fmt.Errorf("no member %s: no weights as torch.save writes them", pickleMember)
	}
	text, err := a.whole(m, maxPickle)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", pickleMember, err)
	}
	return text, nil
}

// tensor is a tensor of the file: a view of a storage.
type tensor struct {
	dtype   safetensors.DType
	shape   []int
	strides []int64 // in elements
	begin   int64   // position of its first element in the file
	span    int64   // bytes from the start of the first element to the end of the last
	storage member
}

// tensors checks the result of the pickle against the archive.
func (a archive) tensors(top any) (map[string]tensor, error) {
	d, ok := top.(*dict)
	if !ok {
		return nil, fmt.Errorf("holds %s, not a dictionary of tensors", describe(top))
	}
	out := make(map[string]tensor, len(d.items))
	for _, item := range d.items {
		name, ok := item.key.(string)
		if !ok {
			return nil, fmt.Errorf("a tensor's name is %s, not a text", describe(item.key))
		}
		v, ok := item.value.(*view)
		if !ok {
			switch item.value.(type) {
			case nil, bool, int64, float64, string:
				continue // not a tensor, but additional information
			}
			return nil, fmt.Errorf("entry %q is %s, not a tensor", name, describe(item.value))
		}
		if _, twice := out[name]; twice {
			return nil, fmt.Errorf("tensor %q comes twice", name)
		}
		t, err := a.locate(v)
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", name, err)
		}
		out[name] = t
	}
	return out, nil
}

// locate finds a view's bytes, which must lie in its storage.
func (a archive) locate(v *view) (tensor, error) {
	m, ok := a.members[storageFolder+v.storage.key]
	if !ok {
		return tensor{}, fmt.Errorf("its storage %q is not in the file", v.storage.key)
	}
	if v.storage.count < 0 || v.storage.count > m.size || v.storage.count*v.storage.size != m.size {
		return tensor{}, fmt.Errorf("storage %q should hold %d elements of %d bytes, but has %d bytes in the file",
			v.storage.key, v.storage.count, v.storage.size, m.size)
	}
	if len(v.shape) != len(v.strides) {
		return tensor{}, fmt.Errorf("shape %v with strides %v", v.shape, v.strides)
	}
	info := safetensors.Info{DType: v.dtype}
	for _, d := range v.shape {
		info.Shape = append(info.Shape, int(d))
	}
	total, err := info.Bytes()
	if err != nil {
		return tensor{}, err
	}
	// This also prevents a view that repeats a few elements from becoming huge.
	if total > m.size {
		return tensor{}, fmt.Errorf("%s of shape %v takes %d bytes, but its storage has %d", v.dtype, v.shape, total, m.size)
	}
	size := int64(v.dtype.Size())
	room := m.size/size - v.offset // elements from the first element to the end
	if v.offset < 0 || room < 0 {
		return tensor{}, fmt.Errorf("starts at element %d of a storage of %d bytes", v.offset, m.size)
	}
	t := tensor{dtype: v.dtype, shape: info.Shape, strides: v.strides, begin: m.begin + v.offset*size, storage: m}
	if total == 0 {
		return t, nil
	}
	last := int64(0) // index of the last element, counted from the first
	for i, d := range v.shape {
		if v.strides[i] < 0 || d > 1 && v.strides[i] > (room-1-last)/(d-1) {
			return tensor{}, fmt.Errorf("shape %v with strides %v from element %d leads out of its storage of %d bytes",
				v.shape, v.strides, v.offset, m.size)
		}
		last += v.strides[i] * (d - 1)
	}
	if last >= room {
		return tensor{}, fmt.Errorf("shape %v from element %d leads out of its storage of %d bytes", v.shape, v.offset, m.size)
	}
	t.span = (last + 1) * size
	return t, nil
}

// read returns a tensor's elements in row-major order.
func (a archive) read(t tensor) ([]byte, error) {
	if err := a.check(t.storage); err != nil {
		return nil, err
	}
	raw := make([]byte, t.span)
	if err := a.readAt(raw, t.begin); err != nil {
		return nil, err
	}
	if t.span == 0 || t.contiguous() {
		return raw, nil
	}
	return t.gather(raw), nil
}

func (t tensor) contiguous() bool {
	step := int64(1)
	for i := len(t.shape) - 1; i >= 0; i-- {
		if t.shape[i] > 1 && t.strides[i] != step {
			return false
		}
		step *= int64(t.shape[i])
	}
	return true
}

// gather copies elements that are not contiguous. The innermost dimension is a plain
// loop; the others count like an odometer.
func (t tensor) gather(raw []byte) []byte {
	size, count := t.dtype.Size(), 1
	for _, d := range t.shape {
		count *= d
	}
	out := make([]byte, 0, count*size)
	inner := len(t.shape) - 1
	step := t.strides[inner] * int64(size)
	index := make([]int, inner)
	for at := int64(0); len(out) < cap(out); {
		for i := range int64(t.shape[inner]) {
			from := at*int64(size) + i*step
			out = append(out, raw[from:from+int64(size)]...)
		}
		for d := inner - 1; d >= 0; d-- {
			if index[d]++; index[d] < t.shape[d] {
				at += t.strides[d]
				break
			}
			at -= int64(index[d]-1) * t.strides[d]
			index[d] = 0
		}
	}
	return out
}
