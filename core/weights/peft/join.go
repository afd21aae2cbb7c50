package peft

import (
	"fmt"
	"slices"

	"harness/core/weights/safetensors"
)

// Join is a concatenation of several tensors along an axis. The parts differ
// only in their length along that axis.
type Join struct {
	Tensor string
	Axis   int
	// Parts are the tensors' names and shapes, in order. Their type is that of
	// the joined tensor.
	Parts []safetensors.Info
}

// shape is the shape of the joined tensor.
func (j Join) shape() ([]int, error) {
	if len(j.Parts) == 0 {
		return nil, fmt.Errorf("tensor %q: joins no parts", j.Tensor)
	}
	var shape []int
	for i, part := range j.Parts {
		if j.Axis < 0 || j.Axis >= len(part.Shape) {
			return nil, fmt.Errorf("tensor %q: joined along axis %d, but %q has the shape %v", j.Tensor, j.Axis, part.Name, part.Shape)
		}
		if i == 0 {
			shape = slices.Clone(part.Shape)
			continue
		}
		same := slices.Clone(part.Shape)
		if len(same) == len(shape) {
			same[j.Axis] = shape[j.Axis]
		}
		if !slices.Equal(same, shape) {
			return nil, fmt.Errorf("tensor %q: %q has the shape %v, which does not join with %q %v along axis %d",
				j.Tensor, part.Name, part.Shape, j.Parts[0].Name, j.Parts[0].Shape, j.Axis)
		}
		shape[j.Axis] += part.Shape[j.Axis]
	}
	return shape, nil
}

// Join reads the parts and concatenates them.
func (j Join) Join(from safetensors.Source) (safetensors.Tensor, error) {
	shape, err := j.shape()
	if err != nil {
		return safetensors.Tensor{}, err
	}
	var parts []safetensors.Tensor
	for _, part := range j.Parts {
		t, err := from.Tensor(part.Name)
		if err != nil {
			return safetensors.Tensor{}, err
		}
		parts = append(parts, t)
		if !slices.Equal(t.Shape, part.Shape) || t.DType != parts[0].DType {
			return safetensors.Tensor{}, fmt.Errorf("tensor %q: is %s %v, expected %s %v", t.Name, t.DType, t.Shape, parts[0].DType, part.Shape)
		}
	}
	out := safetensors.Tensor{Info: safetensors.Info{Name: j.Tensor, DType: parts[0].DType, Shape: shape}}
	size, err := out.Bytes()
	if err != nil {
		return safetensors.Tensor{}, fmt.Errorf("tensor %q: %w", j.Tensor, err)
	}
	out.Data = make([]byte, 0, size)
	for row := range product(shape[:j.Axis]) {
		for _, t := range parts {
			n := len(t.Data) / product(shape[:j.Axis])
			out.Data = append(out.Data, t.Data[row*n:][:n]...)
		}
	}
	return out, nil
}

// Split is the inverse of Join.
func (j Join) Split(t safetensors.Tensor) ([]safetensors.Tensor, error) {
	shape, err := j.shape()
	if err != nil {
		return nil, err
	}
	if !slices.Equal(t.Shape, shape) {
		return nil, fmt.Errorf("tensor %q: has the shape %v, expected %v, which is %d parts joined along axis %d", t.Name, t.Shape, shape, len(j.Parts), j.Axis)
	}
	rows := product(shape[:j.Axis])
	if rows == 0 || len(t.Data) == 0 || len(t.Data)%rows != 0 {
		return nil, fmt.Errorf("tensor %q: has %d bytes for the shape %v", t.Name, len(t.Data), shape)
	}
	width := len(t.Data) / rows
	parts := make([]safetensors.Tensor, len(j.Parts))
	for row := range rows {
		rest := t.Data[row*width:][:width]
		for i, part := range j.Parts {
			n := width / shape[j.Axis] * part.Shape[j.Axis]
			parts[i].Data = append(parts[i].Data, rest[:n]...)
			rest = rest[n:]
		}
	}
	for i, part := range j.Parts {
		parts[i].Info = safetensors.Info{Name: part.Name, DType: t.DType, Shape: slices.Clone(part.Shape)}
	}
	return parts, nil
}

func product(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}
