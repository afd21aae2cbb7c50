// Package jsonlines reads files with one JSON value per line, plain or compressed with
// gzip or zstd (if the name ends in .gz or .zst). Files may be hostile: lines and files
// that are too large are errors, and every error names file and line.
package jsonlines

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// The largest line, and the largest file after decompression, in bytes.
const (
	MaxLine = 16 << 20
	MaxFile = 8 << 30
)

// maxWindow bounds the memory of decompression with zstd, in bytes. It is the default
// limit of zstd's own tools.
const maxWindow = 128 << 20

// Each calls f with the lines of a file, counted from 1, without blank ones. The bytes
// are valid only during the call. An error of f ends the reading and is returned with
// file and line before it.
func Each(ctx context.Context, path string, f func(line int, data []byte) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return errors.Join(fmt.Errorf("%s is not a regular file", path), err)
	}
	var in io.Reader = bufio.NewReaderSize(file, 1<<16)
	switch {
	case strings.HasSuffix(path, ".gz"):
		unzipped, err := gzip.NewReader(in)
		if err != nil {
			return fmt.Errorf("%s is not compressed with gzip: %w", path, err)
		}
		defer unzipped.Close()
		in = unzipped
	case strings.HasSuffix(path, ".zst"):
		unzipped, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return fmt.Errorf("%s is not compressed with zstd: %w", path, err)
		}
		defer unzipped.Close()
		in = unzipped
	}
	return each(ctx, path, in, MaxFile, f)
}

func each(ctx context.Context, path string, in io.Reader, most int64, f func(int, []byte) error) error {
	limited := &io.LimitedReader{R: in, N: most + 1}
	scanner := bufio.NewScanner(limited)
	scanner.Buffer(make([]byte, 1<<16), MaxLine)
	line := 0
	for scanner.Scan() {
		line++
		if err := ctx.Err(); err != nil {
			return err
		}
		if limited.N <= 0 { // the line may be cut off
			return fmt.Errorf("%s:%d: the file holds more than %d bytes", path, line, most)
		}
		data := bytes.TrimSpace(scanner.Bytes())
		if len(data) == 0 {
			continue
		}
		if err := f(line, data); err != nil {
			return fmt.Errorf("%s:%d: %w", path, line, err)
		}
	}
	switch err := scanner.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return fmt.Errorf("%s:%d: the line is longer than %d MiB", path, line+1, MaxLine>>20)
	case err != nil:
		return fmt.Errorf("%s:%d: %w", path, line+1, err)
	case limited.N <= 0:
		return fmt.Errorf("%s:%d: the file holds more than %d bytes", path, line, most)
	}
	return nil
}

// Decode reads a line into the struct that v points to. Fields that the struct lacks are
// ignored, since such files often have further fields; the caller checks for missing ones.
func Decode(data []byte, v any) error {
	err := json.Unmarshal(data, v)
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) && kind.Field == "" {
		return fmt.Errorf("this is a JSON %s, not an object", kind.Value)
	}
	if errors.As(err, &kind) {
		return fmt.Errorf("the field %q holds a %s, not a %s", kind.Field, kind.Value, kind.Type)
	}
	if err != nil {
		return fmt.Errorf("this is not JSON: %w", err)
	}
	return nil
}
