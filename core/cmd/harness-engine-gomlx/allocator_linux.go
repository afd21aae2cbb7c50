package main

import (
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// What ld.so and glibc read before main.
const (
	preload  = "LD_PRELOAD"
	tunables = "GLIBC_TUNABLES"
)

// withAllocator starts this program again, in the same process, with an
// allocator that suits XLA. A step's values are one block of gigabytes, which
// glibc gives back to the kernel after each step, and gets again page by page,
// zeroed: a tenth to a quarter of the time. tcmalloc, where it is installed,
// keeps the block; else glibc is told to ask for large pages (transparent
// ones: nothing is reserved). What the user has set of either stands.
func withAllocator() {
	library := tcmalloc()
	if set := os.Getenv(preload); set != "" {
		if set == library {
			os.Unsetenv(preload) // not for what this process may start
		}
		return
	}
	name, value := preload, library
	if library == "" {
		set := os.Getenv(tunables)
		if strings.Contains(set, "glibc.malloc.") {
			return
		}
		name, value = tunables, strings.TrimPrefix(set+":glibc.malloc.hugetlb=1", ":")
	}
	self, err := os.Executable()
	if err != nil {
		return // it runs with any allocator
	}
	if os.Setenv(name, value) == nil {
		_ = unix.Exec(self, os.Args, os.Environ())
	}
}

// tcmalloc is the path of the installed library (Debian's package is
// libtcmalloc-minimal4), or empty.
func tcmalloc() string {
	for _, pattern := range []string{"/usr/lib/*-linux-gnu/libtcmalloc_minimal.so.4", "/usr/lib64/libtcmalloc_minimal.so.4", "/usr/lib/libtcmalloc_minimal.so.4"} {
		if found, _ := filepath.Glob(pattern); len(found) == 1 { // of several, not all are this machine's
			return found[0]
		}
	}
	return ""
}
