package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// file is a tokenizer.json. This package ignores truncation and padding, which callers
// decide.
type file struct {
	Version       string          `json:"version"`
	AddedTokens   []addedToken    `json:"added_tokens"`
	Normalizer    json.RawMessage `json:"normalizer"`
	PreTokenizer  json.RawMessage `json:"pre_tokenizer"`
	PostProcessor json.RawMessage `json:"post_processor"`
	Decoder       json.RawMessage `json:"decoder"`
	Model         json.RawMessage `json:"model"`
}

// mergeText is a merge's two tokens: ["a", "b"], or "a b" in older files.
type mergeText [2]string

func (m *mergeText) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '[' {
		var both []string
		if err := json.Unmarshal(text, &both); err != nil {
			return err
		}
		if len(both) != 2 {
			return fmt.Errorf("merge %s is not a pair", text)
		}
		*m = mergeText(both)
		return nil
	}
	var line string
	if err := json.Unmarshal(text, &line); err != nil {
		return err
	}
	var err error
	*m, err = parseMerge(line)
	return err
}

func parseMerge(line string) (mergeText, error) {
	a, b, ok := strings.Cut(line, " ")
	if !ok || strings.Contains(b, " ") {
		return mergeText{}, fmt.Errorf("merge %q is not a pair", line)
	}
	return mergeText{a, b}, nil
}

// Parse reads only a tokenizer.json, without the other files' settings for special
// tokens (see Load).
func Parse(tokenizerJSON []byte) (*Tokenizer, error) {
	return parse(tokenizerJSON, func(list []addedToken) ([]addedToken, error) { return list, nil })
}

// parse reads a tokenizer.json; beside gives all added tokens for those that
// the file lists.
func parse(tokenizerJSON []byte, beside func([]addedToken) ([]addedToken, error)) (*Tokenizer, error) {
	var f file
	if err := json.Unmarshal(tokenizerJSON, &f); err != nil {
		return nil, err
	}
	model, err := readModel(f.Model)
	if err != nil {
		return nil, err
	}
	if f.AddedTokens, err = beside(f.AddedTokens); err != nil {
		return nil, err
	}
	f.AddedTokens = assignIDs(f.AddedTokens, model.Vocab)
	return build(f, model)
}

func readModel(raw json.RawMessage) (bpeFile, error) {
	if absent(raw) {
		return bpeFile{}, errors.New("no model")
	}
	var kind struct {
		Type   string
		Merges json.RawMessage
	}
	if err := json.Unmarshal(raw, &kind); err != nil {
		return bpeFile{}, fmt.Errorf("model: %w", err)
	}
	// Old files omit the type; only BPE has merges.
	if kind.Type != "BPE" && (kind.Type != "" || kind.Merges == nil) {
		return bpeFile{}, fmt.Errorf("model: type %q is not supported, only BPE is", kind.Type)
	}
	var model bpeFile
	if err := (part{"model", raw}).fields(&model); err != nil {
		return bpeFile{}, err
	}
	return model, nil
}

// maxAddedToken limits the length of added tokens in bytes: matching takes up to as many
// steps at every position of a text.
const maxAddedToken = 512

// build makes the tokenizer from its parts.
func build(f file, model bpeFile) (*Tokenizer, error) {
	t := &Tokenizer{special: map[string]int32{}}
	var err error
	if t.model, err = newBPE(model); err != nil {
		return nil, err
	}
	if t.ends, err = newEnds(f); err != nil {
		return nil, err
	}
	inside, err := f.withoutStart()
	if err != nil {
		return nil, err
	}
	if t.next, err = newEnds(inside); err != nil {
		return nil, err
	}
	post, err := newPostProcessor(f.PostProcessor, 0)
	if err != nil {
		return nil, fmt.Errorf("post_processor: %w", err)
	}
	t.prefix, t.suffix = post.prefix, post.suffix
	for _, a := range f.AddedTokens {
		if len(a.Content) > maxAddedToken {
			return nil, fmt.Errorf("added token of %d bytes (%.20q…) is longer than %d", len(a.Content), a.Content, maxAddedToken)
		}
		if a.ID < 0 {
			return nil, fmt.Errorf("added token %q has the id %d", a.Content, a.ID)
		}
	}
	if t.added, err = newAddedTokens(f.AddedTokens, t.normalizer); err != nil {
		return nil, err
	}
	return t, nil
}
