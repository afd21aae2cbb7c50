package engine

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"

	"harness/core/checkpoint"
	"harness/core/ir"
	"harness/core/weights/safetensors"
	"harness/core/weights/snapshot"
)

// sources are the sources of a parameter's values.
type sources struct {
	checkpoint string // folder, opened on first use
	network    *ir.Program
	files      *snapshot.Snapshot
	trained    *safetensors.File
	scratch    []float32
}

func (s *sources) close() {
	// The files are read-only, so errors of closing do not matter.
	if s.files != nil {
		s.files.Close()
	}
	if s.trained != nil {
		s.trained.Close()
	}
}

// open opens the checkpoint's files and checks that they fit the network.
func (s *sources) open() error {
	if s.files != nil {
		return nil
	}
	files, err := snapshot.Open(s.checkpoint)
	if err != nil {
		return err
	}
	tensors, err := files.Tensors()
	if err == nil {
		err = checkpoint.Check(s.network, tensors)
	}
	if err != nil {
		files.Close()
		return fmt.Errorf("checkpoint %s: %w", s.checkpoint, err)
	}
	s.files = files
	return nil
}

func (s *sources) trainedInfo(name string) (safetensors.Info, bool) {
	if s.trained == nil {
		return safetensors.Info{}, false
	}
	return s.trained.Info(name)
}

// stored is a tensor in a file, which holds a parameter's values.
type stored struct {
	from        safetensors.Source
	where, name string
	transposed  bool
	checkpoint  bool // the file belongs to the checkpoint
}

// find looks up a parameter in the trained weights, then in the checkpoint. It returns
// nil for a parameter that starts from its initializer.
func (s *sources) find(p ir.Param) (*stored, error) {
	if _, ok := s.trainedInfo(p.Name); ok {
		return &stored{from: s.trained, where: "trained weights", name: p.Name}, nil
	}
	if len(p.Tensors) == 0 || s.checkpoint == "" {
		return nil, nil
	}
	if err := s.open(); err != nil {
		return nil, err
	}
	for _, name := range p.Tensors {
		if _, ok := s.files.Info(name); ok {
			return &stored{from: s.files, where: "checkpoint " + s.checkpoint, name: name, transposed: p.Transpose, checkpoint: true}, nil
		}
	}
	return nil, fmt.Errorf("checkpoint %s: no tensor %q for parameter %q", s.checkpoint, p.Tensors, p.Name)
}

