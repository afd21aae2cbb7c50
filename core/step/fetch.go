package step

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	pb "harness/core/protocol/harnesspb"
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

// Dataset reads and splits training samples into samples.jsonl.
type Dataset struct {
	Plugin Plugin `json:"plugin"`
	// Validation is the share of samples kept apart where the data set does
	// not split itself; who is in it depends on the sample's id alone.
	Validation float64 `json:"validation"`
	Limit      int     `json:"limit"`
	Seed       uint64  `json:"seed"`
}

func (Dataset) Kind() string       { return "dataset" }
func (Dataset) Version() int       { return 1 }
func (Dataset) Needs() []store.Key { return nil }
func (Dataset) Resource() Resource { return IO }

// errEnough ends a stream that has given what was asked for.
var errEnough = errors.New("enough")

func (w Dataset) Run(ctx context.Context, env *Env, dir string) (err error) {
	data, err := env.Plugins.Dataset(ctx, w.Plugin.Name)
	if err != nil {
		return err
	}
	out, err := createLines(dir, "samples.jsonl")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.close()) }()
	seen := map[string]bool{}
	err = data.Samples(ctx, &pb.SamplesRequest{Config: w.Plugin.Config, BaseDir: w.Plugin.BaseDir}, func(s *pb.Sample) error {
		if w.Limit > 0 && len(seen) == w.Limit {
			return errEnough
		}
		if seen[s.Id] {
			return fmt.Errorf("two samples have the id %q", s.Id)
		}
		seen[s.Id] = true
		switch s.Split {
		case "train", "validation":
		case "":
			s.Split = "train"
			if share(w.Seed, s.Id) < w.Validation {
				s.Split = "validation"
			}
		default:
			return fmt.Errorf("sample %q has the split %q; it may be train, validation or empty", s.Id, s.Split)
		}
		env.Progress(int64(len(seen)), int64(w.Limit), "samples")
		return out.write(s)
	})
	if err != nil && !errors.Is(err, errEnough) {
		return fmt.Errorf("read data set %s: %w", w.Plugin.Name, err)
	}
	if len(seen) == 0 {
		return fmt.Errorf("data set %s has no samples", w.Plugin.Name)
	}
	return nil
}

// share spreads ids evenly over [0,1).
func share(seed uint64, id string) float64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d\x00%s", seed, id)
	x := h.Sum64()
	// FNV's high bits vary little for short texts; finish as murmur3 does.
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	return float64(x>>11) / (1 << 53)
}
