package snapshot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
)

// Files lists the files of a checkpoint folder that determine what the network
// computes and how it is used: its configuration, the tokenizer's files, and the
// weights in the format that Open prefers. It omits a README, weights in other
// formats and the like. Names are sorted and use slashes.
func Files(dir string) ([]string, error) {
	f, err := openFolder(dir)
	if err != nil {
		return nil, err
	}
	all, err := f.files()
	if err != nil {
		return nil, err
	}
	form, _, err := f.format()
	if err != nil {
		return nil, err
	}
	extension := ".gguf"
	if form.open != nil {
		extension = path.Ext(form.single)
	}
	known := append(companions(), configFile)
	var names []string
	for _, name := range all {
		switch {
		case slices.Contains(known, name), form.open != nil && name == form.index:
		case path.Ext(name) != extension || strings.HasPrefix(path.Base(name), "."):
			continue
		case extension == ".bin" && !strings.HasPrefix(name, "pytorch_model"):
			continue // training state
		}
		names = append(names, name)
	}
	return names, nil
}

// Digest is the digest of the folder's Files. hash returns the SHA-256 of a file;
// see HashFile.
func Digest(ctx context.Context, dir string, hash func(path string) (string, error)) (string, error) {
	names, err := Files(dir)
	if err != nil {
		return "", err
	}
	return DigestFiles(ctx, dir, names, hash)
}

// DigestFiles is the SHA-256, in hexadecimal, of one line per file, sorted by
// name: "SHA-256 of the content, two spaces, name". Only names and contents
// count, so a hub cache, whose files are links, and a plain copy of it have the
// same digest. A link out of the folder (in a hub cache: out of the repository's
// own cache) is an error.
func DigestFiles(ctx context.Context, dir string, names []string, hash func(path string) (string, error)) (string, error) {
	f, err := openFolder(dir)
	if err != nil {
		return "", err
	}
	names = slices.Sorted(slices.Values(names))
	sums := make([]string, len(names))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, name := range names {
		if strings.ContainsAny(name, "\n\r") {
			return "", fmt.Errorf("digest of %s: the name %q contains a line end", dir, name)
		}
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			path, err := f.resolve(name)
			if err == nil {
				sums[i], err = hash(path)
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return "", fmt.Errorf("digest: %w", err)
	}
	all := sha256.New()
	for i, name := range names {
		fmt.Fprintf(all, "%s  %s\n", sums[i], name)
	}
	return hex.EncodeToString(all.Sum(nil)), nil
}

// HashFile is the SHA-256 of a file's content, in hexadecimal.
func HashFile(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.CopyBuffer(struct{ io.Writer }{sum}, struct{ io.Reader }{file}, make([]byte, 1<<20)); err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
