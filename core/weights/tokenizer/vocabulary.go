package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// loadVocabulary builds the byte-level BPE that vocab.json and merges.txt
// stand for.
func loadVocabulary(dir string, c config) (*Tokenizer, error) {
	model := bpeFile{Type: "BPE"}
	if err := readJSON(dir, "vocab.json", &model.Vocab); err != nil {
		return nil, err
	}
	if len(model.Vocab) == 0 {
		return nil, errors.New("neither tokenizer.json nor a vocab.json with tokens")
	}
	text, err := os.ReadFile(filepath.Join(dir, "merges.txt"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("vocab.json without merges.txt")
	}
	if err != nil {
		return nil, err
	}
	if model.Merges, err = parseMerges(string(text)); err != nil {
		return nil, fmt.Errorf("merges.txt: %w", err)
	}
	f := file{
		PreTokenizer: json.RawMessage(fmt.Sprintf(`{"type":"ByteLevel","add_prefix_space":%t}`, c.AddPrefixSpace)),
		Decoder:      json.RawMessage(`{"type":"ByteLevel"}`),
	}
	if f.AddedTokens, err = c.addedTokens(dir, model.Vocab); err != nil {
		return nil, err
	}
	t, err := build(f, model)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(c.Class, "Roberta") {
		cls, okC := t.TokenID(c.roles["cls_token"])
		sep, okS := t.TokenID(c.roles["sep_token"])
		if !okC || !okS {
			return nil, fmt.Errorf("%s without known cls_token and sep_token", c.Class)
		}
		t.prefix, t.suffix = []int32{cls}, []int32{sep}
	}
	return t, nil
}

func parseMerges(text string) ([]mergeText, error) {
	var out []mergeText
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSuffix(line, "\r")
		if line == "" || i == 0 && strings.HasPrefix(line, "#version") {
			continue
		}
		m, err := parseMerge(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		out = append(out, m)
	}
	return out, nil
}

// addedTokens collects the tokens that the files beside vocab.json add. One
// without an id gets the next free.
func (c config) addedTokens(dir string, vocab map[string]int32) ([]addedToken, error) {
	var list []addedToken
	have := map[string]int{} // content → index + 1
	next := int32(0)
	for _, id := range vocab {
		next = max(next, id+1)
	}
	put := func(t addedToken) {
		next = max(next, t.ID+1)
		if i := have[t.Content]; i > 0 {
			list[i-1].Special = list[i-1].Special || t.Special
			return
		}
		list = append(list, t)
		have[t.Content] = len(list)
	}
	for _, key := range slices.Sorted(maps.Keys(c.Added)) {
		id, err := strconv.ParseInt(key, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("tokenizer_config.json: added_tokens_decoder: id %q: %w", key, err)
		}
		t := c.Added[key]
		t.ID = int32(id)
		put(t)
	}
	var added map[string]int32
	if err := readJSON(dir, "added_tokens.json", &added); err != nil {
		return nil, err
	}
	for _, content := range slices.Sorted(maps.Keys(added)) {
		put(addedToken{ID: added[content], Content: content, Normalized: true})
	}
	special := make([]string, 0, 7+len(c.Additional))
	for _, role := range []string{"bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"} {
		special = append(special, c.roles[role])
	}
	for _, content := range c.Additional {
		special = append(special, string(content))
	}
	for _, content := range special {
		if content == "" {
			continue
		}
		id, ok := vocab[content]
		if !ok {
			id = next
		}
		if i := have[content]; i > 0 {
			id = list[i-1].ID
		}
		put(addedToken{ID: id, Content: content, Special: true})
	}
	return list, nil
}
