package study

import (
	"fmt"
	"strconv"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"harness/core/protocol/harnesspb"
)

// place is where a block of settings stands in the study's text; empty if the study has none.
type place struct {
	content *decoded
}

// CheckSettings reports the settings of train and generate that an engine does not take, given those that it takes.
func (s *Study) CheckSettings(engine string, taken []*harnesspb.Setting) hcl.Diagnostics {
	var refused hcl.Diagnostics
	look := func(block string, p place, spec *spec, values proto.Message) {
		for _, t := range taken {
			a := spec.attribute(t.GetAttribute())
			if t.GetBlock() != block || a == nil {
				continue // an attribute of another version of the language
			}
			if value, ok := a.valueIn(values); ok && !contains(t.GetValues(), value) {
				refused = append(refused, p.settingDiagnostic(engine, a, value, t.GetValues()))
			}
		}
	}
	if s.Train != nil {
		look("train", s.Train.place, trainSpec(), s.Train.Recipe)
	}
	if len(s.Benchmarks) > 0 {
		look("generate", s.Generate.place, generateSpec(), s.Generate.Decoding)
	}
	return refused
}

func (p place) settingDiagnostic(engine string, a *attribute, value string, taken []string) *hcl.Diagnostic {
	if a.kind == cty.String {
		value, taken = strconv.Quote(value), quoted(taken)
	}
	d := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Engine does not take this setting",
		Detail: fmt.Sprintf("The engine %q does not take %s = %s; it takes %s.", engine, a.name, value, list(taken))}
	if p.content != nil {
		at := p.content.at(a.name)
		d.Subject = &at
	}
	return d
}

// valueIn is the attribute's value, as the field of its name says it; false if that is neither a text nor a truth value.
func (a *attribute) valueIn(m proto.Message) (string, bool) {
	message := m.ProtoReflect()
	field := message.Descriptor().Fields().ByName(protoreflect.Name(a.name))
	if field == nil {
		return "", false
	}
	switch value := message.Get(field); field.Kind() {
	case protoreflect.StringKind:
		if text := value.String(); text != "" {
			return text, true
		}
		return a.unsaid, a.unsaid != ""
	case protoreflect.BoolKind:
		return strconv.FormatBool(value.Bool()), true
	}
	return "", false
}
