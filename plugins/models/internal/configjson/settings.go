package configjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Rules define how a family treats the settings of config.json that are not
// fields of its own struct. Read refuses a setting without a rule, even if
// transformers ignores it: it may mean another network.
type Rules struct {
	// ModelType is what model_type must be.
	ModelType string
	// Architectures are the allowed classes of transformers.
	Architectures []string
	// Names maps alternative names of settings to their usual names.
	Names map[string]string
	// Fixed maps settings that the network supports only with certain values
	// to these values, as JSON.
	Fixed map[string][]string
	// Unread are settings that do not change the network.
	Unread []string
}

// Read reads config.json into the fields of a struct, by their JSON names, and
// reports everything that the rules do not allow. A missing setting leaves its
// field unchanged; null is refused unless the field can be nil.
func Read(text []byte, into any, rules Rules) (*Problems, error) {
	fields, err := object(text)
	if err != nil {
		return nil, err
	}
	if fields, err = rename(fields, rules.Names); err != nil {
		return nil, err
	}
	p := &Problems{}
	p.identity(fields, rules)
	p.decode("", fields, reflect.ValueOf(into).Elem())
	p.rest(fields, rules)
	return p, nil
}

// object reads a JSON object.
func object(text []byte) (map[string]json.RawMessage, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return nil, err
	}
	if fields == nil {
		return nil, errors.New("is null, expected an object")
	}
	return fields, nil
}

// Block decodes the settings of an object within config.json.
func (p *Problems) Block(name string, fields map[string]json.RawMessage, into any) {
	p.decode(name+".", maps.Clone(fields), reflect.ValueOf(into).Elem())
}

// identity checks the model type and the architectures of the file.
func (p *Problems) identity(fields map[string]json.RawMessage, rules Rules) {
	var head struct {
		ModelType     string   `json:"model_type"`
		Architectures []string `json:"architectures"`
	}
	p.decode("", fields, reflect.ValueOf(&head).Elem())
	p.Check(head.ModelType == rules.ModelType, "model_type is %q, expected %q", head.ModelType, rules.ModelType)
	for _, name := range head.Architectures {
		p.Check(slices.Contains(rules.Architectures, name), "architectures names %q, expected %q", name, rules.Architectures[0])
	}
}

// decode reads the fields that a struct has.
func (p *Problems) decode(within string, fields map[string]json.RawMessage, into reflect.Value) {
	for i := range into.NumField() {
		field := into.Type().Field(i)
		if field.Anonymous {
			p.decode(within, fields, into.Field(i))
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		text, ok := fields[name]
		if !ok {
			continue
		}
		delete(fields, name)
		p.value(within+name, text, into.Field(i))
	}
}

// value decodes one setting.
func (p *Problems) value(name string, text json.RawMessage, into reflect.Value) {
	kind := into.Kind()
	if string(text) == "null" {
		nullable := kind == reflect.Pointer || kind == reflect.Slice || kind == reflect.Map
		p.Check(nullable, "%s is null, expected %s", name, expected(into.Type()))
		if nullable {
			into.SetZero()
		}
		return
	}
	if kind == reflect.Pointer && into.Type().Elem().Kind() == reflect.Struct {
		into.Set(reflect.New(into.Type().Elem()))
		p.value(name, text, into.Elem())
		return
	}
	if kind == reflect.Struct {
		inner, err := object(text)
		if err != nil {
			p.Check(false, "%s is %s, expected an object", name, short(text))
			return
		}
		p.decode(name+".", inner, into)
		for _, other := range slices.Sorted(maps.Keys(inner)) {
			p.Check(string(inner[other]) == "null", "%s.%s is %s, which is not read here", name, other, short(inner[other]))
		}
		return
	}
	if kind == reflect.Slice && into.Type().Elem().Kind() == reflect.String && hasNull(text) {
		p.Check(false, "%s is %s, expected %s", name, short(text), expected(into.Type()))
		return
	}
	if err := json.Unmarshal(text, into.Addr().Interface()); err != nil {
		p.Check(false, "%s is %s, expected %s", name, short(text), expected(into.Type()))
	}
}

// hasNull reports whether a list has a null, which Go would read as "".
func hasNull(text json.RawMessage) bool {
	var list []json.RawMessage
	return json.Unmarshal(text, &list) == nil && slices.ContainsFunc(list, func(v json.RawMessage) bool { return string(v) == "null" })
}

// expected describes the values of a field.
func expected(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[TokenIDs]():
		return "a token id or a list of them"
	case reflect.TypeFor[[]string]():
		return "a list of texts"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return expected(t.Elem()) + " or null"
	case reflect.Int32, reflect.Int64:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a text"
	}
	return "an object"
}

// rest checks the settings that are not fields of the struct.
func (p *Problems) rest(fields map[string]json.RawMessage, rules Rules) {
	fixed := commonFixed()
	maps.Copy(fixed, rules.Fixed)
	unread := slices.Concat(commonUnread(), generationSettings(), rules.Unread)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		value := fields[name]
		allowed, isFixed := fixed[name]
		switch {
		case isFixed:
			p.Check(isOne(value, allowed), "%s is %s, but this family supports only %s", name, short(value), orMissing(allowed))
		case !slices.Contains(unread, name):
			p.Check(false, "%s is %s: this setting is not known here, and may change the network; remove it if it does not", name, short(value))
		}
	}
}

// isOne reports whether a value is one of those allowed. null is allowed if the
// list is empty or contains it.
func isOne(value json.RawMessage, allowed []string) bool {
	if len(allowed) == 0 {
		return string(value) == "null"
	}
	var got any
	if json.Unmarshal(value, &got) != nil {
		return false
	}
	return slices.ContainsFunc(allowed, func(text string) bool {
		var want any
		return json.Unmarshal([]byte(text), &want) == nil && reflect.DeepEqual(got, want)
	})
}

func orMissing(allowed []string) string {
	if len(allowed) == 0 {
		return "null"
	}
	return strings.Join(allowed, " or ")
}

// short shortens a value for a message.
func short(value json.RawMessage) string {
	var out bytes.Buffer
	if json.Compact(&out, value) != nil {
		return "not JSON"
	}
	if out.Len() > 80 {
		out.Truncate(80)
		out.WriteString("…")
	}
	return out.String()
}
