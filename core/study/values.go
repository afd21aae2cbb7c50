package study

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/docker/go-units"
	"github.com/zclconf/go-cty/cty"

	"harness/core/score"
)

// The checks of this file see a value that is known, not null and of the attribute's kind.

func notEmpty(v cty.Value) []problem {
	if v.AsString() == "" {
		return []problem{{summary: "Empty text", detail: "There must be a name here; found an empty text."}}
	}
	return nil
}

func anObject(v cty.Value) []problem {
	if !v.Type().IsObjectType() && !v.Type().IsMapType() {
		return []problem{{summary: "Wrong type", detail: fmt.Sprintf("config must be an object, such as { n_layer = 2 }; found %s.", found(v))}}
	}
	return nil
}

// referenceTo checks that a value is a block of a kind.
func referenceTo(kind string) func(cty.Value) []problem {
	return func(v cty.Value) []problem {
		detail := fmt.Sprintf("A reference such as %s must be here; found ", exampleOf(kind))
		if name, is := referenceOf(v, kind); is && name != "" {
			return nil
		}
		for _, other := range roots() {
			if name, is := referenceOf(v, other); is {
				return []problem{{summary: "Reference to another kind of block", detail: fmt.Sprintf("%sthe %s %q.", detail, other, name)}}
			}
		}
		return []problem{{summary: "Not a reference", detail: detail + found(v) + "."}}
	}
}

// referencesTo checks that a value is a list of blocks of a kind, each once.
func referencesTo(kind string) func(cty.Value) []problem {
	one := referenceTo(kind)
	return func(v cty.Value) []problem {
		if !v.CanIterateElements() || v.Type().IsObjectType() || v.Type().IsMapType() || v.LengthInt() == 0 {
			return []problem{{summary: "Not a list of references", detail: fmt.Sprintf("A list such as [%s] must be here; found %s.", exampleOf(kind), found(v))}}
		}
		var problems []problem
		for _, element := range v.AsValueSlice() {
			if element.IsNull() || !element.IsWhollyKnown() {
				problems = append(problems, problem{summary: "Not a reference", detail: fmt.Sprintf("A reference such as %s must be here; found %s.", exampleOf(kind), found(element))})
				continue
			}
			problems = append(problems, one(element)...)
		}
		return problems
	}
}

// exampleOf is how expressions refer to a block of a kind.
func exampleOf(kind string) string {
	if kind == "prompt" {
		return "prompt.NAME"
	}
	return kind + ".TYPE.NAME"
}

// referenceOf is the name of the block of a kind that a value stands for.
func referenceOf(v cty.Value, kind string) (string, bool) {
	if !v.Type().IsObjectType() || !v.Type().HasAttribute("kind") || !v.Type().HasAttribute("name") {
		return "", false
	}
	k, name := v.GetAttr("kind"), v.GetAttr("name")
	if !isText(k) || !isText(name) || k.AsString() != kind {
		return "", false
	}
	return name.AsString(), true
}

func isText(v cty.Value) bool { return v.Type() == cty.String && v.IsKnown() && !v.IsNull() }

func properShare(v cty.Value) []problem {
	f, _ := v.GetAttr("validation").AsBigFloat().Float64()
	if f <= 0 || f >= 1 {
		return []problem{{path: []string{"validation"}, summary: "Validation share out of bounds", detail: fmt.Sprintf(
			"validation must be more than 0 and less than 1, the share of samples set apart; found %s.", found(v.GetAttr("validation")))}}
	}
	return nil
}

func positive(v cty.Value) []problem {
	if v.AsBigFloat().Sign() <= 0 {
		return []problem{{summary: "Number out of bounds", detail: fmt.Sprintf("It must be more than 0; found %s.", found(v))}}
	}
	return nil
}

func aSeed(v cty.Value) []problem {
	if v.AsBigFloat().Cmp(new(big.Float).SetUint64(1<<64-1)) > 0 {
		return []problem{{summary: "Number out of bounds", detail: fmt.Sprintf("seed must be less than 2^64; found %s.", found(v))}}
	}
	return nil
}

func twoBelowOne(v cty.Value) []problem {
	if v.LengthInt() != 2 {
		return []problem{{summary: "Wrong number of elements", detail: fmt.Sprintf("betas must be two numbers, such as [0.9, 0.999]; found %s.", found(v))}}
	}
	return eachNumber(v, func(f float64) string {
		if f >= 1 {
			return "betas must be less than 1"
		}
		return ""
	})
}

func learningRates(v cty.Value) []problem {
	return append(distinct(v), eachNumber(v, func(f float64) string {
		if f <= 0 {
			return "A learning rate must be more than 0"
		}
		return ""
	})...)
}

func eachNumber(v cty.Value, wrong func(float64) string) []problem {
	return elements(v, v.Type(), nil, func(element cty.Value, _ cty.Type, path []string) []problem {
		f, _ := element.AsBigFloat().Float64()
		if text := wrong(f); text != "" {
			return []problem{{path: path, summary: "Number out of bounds", detail: fmt.Sprintf("%s; found %s.", text, found(element))}}
		}
		return nil
	})
}

