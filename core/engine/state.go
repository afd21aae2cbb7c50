package engine

import (
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"

	"harness/core/ir"
	"harness/core/protocol/harnesspb"
	"harness/core/weights/safetensors"
	"harness/core/weights/snapshot"
)

// state is a network's weights on the device.
type state struct {
	// decoding: what trains lies as decoding reads it fastest (see turned).
	decoding bool
	weights  []*tensors.Tensor // in the order of the program's parameters
	own      []*tensors.Tensor // those that no base keeps
	base     *base
}

func (s *state) free() {
	release(s.own...)
	if s.base != nil {
		s.base.users--
		s.base.freeIfUnused()
	}
}

// base is the tensors of one checkpoint that states share.
type base struct {
	tensors map[string]*tensors.Tensor // by parameter of one graph and how it lies
	users   int
	dropped bool
}

// free is called when the base falls out of the cache; states that use it
// keep its tensors.
func (b *base) free() {
	b.dropped = true
	b.freeIfUnused()
}

func (b *base) freeIfUnused() {
	if b.dropped && b.users == 0 {
		for _, t := range b.tensors {
			release(t)
		}
		clear(b.tensors)
	}
}

// state gives the network's weights, loading what is not on the device yet.
func (e *Engine) state(n *network, m *harnesspb.ModelState, decoding bool) (*state, error) {
	key := fmt.Sprintf("%s\n%s\n%s\n%d\n%v", n.digest, m.GetCheckpoint(), m.GetTrained(), m.GetInitSeed(), decoding)
	return e.states.get(key, func() (*state, error) { return e.load(n, m, decoding) })
}

func (e *Engine) load(n *network, m *harnesspb.ModelState, decoding bool) (_ *state, err error) {
	graphDigest, err := digestOf(m.GetGraph())
	if err != nil {
		return nil, err
	}
	b, err := e.bases.get(m.GetCheckpoint()+"\n"+graphDigest, func() (*base, error) {
		return &base{tensors: map[string]*tensors.Tensor{}}, nil
	})
	if err != nil {
		return nil, err
	}
	b.users++
	s := &state{base: b, decoding: decoding}
	defer func() {
		if err != nil {
			s.free()
		}
	}()

	sources := &sources{checkpoint: m.GetCheckpoint()}
	defer sources.close()
	if m.GetTrained() != "" {
		if sources.trained, err = safetensors.Open(m.GetTrained()); err != nil {
			return nil, fmt.Errorf("trained weights: %w", err)
		}
		if err := onlyTrained(n, sources.trained); err != nil {
			return nil, err
		}
	}
	for _, p := range n.program.Parameters {
		turned := n.turned(p.Name, decoding)
		kept := fmt.Sprintf("%s turned %v", p.Name, turned)
		t, shared := b.tensors[kept]
		if _, trained := sources.trainedInfo(p.Name); trained || n.trains(p.Name) || !shared {
			values, fromBase, err := sources.values(n.program, p, m.GetInitSeed())
			if err != nil {
				return nil, err
			}
			shape := p.Shape
			if turned {
				values, shape = transpose(values, int(shape[0]), int(shape[1])), []int64{shape[1], shape[0]}
			}
			if t, err = e.upload(values, shape); err != nil {
				return nil, fmt.Errorf("parameter %q: %w", p.Name, err)
			}
			if fromBase && !n.trains(p.Name) {
				b.tensors[kept] = t
			} else {
				s.own = append(s.own, t)
			}
		}
		s.weights = append(s.weights, t)
	}
	return s, nil
}

// onlyTrained refuses trained weights of another network.
func onlyTrained(n *network, f *safetensors.File) error {
	for _, name := range f.Names() {
		if _, err := n.program.Parameter(name); err != nil {
			return fmt.Errorf("trained weights: tensor %q belongs to no parameter: %w", name, err)
		}
	}
	return nil
}

// sources is where a parameter's values may come from.
type sources struct {
	checkpoint string // folder, opened at first need
	files      *snapshot.Snapshot
	trained    *safetensors.File
}

func (s *sources) close() {
	// Read-only files: closing them has nothing to lose.
	if s.files != nil {
		s.files.Close()
	}
	if s.trained != nil {
		s.trained.Close()
	}
}

