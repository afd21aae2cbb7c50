package safetensors

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"

	"harness/core/internal/atomicfile"
)

// Write writes tensors to path, atomically. The bytes do not depend on the order
// of the tensors: wider element types come first, and tensors of equally wide
// types are sorted by name, as in the reference implementation. Checkpoints for
// PyTorch should have the metadata {"format": "pt"}.
func Write(path string, tensors []Tensor, metadata map[string]string) error {
	set, err := NewSet(tensors...)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return WriteSource(path, set, metadata)
}

// WriteSource is Write with one tensor in memory at a time.
func WriteSource(path string, from Source, metadata map[string]string) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		buffered := bufio.NewWriterSize(w, 1<<20)
		if err := Encode(buffered, from, metadata); err != nil {
			return err
		}
		return buffered.Flush()
	})
}

// Encode writes a file's bytes to w.
func Encode(w io.Writer, from Source, metadata map[string]string) error {
	infos, err := layout(from)
	if err != nil {
		return err
	}
	header, err := encodeHeader(infos, metadata)
	if err != nil {
		return err
	}
	if err := binary.Write(w, binary.LittleEndian, uint64(len(header))); err != nil {
		return err
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	for _, info := range infos {
		if err := View(from, info.Name, func(t Tensor) error { return encodeTensor(w, info, t) }); err != nil {
			return err
		}
	}
	return nil
}

func encodeTensor(w io.Writer, info Info, t Tensor) error {
	want, err := info.Bytes()
	if err != nil {
		return fmt.Errorf("tensor %q: %w", info.Name, err)
	}
	if int64(len(t.Data)) != want {
		return fmt.Errorf("tensor %q: %s of shape %v takes %d bytes, but has %d", info.Name, info.DType, info.Shape, want, len(t.Data))
	}
	_, err = w.Write(t.Data)
	return err
}

func layout(from Source) ([]Info, error) {
	var infos []Info
	for _, name := range from.Names() {
		info, ok := from.Info(name)
		if !ok || info.Name != name {
			return nil, fmt.Errorf("tensor %q: listed under another name", name)
		}
		if name == metadataKey {
			return nil, fmt.Errorf("no tensor can be named %s", metadataKey)
		}
		infos = append(infos, info)
	}
	slices.SortFunc(infos, func(a, b Info) int {
		return cmp.Or(cmp.Compare(a.DType.rank(), b.DType.rank()), cmp.Compare(a.Name, b.Name))
	})
	return infos, nil
}

func encodeHeader(infos []Info, metadata map[string]string) ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	if len(metadata) > 0 {
		appendJSON(&b, metadataKey)
		b.WriteString(":{")
		for i, key := range slices.Sorted(maps.Keys(metadata)) {
			if i > 0 {
				b.WriteByte(',')
			}
			appendJSON(&b, key)
			b.WriteByte(':')
			appendJSON(&b, metadata[key])
		}
		b.WriteByte('}')
	}
	var offset int64
	for i, info := range infos {
		size, err := info.Bytes()
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", info.Name, err)
		}
		if i > 0 || len(metadata) > 0 {
			b.WriteByte(',')
		}
		appendJSON(&b, info.Name)
		b.WriteString(`:{"dtype":`)
		appendJSON(&b, string(info.DType))
		b.WriteString(`,"shape":[`)
		for j, d := range info.Shape {
			if j > 0 {
				b.WriteByte(',')
			}
			fmt.Fprint(&b, d)
		}
		fmt.Fprintf(&b, `],"data_offsets":[%d,%d]}`, offset, offset+size)
		offset += size
	}
	b.WriteByte('}')
	// Spaces keep the data aligned to eight bytes.
	for b.Len()%8 != 0 {
		b.WriteByte(' ')
	}
	if b.Len() > maxHeader {
		return nil, fmt.Errorf("header of %d bytes, more than the %d allowed", b.Len(), maxHeader)
	}
	return b.Bytes(), nil
}

// appendJSON writes a string as JSON without the escapes meant for HTML.
func appendJSON(b *bytes.Buffer, s string) {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	// Encoding a string into a buffer cannot fail.
	_ = e.Encode(s)
	b.Truncate(b.Len() - 1) // the line end
}
