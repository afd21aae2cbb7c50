package step

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"harness/core/store"
)

// A lineWriter writes a JSON Lines file of a step.
type lineWriter struct {
	name string
	file *os.File
	buf  *bufio.Writer
}

func createLines(dir, name string) (*lineWriter, error) {
	f, err := os.Create(filepath.Join(dir, name))
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", name, err)
	}
	return &lineWriter{name, f, bufio.NewWriterSize(f, 1<<16)}, nil
}

func (w *lineWriter) write(value any) (err error) {
	var line []byte
	if m, ok := value.(proto.Message); ok {
		line, err = marshalMessage(m)
	} else {
		line, err = json.Marshal(value)
	}
	if err == nil {
		_, err = w.buf.Write(append(line, '\n'))
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", w.name, err)
	}
	return nil
}

func (w *lineWriter) close() error {
	if err := errors.Join(w.buf.Flush(), w.file.Close()); err != nil {
		return fmt.Errorf("write %s: %w", w.name, err)
	}
	return nil
}

// marshalMessage is protojson without its deliberately unstable white space.
func marshalMessage(m proto.Message) ([]byte, error) {
	text, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(m)
	if err != nil {
		return nil, err
	}
	return json.Marshal(json.RawMessage(text)) // compacts
}

// readLines decodes each line of a finished step's file and hands it over.
func readLines[T any](r *Results, id ID, name string, each func(*T) error) error {
	path, err := r.File(id, name)
	if err != nil {
		return err
	}
	return eachLine(path, each)
}

// eachLine decodes each line of a file and hands it over.
func eachLine[T any](path string, each func(*T) error) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read lines: %w", err)
	}
	defer f.Close()
	in := bufio.NewReaderSize(f, 1<<16)
	for n := 1; ; n++ {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read %s: %w", path, err)
		}
		value := new(T)
		if m, ok := any(value).(proto.Message); ok {
			err = protojson.Unmarshal(line, m)
		} else {
			err = json.Unmarshal(line, value)
		}
		if err != nil {
			return fmt.Errorf("read %s, line %d: %w", path, n, err)
		}
		if err := each(value); err != nil {
			return err
		}
	}
}

// digest is the SHA-256 of a text, in hexadecimal.
func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// fileDigest is the SHA-256 of a file that this step wrote.
func fileDigest(dir, name string) (string, error) {
	return store.HashFile(filepath.Join(dir, name))
}
