package step

import (
	"context"
	"fmt"
	"path/filepath"

	"harness/core/adapt"
	"harness/core/weights/peft"
	"harness/core/weights/safetensors"
	"harness/core/weights/snapshot"
)

// Import takes over an adapter that was trained elsewhere and saved by PEFT.
// It leaves trained.safetensors.
type Import struct {
	Network Network `json:"network"` // with Saved
	Digest  string  `json:"digest"`  // of the folder; see AdapterDigest
	Dir     string  `json:"-"`
}

func (Import) Kind() string       { return "import" }
func (Import) Version() int       { return 3 }
func (w Import) Inputs() []Input  { return inputs(w.Network.input()) }
func (Import) Resource() Resource { return IO }

// Parts implements [Divisible].
func (Import) Parts(dir string) (map[string]string, error) {
	return fileParts(dir, map[string]string{WeightsPart: trainedFile})
}

func (w Import) Run(ctx context.Context, env *Env, dir string) error {
	net, err := w.Network.open(ctx, env)
	if err != nil {
		return err
	}
	layout, err := adapt.LayoutOf(net.built.Graph, net.attached)
	if err != nil {
		return fmt.Errorf("adapter %s: %w", w.Network.Adapter.Name, err)
	}
	tensors, err := layout.Load(w.Dir)
	if err != nil {
		return err
	}
	got, err := AdapterDigest(ctx, w.Dir, snapshot.HashFile)
	if err != nil {
		return err
	}
	if got != w.Digest {
		return fmt.Errorf("folder %s changed while the study ran: its digest was %.16s… and is %.16s… now; run again", w.Dir, w.Digest, got)
	}
	return safetensors.WriteSource(filepath.Join(dir, trainedFile), tensors, nil)
}

// AdapterDigest is the digest of the files that PEFT saved in a folder.
func AdapterDigest(ctx context.Context, dir string, hash func(path string) (string, error)) (string, error) {
	names, err := peft.Files(dir)
	if err != nil {
		return "", err
	}
	return snapshot.DigestFiles(ctx, dir, names, hash)
}
