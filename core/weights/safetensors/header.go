package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"
)

// maxHeader is the reference implementation's limit in bytes.
const maxHeader = 100_000_000

const metadataKey = "__metadata__"

// entry is a tensor and its position, counted from the start of the file.
type entry struct {
	info       Info
	begin, end int64
}

type header struct {
	metadata map[string]string
	entries  map[string]entry
}

func readHeader(r io.ReaderAt, size int64) (header, error) {
	var prefix [8]byte
	if size < int64(len(prefix)) {
		return header{}, fmt.Errorf("truncated: %d bytes, but the header's length alone takes 8", size)
	}
	if _, err := r.ReadAt(prefix[:], 0); err != nil && err != io.EOF {
		return header{}, fmt.Errorf("read header length: %w", err)
	}
	length := binary.LittleEndian.Uint64(prefix[:])
	if length > maxHeader {
		return header{}, fmt.Errorf("header of %d bytes, more than the %d allowed: not a safetensors file?", length, maxHeader)
	}
	if int64(length) > size-8 {
		return header{}, fmt.Errorf("truncated: header of %d bytes in a file of %d", length, size)
	}
	text := make([]byte, length)
	if _, err := r.ReadAt(text, 8); err != nil && (err != io.EOF || size < 8+int64(length)) {
		return header{}, fmt.Errorf("read header: %w", err)
	}
	h, err := parseHeader(text)
	if err != nil {
		return header{}, err
	}
	return h, h.place(8+int64(length), size)
}

// place turns offsets into positions in a file of the given size whose data
// starts at base, and checks that the tensors tile it.
func (h header) place(base, size int64) error {
	order := make([]entry, 0, len(h.entries))
	for _, e := range h.entries {
		order = append(order, e)
	}
	slices.SortFunc(order, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end), cmp.Compare(a.info.Name, b.info.Name))
	})
	room, next, last := size-base, int64(0), ""
	for _, e := range order {
		switch {
		case e.end > room:
			return fmt.Errorf("tensor %q: ends at byte %d of %d: truncated file or wrong offsets", e.info.Name, e.end, room)
		case e.begin < next:
			return fmt.Errorf("tensor %q: overlaps tensor %q", e.info.Name, last)
		case e.begin > next:
			return fmt.Errorf("tensor %q: bytes %d to %d before it belong to no tensor", e.info.Name, next, e.begin)
		}
		next, last = e.end, e.info.Name
		e.begin += base
		e.end += base
		h.entries[e.info.Name] = e
	}
	if next != room {
		return fmt.Errorf("%d bytes after the last tensor belong to none", room-next)
	}
	return nil
}

// parseHeader reads the JSON and keeps offsets as they are written. It reads
// token by token, because decoding into a map would hide duplicate names.
func parseHeader(text []byte) (header, error) {
	if !utf8.Valid(text) {
		return header{}, errors.New("header is not UTF-8")
	}
	if len(text) == 0 || text[0] != '{' {
		return header{}, errors.New("header does not start with {")
	}
	h := header{entries: map[string]entry{}}
	d := json.NewDecoder(bytes.NewReader(text))
	err := eachField(d, func(name string) error {
		if name == metadataKey {
			if h.metadata != nil {
				return fmt.Errorf("%s comes twice", metadataKey)
			}
			return h.readMetadata(d)
		}
		if _, twice := h.entries[name]; twice {
			return fmt.Errorf("tensor %q: comes twice", name)
		}
		e, err := readEntry(d, name)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", name, err)
		}
		h.entries[name] = e
		return nil
	})
	if err != nil {
		return header{}, fmt.Errorf("header: %w", err)
	}
	if rest := bytes.TrimLeft(text[d.InputOffset():], " \t\r\n"); len(rest) > 0 {
		return header{}, errors.New("header: more after the closing brace")
	}
	return h, nil
}

func (h *header) readMetadata(d *json.Decoder) error {
	h.metadata = map[string]string{}
	return eachField(d, func(key string) error {
		if _, twice := h.metadata[key]; twice {
			return fmt.Errorf("%s: key %q comes twice", metadataKey, key)
		}
		var value *string
		if err := d.Decode(&value); err != nil {
			return fmt.Errorf("%s: key %q: %w", metadataKey, key, err)
		}
		if value == nil {
			return fmt.Errorf("%s: key %q: null is not text", metadataKey, key)
		}
		h.metadata[key] = *value
		return nil
	})
}

func readEntry(d *json.Decoder, name string) (entry, error) {
	var (
		e       entry
		offsets []int64
		seen    = map[string]bool{}
	)
	e.info.Name = name
	err := eachField(d, func(key string) error {
		if seen[key] {
			return fmt.Errorf("field %q comes twice", key)
		}
		seen[key] = true
		switch key {
		case "dtype":
			return d.Decode(&e.info.DType)
		case "shape":
			return d.Decode(&e.info.Shape)
		case "data_offsets":
			return d.Decode(&offsets)
		}
		return fmt.Errorf("unknown field %q", key)
	})
	if err != nil {
		return entry{}, err
	}
	if e.info.Shape == nil || len(offsets) != 2 {
		return entry{}, errors.New("must have dtype, shape and two data_offsets")
	}
	want, err := e.info.Bytes()
	if err != nil {
		return entry{}, err
	}
	e.begin, e.end = offsets[0], offsets[1]
	if e.begin < 0 || e.end < e.begin {
		return entry{}, fmt.Errorf("offsets %v are out of order", offsets)
	}
	if got := e.end - e.begin; got != want {
		return entry{}, fmt.Errorf("%s of shape %v takes %d bytes, but the offsets span %d", e.info.DType, e.info.Shape, want, got)
	}
	return e, nil
}

// eachField calls field after each key of the object that comes next in d; field
// must consume the value.
func eachField(d *json.Decoder, field func(key string) error) error {
	if err := expectDelim(d, '{'); err != nil {
		return err
	}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return err
		}
		key, ok := token.(string)
		if !ok {
			return fmt.Errorf("unexpected %v", token)
		}
		if err := field(key); err != nil {
			return err
		}
	}
	return expectDelim(d, '}')
}

func expectDelim(d *json.Decoder, want json.Delim) error {
	token, err := d.Token()
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return err
	}
	if token != want {
		return fmt.Errorf("expected %v, found %v", want, token)
	}
	return nil
}
