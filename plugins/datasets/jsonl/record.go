package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"harness/core/sdk"
	"harness/core/sdk/dataset"
	"harness/core/sdk/jsonlines"
)

// The fields of a line.
const (
	fieldID, fieldSplit, fieldLicence, fieldOrigin  = "id", "split", "licence", "origin"
	fieldBefore, fieldBuggy, fieldAfter, fieldFixed = "before", "buggy", "after", "fixed"
	fieldFunction, fieldFixedFunction, fieldText    = "function", "fixed_function", "text"
)

// allFields lists the fields.
func allFields() []string {
	return []string{
		fieldID, fieldSplit, fieldLicence, fieldOrigin, fieldBefore, fieldBuggy, fieldAfter, fieldFixed, fieldFunction, fieldFixedFunction, fieldText,
	}
}

// names maps our names of fields to those of the file.
type names map[string]string

// renamed returns the names of the fields that the study renames.
func (c config) renamed() map[string]string {
	renamed := map[string]string{}
	for field, name := range c.Fields {
		if name != nil { // the study's language fills in null
			renamed[field] = *name
		}
	}
	return renamed
}

// names returns the names of all fields, and refuses one name for two of them.
func (c config) names() (names, error) {
	n := names{}
	for _, field := range allFields() {
		n[field] = field
	}
	renamed := c.renamed()
	var wrong []error
	for _, field := range slices.Sorted(maps.Keys(renamed)) {
		switch {
		case n[field] == "":
			wrong = append(wrong, sdk.Diagnose([]string{"fields", field}, "Unknown field",
				fmt.Sprintf("There is no field %q to rename; known fields are %s.", field, strings.Join(slices.Sorted(maps.Keys(n)), ", "))))
		case renamed[field] == "":
			wrong = append(wrong, sdk.Diagnose([]string{"fields", field}, "Empty name",
				fmt.Sprintf("The name of a field must not be empty; leave %s out if the file lacks it.", field)))
		default:
			n[field] = renamed[field]
		}
	}
	taken := map[string]string{}
	for _, field := range slices.Sorted(maps.Keys(n)) {
		// A field whose default name is given to another field is not in the file.
		switch other, twice := taken[n[field]]; {
		case !twice:
			taken[n[field]] = field
		case renamed[field] == "":
			n[field] = ""
		case renamed[other] == "":
			n[other], taken[n[field]] = "", field
		default:
			wrong = append(wrong, sdk.Diagnose([]string{"fields", field}, "One name for two fields",
				fmt.Sprintf("The field %q of the file cannot be both %s and %s.", n[field], other, field)))
		}
	}
	return n, errors.Join(wrong...)
}

// line is a JSON object; unknown fields of it are ignored.
type line map[string]json.RawMessage

// text returns a field's text, and whether the field exists. Null counts as missing.
func (n names) text(l line, field string) (string, bool, error) {
	raw, there := l[n[field]]
	if n[field] == "" || !there || string(raw) == "null" {
		return "", false, nil
	}
	if field == fieldID && raw[0] != '"' { // many files number their samples
		if _, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
			return string(raw), true, nil
		}
	}
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return "", false, fmt.Errorf("the field %q holds %s, not a text", n[field], kind(raw))
	}
	return text, true, nil
}

// kind describes the type of a JSON value.
func kind(raw json.RawMessage) string {
	switch raw[0] {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case 't', 'f':
		return "a truth value"
	}
	return "a number"
}

// texts returns the fields of one form. A line with one of them must have all.
func (n names) texts(l line, fields ...string) (texts []string, any bool, err error) {
	missing := ""
	for _, field := range fields {
		text, there, err := n.text(l, field)
		switch {
		case err != nil:
			return nil, false, err
		case there:
			any = true
		case missing == "":
			missing = field
		}
		texts = append(texts, text)
	}
	if any && missing != "" {
		return nil, false, fmt.Errorf("the field %q of a fix is missing", n[missing])
	}
	return texts, any, nil
}

// parse reads one line. The default id of a sample is the number of its line.
func (n names) parse(number int, data []byte) (*dataset.Sample, error) {
	var l line
	if err := jsonlines.Decode(data, &l); err != nil {
		return nil, err
	}
	sample := &dataset.Sample{}
	for _, about := range []struct {
		field string
		to    *string
	}{{fieldID, &sample.Id}, {fieldSplit, &sample.Split}, {fieldLicence, &sample.Licence}, {fieldOrigin, &sample.Origin}} {
		var err error
		if *about.to, _, err = n.text(l, about.field); err != nil {
			return nil, err
		}
	}
	if sample.Id == "" {
		sample.Id = strconv.Itoa(number)
	}
	switch sample.Split {
	case "", "train", "validation":
	default:
		return nil, fmt.Errorf("the field %q must be \"train\" or \"validation\"; found %q", n[fieldSplit], sample.Split)
	}
	return sample, n.fill(sample, l)
}

// fill sets the sample's content by the form of the line.
func (n names) fill(sample *dataset.Sample, l line) error {
	text, isText, err := n.text(l, fieldText)
	if err != nil {
		return err
	}
	parts, hasParts, err := n.texts(l, fieldBefore, fieldBuggy, fieldAfter, fieldFixed)
	if err != nil {
		return err
	}
	whole, isWhole, err := n.texts(l, fieldFunction, fieldFixedFunction)
	if err != nil {
		return err
	}
	switch {
	case isText && (hasParts || isWhole), hasParts && isWhole:
		return errors.New("the line mixes forms; expected a text, the parts of a fix, or two functions")
	case isText:
		sample.Content = &dataset.TextContent{Text: text}
	case hasParts:
		take(sample, &dataset.Pair{Before: withLineEnd(parts[0]), Buggy: withLineEnd(parts[1]), After: withLineEnd(parts[2]), Fixed: withLineEnd(parts[3])})
	case isWhole:
		take(sample, splitPair(withLineEnd(whole[0]), withLineEnd(whole[1])))
	default:
		return fmt.Errorf("the line lacks both a text (%q) and a fix (%q, %q, %q, %q, or %q and %q)", n[fieldText],
			n[fieldBefore], n[fieldBuggy], n[fieldAfter], n[fieldFixed], n[fieldFunction], n[fieldFixedFunction])
	}
	return nil
}

// take makes a fix the sample's content, unless nothing is fixed.
func take(sample *dataset.Sample, pair *dataset.Pair) {
	if pair.Buggy == pair.Fixed {
		sample.Skipped = "both functions are the same"
		return
	}
	sample.Content = &dataset.PairContent{Pair: pair}
}

// splitPair splits two functions at the first and the last line in which they differ.
func splitPair(wrong, right string) *dataset.Pair {
	a, b := strings.SplitAfter(wrong, "\n"), strings.SplitAfter(right, "\n")
	a, b = a[:len(a)-1], b[:len(b)-1] // the part after the last line end
	start := 0
	for start < min(len(a), len(b)) && a[start] == b[start] {
		start++
	}
	end := 0
	for end < min(len(a), len(b))-start && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	return &dataset.Pair{
		Before: strings.Join(a[:start], ""), Buggy: strings.Join(a[start:len(a)-end], ""), After: strings.Join(a[len(a)-end:], ""),
		Fixed: strings.Join(b[start:len(b)-end], ""),
	}
}

// withLineEnd adds a line end to a text, unless it is empty or has one.
func withLineEnd(text string) string {
	if text != "" && text[len(text)-1] != '\n' {
		return text + "\n"
	}
	return text
}