// view passes the tensor to use, after checking its shape against the parameter's.
func (st *stored) view(p ir.Param, use func(safetensors.Tensor) error) error {
	want := slices.Clone(p.Shape)
	if st.transposed {
		slices.Reverse(want)
	}
	err := safetensors.View(st.from, st.name, func(t safetensors.Tensor) error {
		if !slices.EqualFunc(t.Shape, want, func(a int, b int64) bool { return int64(a) == b }) {
			return fmt.Errorf("tensor %q has the shape %v, parameter %q needs %v", st.name, t.Shape, p.Name, want)
		}
		return use(t)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", st.where, err)
	}
	return nil
}

// floats converts a tensor into values. It fails if a number is not finite.
func floats(t safetensors.Tensor, values []float32) error {
	if err := t.Float32Into(values); err != nil {
		return err
	}
	for i, v := range values {
		if !finite(float64(v)) {
			return notFinite(t.Name, i, v)
		}
	}
	return nil
}

func notFinite(name string, element int, value float32) error {
	return fmt.Errorf("tensor %q holds %v at element %d; weights must be finite", name, value, element)
}

// values returns a parameter's values in its own layout, as f32.
func (s *sources) values(program *ir.Program, p ir.Param, seed uint64) ([]float32, error) {
	st, err := s.find(p)
	if err != nil {
		return nil, err
	}
	if st != nil {
		values := make([]float32, p.Elements())
		return values, st.view(p, func(t safetensors.Tensor) error {
			if !st.transposed {
				return floats(t, values)
			}
			scratch := s.room(len(values))
			if err := floats(t, scratch); err != nil {
				return err
			}
			rows, columns := t.Shape[0], t.Shape[1]
			transpose(scratch, rows, columns, func(at int, v float32) { values[at] = v })
			return nil
		})
	}
	if norm := p.Initializer.GetNorm(); norm != nil {
		of, err := program.Parameter(norm.GetParameter())
		if err != nil {
			return nil, err
		}
		values, err := s.values(program, of, seed)
		if err != nil {
			return nil, err
		}
		return ir.Norms(values, of.Shape, int(norm.GetAxis()))
	}
	return ir.Initialize(p, seed)
}

// room returns a buffer for conversions. Calls share one buffer.
func (s *sources) room(size int) []float32 {
	if cap(s.scratch) < size {
		s.scratch = make([]float32, size)
	}
	return s.scratch[:size]
}

// layout is the layout of a parameter on the device.
type layout struct {
	half   bool // bfloat16
	turned bool // transposed
}

// place puts a parameter on the device and reports whether its values come from the
// checkpoint.
func (e *Engine) place(s *sources, program *ir.Program, p ir.Param, seed uint64, k layout) (t *tensors.Tensor, checkpoint bool, err error) {
	st, err := s.find(p)
	if err != nil {
		return nil, false, err
	}
	if st != nil {
		t, err = e.device(p, k, func(t *tensors.Tensor) error { return st.fill(t, p, k, s.room) })
		if err != nil {
			return nil, false, fmt.Errorf("parameter %q: %w", p.Name, err)
		}
		return t, st.checkpoint, nil
	}
	values, err := s.values(program, p, seed)
	if err != nil {
		return nil, false, err
	}
	t, err = e.device(p, k, func(t *tensors.Tensor) error { return write(t, values, ints(p.Shape), k) })
	if err != nil {
		return nil, false, fmt.Errorf("parameter %q: %w", p.Name, err)
	}
	return t, false, nil
}

// device makes a parameter's tensor on the device. If the device shares the host's
// memory, fill writes to the tensor itself; else it writes to a buffer, which is
// copied to the device and freed.
func (e *Engine) device(p ir.Param, k layout, fill func(t *tensors.Tensor) error) (t *tensors.Tensor, err error) {
	dtype, dims := dtypes.Float32, ints(p.Shape)
	if k.half {
		dtype = dtypes.BFloat16
	}
	if k.turned {
		slices.Reverse(dims)
	}
	err = guard("put a tensor on the device", func() error {
		t, err = tensors.FromShapeForBackend(e.backend, 0, shapes.Make(dtype, dims...))
		return err
	})
	if err != nil {
		return nil, err
	}
	if err = fill(t); err == nil {
		err = t.ToDevice(e.backend, 0)
	}
	if err != nil {
		release(t)
		return nil, err
	}
	return t, nil
}

// fill writes the stored tensor into the device's tensor. If both have the same layout,
// it copies directly from the mapped file.
func (st *stored) fill(t *tensors.Tensor, p ir.Param, k layout, room func(size int) []float32) error {
	turn := st.transposed != k.turned
	return st.view(p, func(from safetensors.Tensor) error {
		switch {
		case !turn && !k.half:
			return mutable(t, func(flat []float32) error { return floats(from, flat) })
		case !turn && from.DType == safetensors.BF16:
			return mutableBytes(t, func(bytes []byte) error { return halves(from, bytes) })
		}
		values := room(t.Size())
		if err := floats(from, values); err != nil {
			return err
		}
		return write(t, values, from.Shape, layout{half: k.half, turned: turn})
	})
}

// exponentBF16 is the mask of the exponent, whose bits are all ones in infinities and
// NaNs.
const exponentBF16 = 0x7f80

// halves copies a bfloat16 tensor unchanged. It fails if a number is not finite.
func halves(from safetensors.Tensor, into []byte) error {
	if len(from.Data) != len(into) {
		return fmt.Errorf("tensor %q has %d bytes, expected %d", from.Name, len(from.Data), len(into))
	}
	copy(into, from.Data)
	for i := 0; i < len(into); i += 2 {
		if bits := binary.LittleEndian.Uint16(into[i:]); bits&exponentBF16 == exponentBF16 {
			return notFinite(from.Name, i/2, math.Float32frombits(uint32(bits)<<16))
		}
	}
	return nil
}

// write fills a tensor with values of a shape, in the layout k.
func write(t *tensors.Tensor, values []float32, shape []int, k layout) error {
	each := func(put func(at int, v float32)) {
		if k.turned {
			transpose(values, shape[0], shape[1], put)
			return
		}
		for i, v := range values {
			put(i, v)
		}
	}
	if !k.half {
		return mutable(t, func(flat []float32) error {
			each(func(at int, v float32) { flat[at] = v })
			return nil
		})
	}
	return mutableBytes(t, func(bytes []byte) error {
		var failed error
		each(func(at int, v float32) {
			bits := safetensors.RoundBF16(v)
			if bits&exponentBF16 == exponentBF16 {
				failed = fmt.Errorf("a weight of %v is too large for bfloat16", v)
			}
			binary.LittleEndian.PutUint16(bytes[2*at:], bits)
		})
		return failed
	})
}

// transpose calls put with the index in the transposed matrix for each element.
func transpose(values []float32, rows, columns int, put func(at int, v float32)) {
	const tile = 32 // the source and target of a tile fit into the processor's cache
	for top := 0; top < rows; top += tile {
		for left := 0; left < columns; left += tile {
			for r := top; r < min(top+tile, rows); r++ {
				for c := left; c < min(left+tile, columns); c++ {
					put(c*rows+r, values[r*columns+c])
				}
			}
		}
	}
}

// mutable and mutableBytes pass a tensor's memory to fill.
func mutable(t *tensors.Tensor, fill func([]float32) error) error {
	var failed error
	if err := tensors.MutableFlatData(t, func(flat []float32) { failed = fill(flat) }); err != nil {
		return err
	}
	return failed
}

func mutableBytes(t *tensors.Tensor, fill func([]byte) error) error {
	var failed error
	if err := t.MutableBytes(func(bytes []byte) { failed = fill(bytes) }); err != nil {
		return err
	}
	return failed
}

// zeros makes a tensor of zeros on the device.
func (e *Engine) zeros(dims []int) (*tensors.Tensor, error) {
	var t *tensors.Tensor
	err := guard("put a tensor on the device", func() (err error) {
		if t, err = tensors.FromShapeForBackend(e.backend, 0, shapes.Make(dtypes.Float32, dims...)); err != nil {
			return err
		}
		return t.ToDevice(e.backend, 0)
	})
	return t, err
}

func ints(dims []int64) []int {
	out := make([]int, len(dims))
	for i, d := range dims {
		out[i] = int(d)
	}
	return out
}

// release frees tensors immediately, because the garbage collector does not know their
// size.
func release(ts ...*tensors.Tensor) {
	for _, t := range ts {
		if t != nil && t.Ok() {
			// The error only means that the buffer was already freed.
			_ = t.FinalizeAll()
		}
	}
}
