package engine

import (
	"reflect"
	"unsafe"

	"github.com/gomlx/go-xla/compute/xla"
	"github.com/gomlx/go-xla/stablehlo"
	"github.com/gomlx/gomlx/core/graph"
)

// overwrite lets XLA write results over the buffers of donated parameters.
// go-xla frees a donated buffer after the call but does not inform the compiler,
// which would then copy a whole cache for each number written into it. The
// attribute that informs the compiler is behind an unexported field. If go-xla
// has no such field, overwrite does nothing, and results are copies as before. It
// reports whether it marked all parameters.
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

// valueOf is the StableHLO value of a node. It is nil on other backends, and if
// it is not where go-xla 0.4 keeps it.
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
