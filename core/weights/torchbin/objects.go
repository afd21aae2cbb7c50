package torchbin

import (
	"errors"
	"fmt"

	"harness/core/weights/safetensors"
)

// Values of the machine besides nil, bool, int64, float64 and string.
type (
	// dict is a dictionary, with items in insertion order.
	dict struct {
		items   []item
		ordered bool // an OrderedDict, which may have attributes
	}
	item struct{ key, value any }
	list struct{ items []any }
	// tuple is immutable.
	tuple []any
	// bytesValue is a bytes object.
	bytesValue string

	// class is a name that the pickle may refer to.
	class struct {
		name string
		call func(args tuple) (any, error) // nil: cannot be called
	}
	// dtype is a torch.dtype.
	dtype struct{ of safetensors.DType }

	// storage is a persistent object: elements in a member of the archive.
	storage struct {
		key   string
		dtype safetensors.DType // empty: bytes without a type
		count int64             // elements
		size  int64             // bytes per element
	}
	// view is a tensor: a view of a storage with a shape.
	view struct {
		storage        *storage
		dtype          safetensors.DType
		offset         int64 // elements
		shape, strides []int64
	}
)

// describe names the type of a value. It never looks at its elements, because a pickle
// can build cyclic values.
func describe(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		return "a bool"
	case int64:
		return "a whole number"
	case float64:
		return "a number"
	case string:
		return "a text"
	case bytesValue:
		return "bytes"
	case *dict:
		return "a dictionary"
	case *list:
		return "a list"
	case tuple:
		return "a tuple"
	case class:
		return "the name " + v.name
	case dtype:
		return "a torch.dtype"
	case *storage:
		return "a storage"
	case *view:
		return "a tensor"
	}
	return "a mark"
}

// storageType is the element type of a torch class of storages.
func storageType(name string) (safetensors.DType, bool) {
	switch name {
	case "torch.FloatStorage":
		return safetensors.F32, true
	case "torch.HalfStorage":
		return safetensors.F16, true
	case "torch.BFloat16Storage":
		return safetensors.BF16, true
	case "torch.DoubleStorage":
		return safetensors.F64, true
	case "torch.ByteStorage":
		return safetensors.U8, true
	case "torch.CharStorage":
		return safetensors.I8, true
	case "torch.ShortStorage":
		return safetensors.I16, true
	case "torch.IntStorage":
		return safetensors.I32, true
	case "torch.LongStorage":
		return safetensors.I64, true
	case "torch.BoolStorage":
		return safetensors.Bool, true
	case "torch.storage.UntypedStorage":
		return "", true
	}
	return "", false
}

// elementType is the type of a torch.dtype's name. Files use these names only for types
// that have no storage class of their own.
func elementType(name string) (safetensors.DType, bool) {
	switch name {
	case "torch.float8_e4m3fn":
		return safetensors.F8E4M3, true
	case "torch.float8_e5m2":
		return safetensors.F8E5M2, true
	case "torch.uint16":
		return safetensors.U16, true
	case "torch.uint32":
		return safetensors.U32, true
	case "torch.uint64":
		return safetensors.U64, true
	}
	return "", false
}

// find returns the object of a name. It knows all names that a checkpoint needs, and
// refuses any other name before the pickle can use it.
func find(module, name string) (any, error) {
	full := module + "." + name
	switch full {
	case "collections.OrderedDict":
		return class{full, newOrderedDict}, nil
	case "torch._utils._rebuild_tensor_v2":
		return class{full, rebuildTensor}, nil
	case "torch._utils._rebuild_tensor_v3":
		return class{full, rebuildTensorOfType}, nil
	case "torch._utils._rebuild_parameter":
		return class{full, rebuildParameter}, nil
	}
	if _, ok := storageType(full); ok {
		return class{name: full}, nil
	}
	if of, ok := elementType(full); ok {
		return dtype{of}, nil
	}
	return nil, fmt.Errorf("asks for %q, which is not needed to describe weights; no code of this file was run: if you trust it, convert it to safetensors", full)
}

func newOrderedDict(args tuple) (any, error) {
	if len(args) != 0 {
		return nil, fmt.Errorf("takes no arguments here, got %d", len(args))
	}
	return &dict{ordered: true}, nil
}

