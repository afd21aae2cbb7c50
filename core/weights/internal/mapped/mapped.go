// Package mapped reads files of weights in place, by mapping them into memory,
// so that they are neither copied nor counted as the process's own memory.
//
// Mapped memory has one danger: if somebody truncates the file, an access to the
// lost bytes raises a signal instead of an error. So a function borrows mapped
// bytes and must not keep them. While the function runs, a bad access in its
// goroutine becomes an error; afterwards, the file must have the size and the
// modification time that it had when it was opened. The function must not pass
// the bytes to C code or to another goroutine, where nothing would catch the
// signal; it copies or converts them instead. ReadAt does not use the mapping.
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

// ErrChanged is wrapped by the error of a read if the file changed after it was
// opened.
var ErrChanged = errors.New("the file was changed while it was in use")

// File is an open file. It may be used by several goroutines.
type File struct {
	file     *os.File
	size     int64
	modified time.Time

	// A view does not hold the lock, so that views can nest.
	mu     sync.Mutex
	idle   sync.Cond // signalled when views becomes 0
	views  int       // in use
	data   []byte    // nil: not mapped, or closed
	mapped bool      // mapFile was called
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
	file := &File{file: f, size: info.Size(), modified: info.ModTime()}
	file.idle.L = &file.mu
	return file, nil
}

// Size is the file's size in bytes when it was opened.
func (f *File) Size() int64 { return f.size }

// ReadAt is io.ReaderAt.
func (f *File) ReadAt(p []byte, offset int64) (int, error) { return f.file.ReadAt(p, offset) }

// View passes length bytes from offset on to use, which must not write to them
// or keep them. If the file cannot be mapped, they are a copy. use may open other
// views of the file, but must not close the file.
func (f *File) View(offset, length int64, use func([]byte) error) error {
	if offset < 0 || length < 0 || offset > f.size-length {
		return fmt.Errorf("bytes %d to %d of a file of %d: %w", offset, offset+length, f.size, io.ErrUnexpectedEOF)
	}
	data, err := f.begin()
	if err != nil {
		return err
	}
	defer f.end()
	if data == nil {
		p := make([]byte, length)
		if n, err := f.ReadAt(p, offset); n < len(p) {
			return errors.Join(ErrChanged, err)
		}
		return use(p)
	}
	part := data[offset : offset+length : offset+length]
	// Without this, the pages would count as the process's memory until Close.
	defer forget(data, part)
	if err := guarded(data, part, use); err != nil {
		return err
	}
	return f.unchanged()
}

// begin counts a view and returns the mapping, which the first view creates. It
// returns nil if the file cannot be mapped.
func (f *File) begin() ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil, os.ErrClosed
	}
	if !f.mapped {
		// A file that shrank before it was mapped would fault at once.
		if err := f.unchanged(); err != nil {
			return nil, err
		}
		f.mapped = true
		if f.size > 0 && f.size == int64(int(f.size)) {
			f.data = mapFile(f.file, int(f.size))
		}
	}
	f.views++
	return f.data, nil
}

func (f *File) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.views--; f.views == 0 {
		f.idle.Broadcast()
	}
}

// guarded calls use with part of the mapping data. It returns an error if use
// accesses mapped memory that no longer exists.
func guarded(data, part []byte, use func([]byte) error) (err error) {
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
		if !ok || !holds(data, fault.Addr()) {
			panic(cause) // not an access to the mapping
		}
		err = ErrChanged
	}()
	return use(part)
}

func holds(data []byte, address uintptr) bool {
	begin := uintptr(unsafe.Pointer(unsafe.SliceData(data)))
	return begin <= address && address-begin < uintptr(len(data))+uintptr(os.Getpagesize())
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

// Close waits until no view is in use, unmaps and closes the file. Later views
// fail.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil
	}
	f.closed = true
	for f.views > 0 {
		f.idle.Wait()
	}
	var err error
	if f.data != nil {
		err = unmap(f.data)
		f.data = nil
	}
	return errors.Join(err, f.file.Close())
}
