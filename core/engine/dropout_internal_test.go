package engine

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// mask draws a dropout mask of the shape on the pure-Go backend.
func mask(t *testing.T, rate float64, key [2]uint32, dims ...int) []bool {
	t.Helper()
	backend, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Finalize()
	exec, err := graph.NewExec(backend, func(key *graph.Node) *graph.Node {
		first := [2]*graph.Node{
			graph.Iota(key.Graph(), shapes.Make(dtypes.Uint32, dims[:2]...), 0),
			graph.Iota(key.Graph(), shapes.Make(dtypes.Uint32, dims[:2]...), 1),
		}
		return dropoutMask(key, dims, rate, first)
	})
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Call(tensors.FromFlatDataAndDimensions(key[:], 1, 2))
	if err != nil {
		t.Fatal(err)
	}
	flat, err := tensors.CopyFlatData[bool](out[0])
	if err != nil {
		t.Fatal(err)
	}
	return flat
}

func TestDropoutKeepsTheRightShareWhateverThePadding(t *testing.T) {
	const rows, columns, features = 8, 20, 64
	first := mask(t, 0.3, [2]uint32{1, 2}, rows, columns, features)
	kept := 0
	for _, keep := range first {
		if keep {
			kept++
		}
	}
	if share := float64(kept) / float64(len(first)); math.Abs(share-0.7) > 0.02 {
		t.Errorf("%.3f kept, want 0.7", share)
	}
	if slices.Equal(first, mask(t, 0.3, [2]uint32{1, 3}, rows, columns, features)) {
		t.Error("another key gives the same mask")
	}
	wide := mask(t, 0.3, [2]uint32{1, 2}, rows+2, columns+7, features)
	for r := range rows {
		a := first[r*columns*features:][:columns*features]
		b := wide[r*(columns+7)*features:][:columns*features]
		if !slices.Equal(a, b) {
			t.Fatalf("row %d depends on the padding", r)
		}
	}
}
