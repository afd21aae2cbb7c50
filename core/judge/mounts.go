package judge

import (
	"fmt"
	"os"
	"path/filepath"

	pb "harness/core/protocol/harnesspb"
	"harness/core/sandbox"
)

// mountsOf finds the folders that a check asks for in the fetched benchmark's
// data. None may lie elsewhere, by links neither: a plugin chooses what of its
// benchmark a candidate sees, and nothing else of this machine.
func mountsOf(data string, mounts []*pb.Mount) ([]sandbox.Mount, error) {
	if len(mounts) == 0 {
		return nil, nil
	}
	root, err := filepath.Abs(data)
	if err == nil {
		root, err = filepath.EvalSymlinks(root)
	}
	if err != nil {
		return nil, fmt.Errorf("find the fetched benchmark: %w", err)
	}
	var found []sandbox.Mount
	for _, m := range mounts {
		source := filepath.FromSlash(m.GetSource())
		if !filepath.IsLocal(source) {
			return nil, fmt.Errorf("mount %q: it is not below the fetched benchmark", m.GetSource())
		}
		real, err := filepath.EvalSymlinks(filepath.Join(root, source))
		if err != nil {
			return nil, fmt.Errorf("mount %q: %w", m.GetSource(), err)
		}
		if inside, err := filepath.Rel(root, real); err != nil || !filepath.IsLocal(inside) {
			return nil, fmt.Errorf("mount %q: a link leads out of the fetched benchmark, to %s", m.GetSource(), real)
		}
		if info, err := os.Stat(real); err != nil {
			return nil, fmt.Errorf("mount %q: %w", m.GetSource(), err)
		} else if !info.IsDir() {
			return nil, fmt.Errorf("mount %q: it is not a folder", m.GetSource())
		}
		found = append(found, sandbox.Mount{Source: real, Target: m.GetTarget()})
	}
	return found, nil
}
