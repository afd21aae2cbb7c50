//go:build unix

package mapped

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// mapFile maps a file, or returns nil if its file system cannot.
func mapFile(f *os.File, size int) []byte {
	data, err := unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil
	}
	return data
}

func unmap(data []byte) error { return unix.Munmap(data) }

// forget lets the system drop the pages that lie wholly within part of the
// mapping; a later touch reads them again.
func forget(data, part []byte) {
	page := uintptr(os.Getpagesize())
	base := uintptr(unsafe.Pointer(unsafe.SliceData(data)))
	begin := uintptr(unsafe.Pointer(unsafe.SliceData(part))) - base
	first, end := (begin+page-1)/page*page, (begin+uintptr(len(part)))/page*page
	if first < end {
		// If the system does not take the advice, that only costs memory.
		_ = unix.Madvise(data[first:end], unix.MADV_DONTNEED)
	}
}
