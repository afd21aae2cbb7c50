// Package checkpoint compares a checkpoint's tensors with the network that its
// configuration describes, before anything is computed. A tensor that no
// parameter reads means that the checkpoint belongs to another network.
package checkpoint

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"harness/core/ir"
	"harness/core/weights/snapshot"
)

// maxNamed is the maximum number of tensors that a message names.
const maxNamed = 6

// Check reports all tensors that do not fit the network: parameters without a
// tensor, wrong shapes, types that are not read as weights, different tensors
// for one parameter, and tensors that no parameter reads. It ignores the
// network's buffers, and copies of the token table, which older files hold.
func Check(network *ir.Program, tensors []snapshot.Tensor) error {
	c := &check{network: network, tensors: map[string]snapshot.Tensor{}, read: map[string]bool{}}
	for _, t := range tensors {
		c.tensors[t.Name] = t
	}
	for _, p := range network.Parameters {
		c.parameter(p)
	}
	c.report("%d parameters have no tensor", c.missing)
	c.report("%d tensors do not fit", c.misfits)
	c.unread(tensors)
	return errors.Join(c.problems...)
}

type check struct {
	network  *ir.Program
	tensors  map[string]snapshot.Tensor
	read     map[string]bool
	missing  []string
	misfits  []string
	problems []error
}

// report adds problems of one kind: their number and the first few.
func (c *check) report(format string, found []string) {
	if len(found) > maxNamed {
		c.problems = append(c.problems, fmt.Errorf(format+", the first:", len(found)))
		found = found[:maxNamed]
	}
	for _, text := range found {
		c.problems = append(c.problems, errors.New(text))
	}
}

// parameter checks the tensors that may fill a parameter.
func (c *check) parameter(p ir.Param) {
	if len(p.Tensors) == 0 {
		return // it starts from its initializer
	}
	want := make([]int, len(p.Shape))
	for i, d := range p.Shape {
		want[i] = int(d)
	}
	if p.Transpose {
		slices.Reverse(want)
	}
	first := ""
	for _, name := range p.Tensors {
		t, ok := c.tensors[name]
		if !ok {
			continue
		}
		c.read[name] = true
		switch {
		case !slices.Equal(t.Shape, want):
			c.misfits = append(c.misfits, fmt.Sprintf("tensor %q has the shape %v, parameter %q needs %v", name, t.Shape, p.Name, want))
		case !t.DType.IsFloat():
			c.misfits = append(c.misfits, fmt.Sprintf("tensor %q has the type %s, which is not read as weights", name, t.DType))
		case first == "":
			first = name
		case c.original(first) != c.original(name):
			c.misfits = append(c.misfits, fmt.Sprintf("tensors %q and %q differ, but the network ties them: both fill the parameter %q", first, name, p.Name))
		}
	}
	if first == "" && !slices.ContainsFunc(p.Tensors, func(name string) bool { return c.read[name] }) {
		c.missing = append(c.missing, fmt.Sprintf("no tensor %s for parameter %q", anyOf(p.Tensors), p.Name))
	}
}

// original is the first tensor with the same bytes.
func (c *check) original(name string) string {
	if same := c.tensors[name].SameAs; same != "" {
		return same
	}
	return name
}

func anyOf(names []string) string {
	var quoted []string
	for _, name := range names {
		quoted = append(quoted, fmt.Sprintf("%q", name))
	}
	return strings.Join(quoted, " or ")
}

// unread reports the tensors that no parameter reads.
func (c *check) unread(tensors []snapshot.Tensor) {
	tables := c.tables()
	var names []string
	quantized := false
	for _, t := range tensors {
		switch {
		case c.read[t.Name], c.isBuffer(t.Name), tables[c.original(t.Name)]:
			continue
		}
		names = append(names, fmt.Sprintf("%q (%s %v)", t.Name, t.DType, t.Shape))
		quantized = quantized || isQuantizationName(t.Name)
	}
	if len(names) == 0 {
		return
	}
	listed := strings.Join(names[:min(len(names), maxNamed)], ", ")
	if len(names) > maxNamed {
		listed += ", …"
	}
	advice := "they belong to another network than the one that its configuration describes"
	if quantized {
		advice = "they belong to quantized weights, which are not read: take a checkpoint whose numbers are F32, F16 or BF16"
	}
	c.problems = append(c.problems, fmt.Errorf("%s that no parameter reads: %s; %s", count(len(names)), listed, advice))
}

func count(tensors int) string {
	if tensors == 1 {
		return "a tensor"
	}
	return fmt.Sprintf("%d tensors", tensors)
}

func (c *check) isBuffer(name string) bool {
	return slices.ContainsFunc(c.network.Buffers, func(pattern string) bool { return ir.Match(pattern, name) })
}

// tables are the token embedding tensors. Only they may have tied copies: a copy
// of any other matrix would be a layer of another network.
func (c *check) tables() map[string]bool {
	tables := map[string]bool{}
	tensors := map[string][]string{}
	for _, p := range c.network.Parameters {
		tensors[p.Name] = p.Tensors
	}
	for _, stack := range []*ir.Sequence{c.network.Encoder, c.network.Decoder} {
		if stack == nil {
			continue
		}
		for _, step := range stack.Steps {
			if step.GetEmbedding() == nil || step.Inputs[0] != ir.Tokens {
				continue
			}
			for _, name := range tensors[step.Inputs[1]] {
				if c.read[name] {
					tables[c.original(name)] = true
				}
			}
		}
	}
	return tables
}

// isQuantizationName reports whether quantization tools give tensors such a name.
func isQuantizationName(name string) bool {
	end := name[strings.LastIndexByte(name, '.')+1:]
	switch end {
	case "weight_scale", "weight_scale_inv", "weight_zero_point", "weight_packed", "weight_shape", "input_scale", "output_scale",
		"qweight", "qzeros", "scales", "g_idx", "SCB", "weight_format", "absmax", "quant_map", "nested_absmax", "nested_quant_map":
		return true
	}
	return strings.HasPrefix(end, "bitsandbytes__")
}
