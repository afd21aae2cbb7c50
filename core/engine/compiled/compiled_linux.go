package compiled

/*
#cgo LDFLAGS: -ldl
#include <stdlib.h>
#include "shim.h"
*/
import "C"

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"unsafe"

	"github.com/gomlx/go-xla/pjrt"
)

// These variables are global because the C code has one table of calls: a process
// can register only one runtime.
var (
	mu      sync.Mutex
	library string  // the registered runtime's file
	kept    *folder // the registered runtime's programs
)

// Register registers the CPU runtime in the file path with go-xla, under its path.
// digest is the file's digest. The registered runtime looks up compiled programs in
// a folder of the user's cache folder. Register works once per process: programs of
// a second runtime are not kept.
func Register(path, digest string) error {
	mu.Lock()
	defer mu.Unlock()
	if library != "" {
		return nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return fmt.Errorf("keep compiled programs: %w", err)
	}
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	var message *C.char
	table := C.wrap(name, &message)
	if table == nil {
		defer C.free(unsafe.Pointer(message))
		return fmt.Errorf("load the XLA runtime %s: %s", path, C.GoString(message))
	}
	if err := pjrt.RegisterPreloadedPlugin(path, uintptr(table)); err != nil {
		return fmt.Errorf("load the XLA runtime %s: %w", path, err)
	}
	library = path
	kept = &folder{
		path: filepath.Join(cache, "harness", "compiled"),
		most: mostBytes,
		about: []byte(strings.Join([]string{
			"1", digest, runtime.GOARCH, processor(), fmt.Sprint(runtime.NumCPU()), os.Getenv("XLA_FLAGS"),
		}, "\n")),
	}
	return nil
}

// processor is the kernel's description of the first processor: its name and its
// features.
func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	first, _, _ := strings.Cut(string(text), "\n\n")
	var lines []string
	for line := range strings.Lines(first) {
		switch name, _, _ := strings.Cut(line, ":"); strings.TrimSpace(name) {
		case "vendor_id", "cpu family", "model", "model name", "stepping", "flags", "Features", "CPU implementer", "CPU part":
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return strings.Join(lines, "\n")
}

//export findProgram
func findProgram(code unsafe.Pointer, codeSize C.size_t, format unsafe.Pointer, formatSize C.size_t,
	options unsafe.Pointer, optionsSize C.size_t, program *unsafe.Pointer, size *C.size_t) *C.char {
	mu.Lock()
	f := kept
	mu.Unlock()
	if f == nil {
		return nil
	}
	key := f.key(view(code, codeSize), view(format, formatSize), view(options, optionsSize))
	if found := f.find(key); found != nil {
		*program, *size = C.CBytes(found), C.size_t(len(found))
	}
	return C.CString(key)
}

//export keepProgram
func keepProgram(key *C.char, program unsafe.Pointer, size C.size_t) {
	mu.Lock()
	f := kept
	mu.Unlock()
	f.keep(C.GoString(key), view(program, size))
}

func view(p unsafe.Pointer, n C.size_t) []byte { return unsafe.Slice((*byte)(p), int(n)) }
