// Package mapped reads files of weights in place, by mapping them into memory,
// so that they are neither copied nor counted as the process's own memory.
//
// Mapped memory is dangerous in one way: when somebody truncates the file, a
// touch of what was cut off is a signal, not an error. So mapped bytes are lent
// to a function and not given away. While it runs, a bad touch in its
// goroutine becomes an error; afterwards, the file must have the size and the
// modification time that it had when it was opened. What is lent must not be
// handed to C code or to another goroutine, where nothing would catch the
// signal: copy or convert it there and then. ReadAt reads without the mapping.
package mapped

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
	"unsafe"
)

// ErrChanged is wrapped by the error of a read from a file that was changed
// since it was opened.
var ErrChanged = errors.New("the file was changed while it was in use")

// File is an open file. It may be used by several goroutines.
type File struct {
	file     *os.File
	size     int64
	modified time.Time

	mu     sync.RWMutex // held by whoever looks at the mapping
	data   []byte       // nil: not mapped, or closed
	mapped bool         // mapping was tried
	closed bool
}

// Open opens a regular file.
func Open(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s: not a regular file", path)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return &File{file: f, size: info.Size(), modified: info.ModTime()}, nil
}

// Size is the file's size in bytes when it was opened.
func (f *File) Size() int64 { return f.size }

// ReadAt is io.ReaderAt.
func (f *File) ReadAt(p []byte, offset int64) (int, error) { return f.file.ReadAt(p, offset) }

// View lends length bytes from offset on to use, until use returns. They must
// not be written to. Where the file cannot be mapped, they are a copy.
func (f *File) View(offset, length int64, use func([]byte) error) error {
	if offset < 0 || length < 0 || offset > f.size-length {
		return fmt.Errorf("bytes %d to %d of a file of %d: %w", offset, offset+length, f.size, io.ErrUnexpectedEOF)
	}
	if err := f.ensureMapped(); err != nil {
		return err
	}
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.closed {
		return os.ErrClosed
	}
	if f.data == nil {
		p := make([]byte, length)
		if n, err := f.ReadAt(p, offset); n < len(p) {
			return errors.Join(ErrChanged, err)
		}
		return use(p)
	}
	part := f.data[offset : offset+length : offset+length]
	// Pages that were seen would count as the process's memory until the end.
	defer forget(f.data, part)
	if err := f.guarded(part, use); err != nil {
		return err
	}
	return f.unchanged()
}

// ensureMapped maps the file at the first view.
func (f *File) ensureMapped() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.mapped || f.closed {
		return nil
	}
	// A file that shrank before it was mapped would fault at once.
	if err := f.unchanged(); err != nil {
		return err
	}
	f.mapped = true
	if f.size > 0 && f.size == int64(int(f.size)) {
		f.data = mapFile(f.file, int(f.size))
	}
	return nil
}

// guarded calls use; a touch of mapped memory that is not there any more is
// the error that it returns.
func (f *File) guarded(p []byte, use func([]byte) error) (err error) {
	before := debug.SetPanicOnFault(true)
	defer debug.SetPanicOnFault(before)
	defer func() {
		cause := recover()
		if cause == nil {
			return
		}
		fault, ok := cause.(interface {
			runtime.Error
			Addr() uintptr
		})
		if !ok || !f.holds(fault.Addr()) {
			panic(cause) // not ours to explain
		}
		err = ErrChanged
	}()
	return use(p)
}

func (f *File) holds(address uintptr) bool {
	begin := uintptr(unsafe.Pointer(unsafe.SliceData(f.data)))
	return begin <= address && address-begin < uintptr(len(f.data))+uintptr(os.Getpagesize())
}

func (f *File) unchanged() error {
	info, err := f.file.Stat()
	if err != nil {
		return err
	}
	if info.Size() != f.size || !info.ModTime().Equal(f.modified) {
		return ErrChanged
	}
	return nil
}

// Close ends the mapping and closes the file, once no view is in use.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil
	}
	f.closed = true
	var err error
	if f.data != nil {
		err = unmap(f.data)
		f.data = nil
	}
	return errors.Join(err, f.file.Close())
}
