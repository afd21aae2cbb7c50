package study

import (
	"fmt"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"harness/core/internal/didyoumean"
)

// expected ends a message on a wrong word: what it was probably meant to be, or what there is, introduced by `have`, or
// that there is nothing.
func expected(word string, words []string, have, none string) string {
	switch near := didyoumean.Nearest(word, words); {
	case near != "":
		return fmt.Sprintf(" Did you mean %q?", near)
	case len(words) == 0:
		return " " + none + "."
	}
	return " " + have + " " + list(words) + "."
}

// list joins words, not too many.
func list(words []string) string {
	const most = 20
	if len(words) > most {
		return strings.Join(words[:most], ", ") + fmt.Sprintf(" and %d more", len(words)-most)
	}
	return strings.Join(words, ", ")
}

func quoted(words []string) []string {
	var q []string
	for _, w := range words {
		q = append(q, fmt.Sprintf("%q", w))
	}
	return q
}

func contains(words []string, word string) bool { return slices.Contains(words, word) }

// found describes a value in a message.
func found(value cty.Value) string {
	switch {
	case value.IsNull():
		return "null"
	case !value.IsKnown():
		return "an unknown value"
	}
	switch t := value.Type(); {
	case t == cty.String:
		return "the text " + clipped(fmt.Sprintf("%q", value.AsString()))
	case t == cty.Number:
		return "the number " + clipped(number(value))
	case t == cty.Bool && value.True():
		return "true"
	case t == cty.Bool:
		return "false"
	case t.IsObjectType() || t.IsMapType():
		return "an object"
	case t.IsTupleType() || t.IsListType():
		return fmt.Sprintf("a list of %d", value.LengthInt())
	case t.IsSetType():
		return fmt.Sprintf("a set of %d", value.LengthInt())
	default:
		return t.FriendlyName()
	}
}

// number writes a number as people do.
func number(value cty.Value) string { return value.AsBigFloat().Text('g', 10) }

func clipped(text string) string {
	const most = 60
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return string(runes[:most]) + "…"
}

// wanted describes a type in a message.
func wanted(t cty.Type) string {
	switch {
	case t == cty.String:
		return "a text"
	case t == cty.Number:
		return "a number"
	case t == cty.Bool:
		return "true or false"
	case t.IsListType():
		return "a list, each " + wanted(t.ElementType())
	case t.IsSetType():
		return "a set, each " + wanted(t.ElementType())
	case t.IsMapType():
		return "a map, each value " + wanted(t.ElementType())
	case t.IsObjectType():
		return wantedObject(t)
	case t.IsTupleType():
		return fmt.Sprintf("a list of exactly %d", t.Length())
	default:
		return "any value"
	}
}

// wantedObject describes an object by its attributes.
func wantedObject(t cty.Type) string {
	var needed, optional []string
	for _, name := range attributeNames(t) {
		if t.AttributeOptional(name) {
			optional = append(optional, name)
		} else {
			needed = append(needed, name)
		}
	}
	switch {
	case len(needed)+len(optional) == 0:
		return "an object"
	case len(needed) == 0:
		return "an object with any of " + list(optional)
	case len(optional) == 0:
		return "an object with " + list(needed)
	}
	return "an object with " + list(needed) + " and optionally " + list(optional)
}