// rebuildTensor is _rebuild_tensor_v2(storage, offset, shape, strides,
// requires_grad, hooks[, metadata]).
func rebuildTensor(args tuple) (any, error) {
	if len(args) != 6 && len(args) != 7 {
		return nil, fmt.Errorf("takes 6 or 7 arguments, got %d", len(args))
	}
	v, err := newView(args)
	if err != nil {
		return nil, err
	}
	if v.dtype = v.storage.dtype; v.dtype == "" {
		return nil, errors.New("its storage has no type")
	}
	return v, plain(args[6:])
}

// plain refuses metadata, which says that the tensor is not what its storage
// holds: its elements are negated, for instance.
func plain(metadata tuple) error {
	if len(metadata) == 0 || metadata[0] == nil {
		return nil
	}
	d, ok := metadata[0].(*dict)
	if !ok {
		return fmt.Errorf("its metadata is %s, not a dictionary", describe(metadata[0]))
	}
	for _, i := range d.items {
		if i.value != any(false) {
			return fmt.Errorf("a tensor is marked %q (a lazy view), which is not read: save a copy of it with torch (tensor.resolve_neg().resolve_conj())", name(i.key))
		}
	}
	return nil
}

// name is a key that is a text, or what it is instead.
func name(key any) string {
	if text, ok := key.(string); ok {
		return text
	}
	return describe(key)
}

// rebuildTensorOfType is _rebuild_tensor_v3, which also names the type:
// (storage, offset, shape, strides, requires_grad, hooks, dtype[, metadata]).
func rebuildTensorOfType(args tuple) (any, error) {
	if len(args) != 7 && len(args) != 8 {
		return nil, fmt.Errorf("takes 7 or 8 arguments, got %d", len(args))
	}
	v, err := newView(args)
	if err != nil {
		return nil, err
	}
	d, ok := args[6].(dtype)
	if !ok {
		return nil, fmt.Errorf("argument 7 is %s, not a torch.dtype", describe(args[6]))
	}
	v.dtype = d.of
	return v, plain(args[7:])
}

func newView(args tuple) (*view, error) {
	s, ok := args[0].(*storage)
	if !ok {
		return nil, fmt.Errorf("argument 1 is %s, not a storage", describe(args[0]))
	}
	offset, ok := args[1].(int64)
	if !ok {
		return nil, fmt.Errorf("argument 2 is %s, not an offset", describe(args[1]))
	}
	v := &view{storage: s, offset: offset}
	var err error
	if v.shape, err = numbers(args[2]); err != nil {
		return nil, fmt.Errorf("argument 3 (shape): %w", err)
	}
	if v.strides, err = numbers(args[3]); err != nil {
		return nil, fmt.Errorf("argument 4 (strides): %w", err)
	}
	return v, nil
}

// maxDimensions is far above what torch itself allows.
const maxDimensions = 64

func numbers(v any) ([]int64, error) {
	t, ok := v.(tuple)
	if !ok || len(t) > maxDimensions {
		return nil, fmt.Errorf("%s, not a tuple of at most %d whole numbers", describe(v), maxDimensions)
	}
	out := make([]int64, len(t))
	for i, x := range t {
		if out[i], ok = x.(int64); !ok || out[i] < 0 {
			return nil, fmt.Errorf("number %d is %s, not a whole number from 0 on", i+1, describe(x))
		}
	}
	return out, nil
}

// rebuildParameter is _rebuild_parameter(tensor, requires_grad, hooks).
func rebuildParameter(args tuple) (any, error) {
	if len(args) != 3 {
		return nil, fmt.Errorf("takes 3 arguments, got %d", len(args))
	}
	v, ok := args[0].(*view)
	if !ok {
		return nil, fmt.Errorf("argument 1 is %s, not a tensor", describe(args[0]))
	}
	return v, nil
}

// persistent returns the object of a persistent id. In these files the id is always
// ("storage", class, key, device, elements).
func persistent(id any) (any, error) {
	t, ok := id.(tuple)
	if !ok || len(t) != 5 || t[0] != any("storage") {
		return nil, errors.New("a persistent id does not name a storage")
	}
	c, okClass := t[1].(class)
	key, okKey := t[2].(string)
	count, okCount := t[4].(int64)
	if !okClass || !okKey || !okCount {
		return nil, fmt.Errorf("a storage is given as (%s, %s, %s), not as (class, key, elements)", describe(t[1]), describe(t[2]), describe(t[4]))
	}
	of, ok := storageType(c.name)
	if !ok {
		return nil, fmt.Errorf("%s is not a storage", c.name)
	}
	return &storage{key: key, dtype: of, count: count, size: int64(max(of.Size(), 1))}, nil
}
