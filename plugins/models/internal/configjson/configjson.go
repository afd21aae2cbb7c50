// Package configjson reads a checkpoint's config.json for the model families.
// The file is untrusted: a family checks every value that it computes with, and
// reports all problems at once, under the file's own names.
package configjson

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"harness/core/ir"
)

// Problems collects the problems of a file.
type Problems struct {
	found []error
}

// Err joins all problems, or is nil.
func (p *Problems) Err() error { return errors.Join(p.found...) }

// Check adds a problem unless ok.
func (p *Problems) Check(ok bool, format string, args ...any) {
	if !ok {
		p.found = append(p.found, fmt.Errorf(format, args...))
	}
}

// Within checks that least ≤ value ≤ most.
func (p *Problems) Within(name string, value, least, most int64) {
	p.Check(value >= least && value <= most, "%s is %d, expected %d to %d", name, value, least, most)
}

// Between checks that least < value < most. NaN fails the check.
func (p *Problems) Between(name string, value, least, most float64) {
	p.Check(value > least && value < most, "%s is %v, expected more than %v and less than %v", name, value, least, most)
}

// Rate checks that a value is a dropout rate.
func (p *Problems) Rate(name string, value float64) {
	p.Check(value >= 0 && value < 1, "%s is %v, expected 0 or more and less than 1", name, value)
}

// Tokens checks that ids are within the vocabulary.
func (p *Problems) Tokens(name string, ids []int32, vocabulary int64) {
	for _, id := range ids {
		p.Check(id >= 0 && int64(id) < vocabulary, "%s is %d, outside the vocabulary of %d", name, id, vocabulary)
	}
}

// TokenIDs is a token id, a list of them, or null.
type TokenIDs []int32

// UnmarshalJSON reads any of the three.
func (t *TokenIDs) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*t = nil
		return nil
	}
	var one int32
	if err := json.Unmarshal(text, &one); err == nil {
		*t = TokenIDs{one}
		return nil
	}
	var many []*int32
	if err := json.Unmarshal(text, &many); err != nil || slices.Contains(many, nil) {
		return fmt.Errorf("%.80s is neither a token id nor a list of them", text)
	}
	var ids TokenIDs
	for _, id := range many {
		ids = append(ids, *id)
	}
	*t = ids
	return nil
}

// ActivationNames lists the names that Activation accepts, for error messages.
const ActivationNames = "silu, swish, gelu, gelu_python, gelu_new, gelu_fast, gelu_pytorch_tanh, relu, tanh or sigmoid"

// Activation is the function with a given name in transformers.
func Activation(name string) (ir.UnaryOp, bool) {
	switch name {
	case "silu", "swish":
		return ir.SiLU, true
	case "gelu", "gelu_python":
		return ir.GELU, true
	case "gelu_new", "gelu_fast", "gelu_pytorch_tanh":
		return ir.GELUTanh, true
	case "relu":
		return ir.ReLU, true
	case "tanh":
		return ir.Tanh, true
	case "sigmoid":
		return ir.Sigmoid, true
	}
	return 0, false
}
