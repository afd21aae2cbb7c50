package main

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// tunables is the environment variable from which glibc reads how it
// allocates, before main.
const tunables = "GLIBC_TUNABLES"

// withLargePages starts this program again, in the same process, with an
// allocator that asks the kernel for large pages (transparent ones: nothing
// is reserved). XLA's values of a step are freed and allocated again and again,
// and half of what the kernel does for them is to hand out small pages. What
// the user has set of the allocator stands.
func withLargePages() {
	set := os.Getenv(tunables)
	if strings.Contains(set, "glibc.malloc.hugetlb=") {
		return
	}
	self, err := os.Executable()
	if err != nil {
		return // it runs with small pages, too
	}
	if set != "" {
		set += ":"
	}
	if err := os.Setenv(tunables, set+"glibc.malloc.hugetlb=1"); err != nil {
		return
	}
	_ = unix.Exec(self, os.Args, os.Environ())
}