// distinct wants a list that is not empty and repeats nothing.
func distinct(v cty.Value) []problem {
	if v.LengthInt() == 0 {
		return []problem{{summary: "Empty list", detail: "There must be at least one element; found an empty list."}}
	}
	var seen []cty.Value
	return elements(v, v.Type(), nil, func(element cty.Value, _ cty.Type, path []string) []problem {
		if slices.ContainsFunc(seen, element.RawEquals) {
			return []problem{{path: path, summary: "Repeated element", detail: fmt.Sprintf("Each element may be there once; found %s again.", found(element))}}
		}
		seen = append(seen, element)
		return nil
	})
}

// valuesOf checks that a value is an object of the labels of bugs or trials: of each the value that is wanted, or
// several.
func valuesOf(things, example string) func(cty.Value) []problem {
	return func(v cty.Value) []problem { return labelValues(v, things, example) }
}

func labelValues(v cty.Value, things, example string) []problem {
	if !v.Type().IsObjectType() && !v.Type().IsMapType() || v.LengthInt() == 0 {
		return []problem{{summary: "Not labels and values", detail: fmt.Sprintf("Labels of %s with their values must be here, such as %s; found %s.", things, example, found(v))}}
	}
	return elements(v, v.Type(), nil, func(value cty.Value, _ cty.Type, path []string) []problem {
		if isText(value) {
			return nil
		}
		wrong := problem{path: path, summary: "Wrong type", detail: fmt.Sprintf("A label's value must be a text or a list of texts, such as %s; found %s.", example, found(value))}
		if value.IsNull() || !value.Type().IsTupleType() && !value.Type().IsListType() && !value.Type().IsSetType() {
			return []problem{wrong}
		}
		for _, element := range value.AsValueSlice() {
			if !isText(element) {
				wrong.detail = fmt.Sprintf("A label's values must be texts, such as %s; found %s in the list.", example, found(element))
				return []problem{wrong}
			}
		}
		problems := distinct(value)
		for i := range problems {
			problems[i].path = append(slices.Clone(path), problems[i].path...)
		}
		return problems
	})
}

// bugLabel is the prefix of labels of bugs in tables.
const bugLabel = "bug."

// labelNames are what a trial's result is filed under.
func labelNames() []string { return []string{"model", "adapter", "benchmark", "prompt"} }

func labels(v cty.Value) []problem {
	return append(distinct(v), elements(v, v.Type(), nil, func(element cty.Value, _ cty.Type, path []string) []problem {
		name := element.AsString()
		if contains(labelNames(), name) || strings.HasPrefix(name, bugLabel) && len(name) > len(bugLabel) {
			return nil
		}
		return []problem{{path: path, summary: "Unknown label", detail: fmt.Sprintf("Trials have no label %q.%s", name,
			expected(name, append(labelNames(), bugLabel+"LABEL"), "They have", "There are none"))}}
	})...)
}

func metric(v cty.Value) []problem { return metricAt(v, cty.String, nil) }

func metrics(v cty.Value) []problem {
	return append(distinct(v), elements(v, v.Type(), nil, metricAt)...)
}

func metricAt(v cty.Value, _ cty.Type, path []string) []problem {
	name := v.AsString()
	if _, err := score.ParseMetric(name); err == nil {
		return nil
	}
	return []problem{{path: path, summary: "Unknown metric", detail: fmt.Sprintf("There is no metric %q.%s", name,
		expected(name, score.MetricNames(), "Known are", "There are none"))}}
}

const (
	minMemory  = 32 * units.MiB
	maxMemory  = 64 * units.TiB
	minTimeout = time.Second
	maxTimeout = 24 * time.Hour
)

func aSize(v cty.Value) []problem {
	bytes, err := parseSize(v.AsString())
	switch {
	case err != nil:
		return []problem{{summary: "Not a size", detail: fmt.Sprintf("A number with a unit must be here, such as \"2GiB\" or \"512MB\"; found %s.", found(v))}}
	case bytes < minMemory || bytes > maxMemory:
		return []problem{{summary: "Size out of bounds", detail: fmt.Sprintf("It must be between 32MiB and 64TiB; found %s.", found(v))}}
	}
	return nil
}

// parseSize reads a number of bytes: KiB, MiB … are powers of 1024, kB, MB … of 1000.
func parseSize(text string) (int64, error) {
	lower := strings.ToLower(strings.TrimSpace(text))
	if !strings.HasSuffix(lower, "b") {
		return 0, fmt.Errorf("no unit in %q", text)
	}
	if strings.HasSuffix(lower, "ib") {
		return units.RAMInBytes(lower)
	}
	return units.FromHumanSize(lower)
}

func aDuration(v cty.Value) []problem {
	d, err := time.ParseDuration(v.AsString())
	switch {
	case err != nil:
		return []problem{{summary: "Not a duration", detail: fmt.Sprintf("A number with a unit must be here, such as \"60s\" or \"2m30s\"; found %s.", found(v))}}
	case d < minTimeout || d > maxTimeout:
		return []problem{{summary: "Duration out of bounds", detail: fmt.Sprintf("It must be between 1s and 24h; found %s.", found(v))}}
	}
	return nil
}
