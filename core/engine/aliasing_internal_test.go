package engine

import (
	"fmt"
	"testing"

	"harness/core/needs"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// TestDonatedBuffersAreOverwritten sees a result where the donated argument
// was, on runtimes that can do it.
func TestDonatedBuffersAreOverwritten(t *testing.T) {
	e := New(Options{})
	if err := e.begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	defer e.end()
	if e.backendName != "xla:cpu" {
		needs.Part(t, fmt.Sprintf("a backend that shows where its buffers are (this is %q)", e.backendName), "make xla")
	}
	marked := false
	x, err := e.executable("aliasing", func(in []*graph.Node) []*graph.Node {
		marked = overwrite(in[0])
		return []*graph.Node{replace(in[0], graph.OnesLike(sliceAxis(in[0], 0, 0, 1)), 0, in[1])}
	})
	if err != nil {
		t.Fatal(err)
	}
	cache, err := e.zeros([]int{1 << 10, 64})
	if err != nil {
		t.Fatal(err)
	}
	write := func(cache *tensors.Tensor, at int32) *tensors.Tensor {
		args, err := e.donate(nil, []*tensors.Tensor{cache})
		if err != nil {
			t.Fatal(err)
		}
		out, err := x.run(append(args, at))
		if err != nil {
			t.Fatal(err)
		}
		return out[0]
	}
	cache = write(cache, 3) // memory that came from the host is not XLA's to reuse
	before := address(t, cache)
	cache = write(cache, 5)
	defer release(cache)
	if !marked {
		t.Fatal("go-xla keeps its values elsewhere than aliasing.go expects: caches are copied in each step")
	}
	if after := address(t, cache); after != before {
		t.Errorf("the result is at %p, the donated argument was at %p", after, before)
	}
	values, err := tensors.CopyFlatData[float32](cache)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range values {
		if want := i/64 == 3 || i/64 == 5; (v == 1) != want || (v == 0) == want {
			t.Fatalf("element %d is %v", i, v)
		}
	}
}

func address(t *testing.T, x *tensors.Tensor) (at *float32) {
	t.Helper()
	err := tensors.ConstFlatData(x, func(flat []float32) { at = &flat[0] })
	if err != nil {
		t.Fatal(err)
	}
	return at
}
