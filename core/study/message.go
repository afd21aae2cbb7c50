package study

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// fill sets the fields of a message to the attributes of the same names, so that a setting of a recipe is written down
// twice only: as a field and as an attribute. A value that the field's zero value stands for is left out, so that a new
// setting changes no key of a study that does not use it.
func (d *decoded) fill(m proto.Message) {
	message := m.ProtoReflect()
	fields := message.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		a := d.spec.attribute(string(field.Name()))
		if a == nil {
			continue
		}
		if value, ok := d.fieldValue(a, field, message); ok {
			message.Set(field, value)
		}
	}
}

// fieldValue is an attribute's value as a field takes it; false if there is none, or if the zero value stands for it.
func (d *decoded) fieldValue(a *attribute, field protoreflect.FieldDescriptor, m protoreflect.Message) (protoreflect.Value, bool) {
	if field.IsList() { // of numbers, as the spec says
		numbers, ok := d.numbers(a.name)
		list := m.NewField(field).List()
		for _, x := range numbers {
			list.Append(protoreflect.ValueOfFloat64(x))
		}
		return protoreflect.ValueOfList(list), ok
	}
	switch field.Kind() {
	case protoreflect.StringKind:
		text, ok := d.text(a.name)
		return protoreflect.ValueOfString(text), ok && text != a.unsaid
	case protoreflect.BoolKind:
		truth, ok := d.truth(a.name)
		return protoreflect.ValueOfBool(truth), ok
	case protoreflect.Int32Kind:
		whole, ok := d.whole(a.name)
		return protoreflect.ValueOfInt32(int32(whole)), ok
	default:
		number, ok := d.number(a.name)
		return protoreflect.ValueOfFloat64(number), ok
	}
}
