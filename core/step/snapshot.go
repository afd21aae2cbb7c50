package step

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"harness/core/weights/snapshot"
)

// Snapshot copies a checkpoint into the store: those files of a folder in hub
// layout that say what the network computes.
type Snapshot struct {
	// Digest of the files' names and contents.
	Digest string `json:"digest"`
	// Dir is where the folder lies on this machine.
	Dir string `json:"-"`
}

func (Snapshot) Kind() string       { return "snapshot" }
func (Snapshot) Version() int       { return 2 }
func (Snapshot) Inputs() []Input    { return nil }
func (Snapshot) Resource() Resource { return IO }

// Run copies the files, sharing their blocks where the file system can (a
// checkpoint may have tens of gigabytes), and checks that they still are what
// the plan saw. A hard link would not do: the user may write into the file.
func (w Snapshot) Run(ctx context.Context, env *Env, dir string) error {
	names, err := snapshot.Files(w.Dir)
	if err != nil {
		return err
	}
	return copyFiles(ctx, env, w.Dir, dir, names, w.Digest)
}

// copyFiles copies files between folders. Digest is what they must have.
func copyFiles(ctx context.Context, env *Env, from, to string, names []string, digest string) error {
	for i, name := range names {
		env.Progress(int64(i), int64(len(names)), "files")
		target := filepath.Join(to, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return fmt.Errorf("copy %s: %w", from, err)
		}
		if err := copyFile(ctx, filepath.Join(from, filepath.FromSlash(name)), target); err != nil {
			return fmt.Errorf("copy %s: %w", from, err)
		}
	}
	got, err := snapshot.DigestFiles(ctx, to, names, snapshot.HashFile)
	if err != nil {
		return fmt.Errorf("copy %s: %w", from, err)
	}
	if got != digest {
		return fmt.Errorf("folder %s changed while the study ran: its digest was %.16s… and is %.16s… now; run again", from, digest, got)
	}
	return nil
}

func copyFile(ctx context.Context, from, to string) (err error) {
	in, err := os.Open(from) // a hub cache is made of links, which this follows
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if shareBlocks(out, in) == nil {
		return nil
	}
	_, err = io.Copy(out, reader{ctx, in})
	return err
}

// reader stops reading when its context is cancelled.
type reader struct {
	ctx context.Context
	in  io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.in.Read(p)
}
