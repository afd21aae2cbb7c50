package engine

import (
	"reflect"
	"unsafe"

	"github.com/gomlx/go-xla/compute/xla"
	"github.com/gomlx/go-xla/stablehlo"
	"github.com/gomlx/gomlx/core/graph"
)

// overwrite lets XLA write results over the buffers of parameters that are
// donated. go-xla frees a donated buffer after the call but does not tell the
// compiler, which would then copy a whole cache for each number written into
// it. The attribute that tells it is behind an unexported field; where that is
// not as expected nothing happens, and results are copies as before. It
// reports whether all parameters were marked.
func overwrite(parameters ...*graph.Node) bool {
	marked := true
	for _, p := range parameters {
		v := valueOf(p)
		if v == nil {
			marked = false
			continue
		}
		if v.Attributes == nil {
			v.Attributes = map[string]any{}
		}
		v.Attributes["jax.buffer_donor"] = true
	}
	return marked
}

// valueOf is the StableHLO value that a node stands for; nil if it is not
// where go-xla 0.4 keeps it, or on another backend.
func valueOf(n *graph.Node) *stablehlo.Value {
	outputs := graph.InternalBackendOutputs(n)
	if len(outputs) != 1 {
		return nil
	}
	node, ok := outputs[0].(*xla.Node)
	if !ok || node == nil {
		return nil
	}
	field := reflect.ValueOf(node).Elem().FieldByName("value")
	if !field.IsValid() || field.Type() != reflect.TypeFor[*stablehlo.Value]() {
		return nil
	}
	return *(**stablehlo.Value)(unsafe.Pointer(field.UnsafeAddr()))
}
