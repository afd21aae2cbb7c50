package step

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"harness/core/store"
	"harness/core/weights/snapshot"
)

// Snapshot pins a checkpoint: a folder in hub layout.
type Snapshot struct {
	// Digest of the folder's names and contents.
	Digest string `json:"digest"`
	// Dir is where the folder lies on this machine.
	Dir string `json:"-"`
}

func (Snapshot) Kind() string       { return "snapshot" }
func (Snapshot) Version() int       { return 1 }
func (Snapshot) Needs() []store.Key { return nil }
func (Snapshot) Resource() Resource { return IO }

// Run takes the folder into the store, by hard links where it can (a
// checkpoint may have tens of gigabytes), and checks that it still is what
// the plan saw.
func (w Snapshot) Run(ctx context.Context, _ *Env, dir string) error {
	return takeFolder(ctx, w.Dir, dir, w.Digest)
}

func takeFolder(ctx context.Context, from, to, digest string) error {
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(to, rel), 0o755)
		}
		return linkOrCopy(ctx, path, filepath.Join(to, rel))
	})
	if err != nil {
		return fmt.Errorf("take folder %s: %w", from, err)
	}
	got, err := snapshot.Digest(to)
	if err != nil {
		return fmt.Errorf("take folder %s: %w", from, err)
	}
	if got != digest {
		return fmt.Errorf("folder %s changed while the study ran: its digest was %.16s… and is %.16s… now; run again", from, digest, got)
	}
	return nil
}

func linkOrCopy(ctx context.Context, from, to string) error {
	real, err := filepath.EvalSymlinks(from) // a hub cache is made of links
	if err != nil {
		return err
	}
	if os.Link(real, to) == nil {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	in, err := os.Open(real)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
