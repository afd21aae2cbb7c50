package compiled

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"harness/core/internal/atomicfile"
)

// mostBytes is the maximum size of a folder. A small network's program has 0.3 MB.
const mostBytes = 1 << 30

// folder holds compiled programs as files. Any failure only costs the time to
// compile a program, so no method returns an error.
type folder struct {
	path  string
	about []byte // the inputs that all programs depend on
	most  int64  // bytes
}

// largest is the maximum size of a program: a larger one would evict too many
// others.
func (f *folder) largest() int64 { return f.most / 8 }

// key hashes everything that determines a program.
func (f *folder) key(parts ...[]byte) string {
	h := sha256.New()
	for _, part := range append([][]byte{f.about}, parts...) {
		// Lengths delimit the parts.
		h.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(part))))
		h.Write(part)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// find returns the program of a key. It returns nil if there is none or the file
// is damaged.
func (f *folder) find(key string) []byte {
	path := filepath.Join(f.path, key)
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > f.largest()+sha256.Size {
		return nil
	}
	content, err := os.ReadFile(path)
	if err != nil || len(content) <= sha256.Size {
		return nil
	}
	sum, program := content[:sha256.Size], content[sha256.Size:]
	if got := sha256.Sum256(program); !bytes.Equal(sum, got[:]) {
		return nil
	}
	// The file's time is that of its last use; prune needs it.
	now := time.Now()
	_ = os.Chtimes(path, now, now)
	return program
}

// keep writes a program to its file, and prunes the folder.
func (f *folder) keep(key string, program []byte) {
	if int64(len(program)) > f.largest() || os.MkdirAll(f.path, 0o700) != nil {
		return
	}
	sum := sha256.Sum256(program)
	err := atomicfile.Write(filepath.Join(f.path, key), func(w io.Writer) error {
		if _, err := w.Write(sum[:]); err != nil {
			return err
		}
		_, err := w.Write(program)
		return err
	})
	if err == nil {
		f.prune()
	}
}

// prune removes the least recently used programs if the folder is too large.
func (f *folder) prune() {
	entries, err := os.ReadDir(f.path)
	if err != nil {
		return
	}
	var files []os.FileInfo
	var size int64
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			files, size = append(files, info), size+info.Size()
		}
	}
	if size <= f.most {
		return
	}
	slices.SortFunc(files, func(a, b os.FileInfo) int { return cmp.Compare(a.ModTime().UnixNano(), b.ModTime().UnixNano()) })
	for _, file := range files {
		if size <= f.most/4*3 {
			return
		}
		if os.Remove(filepath.Join(f.path, file.Name())) == nil {
			size -= file.Size()
		}
	}
}