func (s *sources) trainedInfo(name string) (safetensors.Info, bool) {
	if s.trained == nil {
		return safetensors.Info{}, false
	}
	return s.trained.Info(name)
}

// values gives a parameter's values, and whether they are the checkpoint's:
// first the trained weights', then the checkpoint's, then the initializer's.
func (s *sources) values(program *ir.Program, p ir.Param, seed uint64) (_ []float32, fromBase bool, err error) {
	if _, ok := s.trainedInfo(p.Name); ok {
		values, err := read(s.trained, "trained weights", p.Name, p, false)
		return values, false, err
	}
	if len(p.Tensors) > 0 && s.checkpoint != "" {
		if err := s.open(); err != nil {
			return nil, false, err
		}
		if name, ok := s.first(p.Tensors); ok {
			values, err := read(s.files, "checkpoint "+s.checkpoint, name, p, p.Transpose)
			if err == nil {
				err = s.agree(p)
			}
			return values, true, err
		}
		return nil, false, fmt.Errorf("checkpoint %s: no tensor %q for parameter %q", s.checkpoint, p.Tensors, p.Name)
	}
	if norm := p.Initializer.GetNorm(); norm != nil {
		of, err := program.Parameter(norm.GetParameter())
		if err != nil {
			return nil, false, err
		}
		values, _, err := s.values(program, of, seed)
		if err != nil {
			return nil, false, err
		}
		values, err = ir.Norms(values, of.Shape, int(norm.GetAxis()))
		return values, false, err
	}
	values, err := ir.Initialize(p, seed)
	return values, false, err
}

// read gets a tensor as f32, in the parameter's layout, and checks it.
func read(from safetensors.Source, where, name string, p ir.Param, transposed bool) ([]float32, error) {
	tensor, err := from.Tensor(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	want := slices.Clone(p.Shape)
	if transposed {
		slices.Reverse(want)
	}
	if !slices.EqualFunc(tensor.Shape, want, func(a int, b int64) bool { return int64(a) == b }) {
		return nil, fmt.Errorf("%s: tensor %q has the shape %v, parameter %q needs %v", where, name, tensor.Shape, p.Name, want)
	}
	values, err := tensor.Float32()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	for i, v := range values {
		if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
			return nil, fmt.Errorf("%s: tensor %q holds %v at element %d; weights must be finite", where, name, v, i)
		}
	}
	if transposed {
		values = transpose(values, int(want[0]), int(want[1]))
	}
	return values, nil
}

func transpose(values []float32, rows, columns int) []float32 {
	const tile = 32 // both sides of a tile stay in the cache
	out := make([]float32, len(values))
	for top := 0; top < rows; top += tile {
		for left := 0; left < columns; left += tile {
			for r := top; r < min(top+tile, rows); r++ {
				for c := left; c < min(left+tile, columns); c++ {
					out[c*rows+r] = values[r*columns+c]
				}
			}
		}
	}
	return out
}

// upload puts values on the device and keeps no copy on the host.
func (e *Engine) upload(values []float32, shape []int64) (*tensors.Tensor, error) {
	var t *tensors.Tensor
	err := guard("put a tensor on the device", func() error {
		t = tensors.FromFlatDataAndDimensions(values, ints(shape)...)
		return t.ToDevice(e.backend, 0)
	})
	return t, err
}

// zeros makes a tensor of zeros on the device.
func (e *Engine) zeros(dims []int) (*tensors.Tensor, error) {
	t := tensors.FromShape(shapes.Make(dtypes.Float32, dims...))
	err := guard("put a tensor on the device", func() error { return t.ToDevice(e.backend, 0) })
	return t, err
}

func ints(dims []int64) []int {
	out := make([]int, len(dims))
	for i, d := range dims {
		out[i] = int(d)
	}
	return out
}

// release frees tensors now: the garbage collector does not see their size.
func release(ts ...*tensors.Tensor) {
	for _, t := range ts {
		if t != nil && t.Ok() {
			// The error only says that the buffer is gone already.
			_ = t.FinalizeAll()
		}
	}
}

// open opens the checkpoint's files.
func (s *sources) open() error {
	if s.files != nil {
		return nil
	}
	files, err := snapshot.Open(s.checkpoint)
	if err != nil {
		return err
	}
	s.files = files
	return nil
}
