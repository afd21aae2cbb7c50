package engine

import (
	"fmt"
	"strings"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// executable is one compiled graph.
type executable struct {
	exec *graph.Exec
}

func (x *executable) free() { x.exec.Finalize() }

// executable returns the compiled graph of a key, building it if needed. The key
// must contain everything that build depends on, including shapes.
func (e *Engine) executable(key string, build func(in []*graph.Node) []*graph.Node) (*executable, error) {
	return e.compiled.get(key, func() (*executable, error) {
		exec, err := graph.NewExec(e.backend, build)
		if err != nil {
			return nil, err
		}
		return &executable{exec.WithName(key)}, nil
	})
}

// run executes on tensors, donated buffers (see donate) and Go values.
func (x *executable) run(args []any) ([]*tensors.Tensor, error) {
	var out []*tensors.Tensor
	err := guard("compute", func() (err error) {
		out, err = x.exec.Call(args...)
		return err
	})
	return out, err
}

// outOfMemory reports whether the device refused an allocation.
func outOfMemory(err error) bool {
	// PJRT's RESOURCE_EXHAUSTED; go-xla passes it on as text only.
	return err != nil && strings.Contains(err.Error(), "PJRT error (code=8)")
}

// dropUnused frees the weights that are kept for later calls only.
func (e *Engine) dropUnused() {
	e.states.clear()
	e.bases.clear()
}

// donate passes ownership of tensors to an execution, which frees them even if it
// fails.
func (e *Engine) donate(args []any, ts []*tensors.Tensor) ([]any, error) {
	for _, t := range ts {
		buffer, err := graph.DonateTensorBuffer(t, e.backend, 0)
		if err != nil {
			return nil, fmt.Errorf("donate a tensor: %w", err)
		}
		args = append(args, buffer)
	}
	return args, nil
}

// consume passes ownership of tensors that an execution replaces, so that XLA can
// write over them (see overwrite). A buffer in the host's memory stays the host's;
// the caller that releases its tensor frees it.
func (e *Engine) consume(args []any, ts ...*tensors.Tensor) ([]any, error) {
	for _, t := range ts {
		if t.IsShared() {
			args = append(args, t)
			continue
		}
		var err error
		if args, err = e.donate(args, []*tensors.Tensor{t}); err != nil {
			return nil, err
		}
	}
	return args, nil
}

func anyOf(ts []*tensors.Tensor) []any {
	args := make([]any, len(ts))
	for i, t := range ts {
		args[i] = t
	}
	return args
}

// nodesByName maps the names of a network's parameters to the nodes of a state's
// tensors.
func (n *network) nodesByName(nodes []*graph.Node, decoding bool) map[string]*graph.Node {
	named := make(map[string]*graph.Node, len(nodes))
	for i, p := range n.program.Parameters {
		named[p.Name] = n.upright(p.Name, nodes[i], decoding)
	}
	return named
}

// upright returns a state's parameter in its own shape. XLA folds the transposition
// into the product.
func (n *network) upright(name string, x *graph.Node, decoding bool) *graph.Node {
	if n.turned(name, decoding) {
		return graph.Transpose(x, 0, 1)
	}
	return x
}
