package layers

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"harness/core/ir"
)

// Modules is a value of PEFT's target_modules, exclude_modules or
// feedforward_modules: a list of names or one regular expression.
type Modules struct {
	Names   []string
	Pattern string
}

// UnmarshalJSON reads a list of strings, a string, or null.
func (m *Modules) UnmarshalJSON(text []byte) error {
	*m = Modules{}
	if len(text) > 0 && text[0] == '"' {
		return json.Unmarshal(text, &m.Pattern)
	}
	return json.Unmarshal(text, &m.Names)
}

// Empty reports whether no module is named.
func (m Modules) Empty() bool { return len(m.Names) == 0 && m.Pattern == "" }

// allLinear is PEFT's word for every linear layer but the head.
const allLinear = "all-linear"

// Selection is what an adapter_config.json says about the modules that the
// adapter changes.
type Selection struct {
	Targets, Exclude Modules
	// Layers keeps modules of these layers only; nil keeps all.
	Layers []int
	// LayersPattern names what comes before the layer's number.
	LayersPattern []string
}

// Select gives the layers that a saved adapter changes. It is an error if the
// selection means some iterations of a Repeat only.
func Select(g *ir.Graph, s Selection) ([]Layer, error) {
	targets, err := s.Targets.matcher("target_modules")
	if err != nil {
		return nil, err
	}
	exclude, err := s.Exclude.matcher("exclude_modules")
	if err != nil {
		return nil, err
	}
	number, err := layerNumber(s.LayersPattern)
	if err != nil {
		return nil, err
	}
	var found []Layer
	for _, l := range Of(g) {
		hits := 0
		for _, module := range l.modules() {
			if l.head && s.Targets.Pattern == allLinear {
				continue
			}
			// PEFT looks at layers only beside a list of names.
			if targets(module) && !exclude(module) && (s.Layers == nil || s.Targets.Pattern != "" || slices.Contains(s.Layers, number(module))) {
				hits++
			}
		}
		switch hits {
		case 0:
		case max(1, l.Count):
			found = append(found, l)
		default:
			return nil, fmt.Errorf("adapter_config.json: it changes %d of the %d modules %s (target_modules, exclude_modules, layers_to_transform); "+
				"an adapter that changes some layers only is not supported", hits, l.Count, l.Module)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("adapter_config.json: target_modules %s means no linear layer of the model", s.Targets)
	}
	return found, nil
}

func (m Modules) String() string {
	if m.Pattern != "" {
		return fmt.Sprintf("%q", m.Pattern)
	}
	return fmt.Sprintf("%q", m.Names)
}

// matcher is PEFT's rule: a name is the module's path or the end of it after a
// dot; an expression fits the whole path.
func (m Modules) matcher(key string) (func(module string) bool, error) {
	switch {
	case key == "target_modules" && m.Pattern == allLinear:
		return func(string) bool { return true }, nil
	case m.Pattern != "":
		e, err := compile(key, m.Pattern)
		if err != nil {
			return nil, err
		}
		return e.MatchString, nil
	}
	return func(module string) bool {
		return slices.ContainsFunc(m.Names, func(name string) bool {
			return module == name || strings.HasSuffix(module, "."+name)
		})
	}, nil
}

// FeedForward says which layers a value of feedforward_modules means. PEFT
// takes a name there as any end of the path, with or without a dot.
func (m Modules) FeedForward() (func(Layer) (bool, error), error) {
	matches := func(module string) bool {
		return slices.ContainsFunc(m.Names, func(name string) bool { return strings.HasSuffix(module, name) })
	}
	if m.Pattern != "" {
		e, err := compile("feedforward_modules", m.Pattern)
		if err != nil {
			return nil, err
		}
		matches = e.MatchString
	}
	return func(l Layer) (bool, error) {
		hits := 0
		for _, module := range l.modules() {
			if matches(module) {
				hits++
			}
		}
		if hits > 0 && hits < l.Count {
			return false, fmt.Errorf("adapter_config.json: feedforward_modules means %d of the %d modules %s; that is not supported", hits, l.Count, l.Module)
		}
		return hits > 0, nil
	}, nil
}

// Pattern is a value of rank_pattern or alpha_pattern: numbers by regular
// expressions that fit a module's path or the end of it after a dot.
type Pattern map[string]float64

// For gives a layer's number, or the default. If several expressions fit, the
// first in sorted order counts; PEFT takes the first as written, so that those
// which disagree are an error.
func (p Pattern) For(key string, l Layer, byDefault float64) (float64, error) {
	value, from := byDefault, ""
	for _, expression := range sortedKeys(p) {
		e, err := compile(key, `(?:.*\.)?(?:`+expression+`)`)
		if err != nil {
			return 0, err
		}
		hits := 0
		for _, module := range l.modules() {
			if e.MatchString(module) {
				hits++
			}
		}
		switch {
		case hits == 0:
		case hits < l.Count:
			return 0, fmt.Errorf("%s: %q means %d of the %d modules %s; a number for some layers only is not supported", key, expression, hits, l.Count, l.Module)
		case from != "" && p[expression] != value:
			return 0, fmt.Errorf("%s: both %q and %q mean %s, with different numbers", key, from, expression, l.Module)
		default:
			value, from = p[expression], expression
		}
	}
	return value, nil
}

func sortedKeys(p Pattern) []string {
	keys := make([]string, 0, len(p))
	for key := range p {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// maxExpression bounds what is compiled.
const maxExpression = 4096

// compile reads a regular expression that has to fit the whole name. Go has
// no look-around and no back-references; Python has.
func compile(key, expression string) (*regexp.Regexp, error) {
	if len(expression) > maxExpression {
		return nil, fmt.Errorf("%s: an expression of %d bytes is too long, at most %d are read", key, len(expression), maxExpression)
	}
	e, err := regexp.Compile(`^(?:` + expression + `)$`)
	if err != nil {
		return nil, fmt.Errorf("%s: the expression %q cannot be used here (Python's look-around and back-references are not supported): %w", key, expression, err)
	}
	return e, nil
}

// layerNumber finds the layer that a module's path names, -1 for none: the
// number after the first two parts, or after one of the names given.
func layerNumber(patterns []string) (func(module string) int, error) {
	expressions := []string{`^.*?\.[^.]*\.(\d{1,6})\.`}
	if len(patterns) > 0 {
		expressions = nil
	}
	for _, name := range patterns {
		expressions = append(expressions, `^(?:|.*?\.)(?:`+name+`)\.(\d{1,6})\.`)
	}
	var compiled []*regexp.Regexp
	for _, text := range expressions {
		if len(text) > maxExpression {
			return nil, fmt.Errorf("adapter_config.json: layers_pattern is longer than %d bytes", maxExpression)
		}
		e, err := regexp.Compile(text)
		if err != nil {
			return nil, fmt.Errorf("adapter_config.json: layers_pattern: %w", err)
		}
		compiled = append(compiled, e)
	}
	return func(module string) int {
		for _, e := range compiled {
			// The number is the last group: a pattern may have groups too.
			if m := e.FindStringSubmatch(module); m != nil {
				n := 0
				for _, digit := range m[len(m)-1] {
					n = 10*n + int(digit-'0')
				}
				return n
			}
		}
		return -1
	}, nil
}
