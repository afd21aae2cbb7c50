package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// loadVocabulary builds the byte-level BPE tokenizer of vocab.json and merges.txt.
func loadVocabulary(from files, c config) (*Tokenizer, error) {
	if err := c.plainClass(); err != nil {
		return nil, err
	}
	c.setDefaults()
	model := bpeFile{Type: "BPE"}
	if err := from.readJSON("vocab.json", &model.Vocab); err != nil {
		return nil, err
	}
	if len(model.Vocab) == 0 {
		return nil, errors.New("neither tokenizer.json nor a vocab.json with tokens")
	}
	text, err := from.read("merges.txt")
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
		PreTokenizer: json.RawMessage(fmt.Sprintf(`{"type":"ByteLevel","add_prefix_space":%t}`, c.AddPrefixSpace != nil && *c.AddPrefixSpace)),
		Decoder:      json.RawMessage(`{"type":"ByteLevel"}`),
	}
	if f.AddedTokens, err = c.addedTokens(from, model.Vocab); err != nil {
		return nil, err
	}
	t, err := build(f, model)
	if err != nil {
		return nil, err
	}
	if c.roberta() {
		cls, okC := t.TokenID(c.roles["cls_token"])
		sep, okS := t.TokenID(c.roles["sep_token"])
		if !okC || !okS {
			return nil, fmt.Errorf("%s without known cls_token and sep_token", c.Class)
		}
		t.prefix, t.suffix = []int32{cls}, []int32{sep}
	}
	return t, nil
}

// plainClass refuses classes of tokenizers that make something else of the same
// two files: Qwen's, for instance, normalizes and splits otherwise.
func (c config) plainClass() error {
	switch strings.TrimSuffix(c.Class, "Fast") {
	case "", "GPT2Tokenizer", "CodeGenTokenizer", "RobertaTokenizer":
		return nil
	}
	return fmt.Errorf("tokenizer_config.json: tokenizer_class is %q, for which it is not known what vocab.json and merges.txt mean without a tokenizer.json; "+
		"save the folder with its tokenizer.json: AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER)", c.Class)
}

// setDefaults names the special tokens that the class has where no file says
// otherwise.
func (c config) setDefaults() {
	const text = "<|endoftext|>"
	defaults := map[string]string{"bos_token": text, "eos_token": text, "unk_token": text}
	if c.roberta() {
		defaults = map[string]string{
			"bos_token": "<s>", "eos_token": "</s>", "sep_token": "</s>", "cls_token": "<s>", "unk_token": "<unk>", "pad_token": "<pad>", "mask_token": "<mask>",
		}
	}
	for role, content := range defaults {
		if _, named := c.roles[role]; !named && !c.none[role] {
			c.roles[role] = content
		}
	}
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

// addedTokens collects the tokens that files other than vocab.json add, as Hugging
// Face's loader of such folders does. A token without an id gets the next free id.
func (c config) addedTokens(from files, vocab map[string]int32) ([]addedToken, error) {
	special := c.specialTokens()
	list := addedList{at: map[string]int{}, next: nextID(vocab)}
	listed, err := c.listed()
	if err != nil {
		return nil, err
	}
	for _, t := range listed {
		list.put(t)
	}
	var added map[string]int32
	if err := from.readJSON("added_tokens.json", &added); err != nil {
		return nil, err
	}
	for _, content := range slices.Sorted(maps.Keys(added)) {
		t := addedToken{Content: content, Normalized: true}
		if _, ok := special[content]; ok {
			t = c.specialToken(content)
		}
		t.ID = added[content]
		list.put(t)
	}
	for _, content := range slices.SortedFunc(maps.Keys(special), func(a, b string) int { return special[a] - special[b] }) {
		t := c.specialToken(content)
		var ok bool
		if t.ID, ok = vocab[content]; !ok {
			t.ID = list.next
		}
		list.put(t)
	}
	return list.tokens, nil
}

// specialTokens returns the special tokens and the order in which they get ids.
func (c config) specialTokens() map[string]int {
	all := make([]string, 0, 7+len(c.additional))
	for _, role := range []string{"bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"} {
		all = append(all, c.roles[role])
	}
	order := map[string]int{}
	for _, content := range append(all, c.additional...) {
		if _, known := order[content]; !known && content != "" {
			order[content] = len(order)
		}
	}
	return order
}

var sentinel = regexp.MustCompile(`^<extra_id_\d+>$`)

// specialToken returns a special token with the flags for matching it. A token without
// flags in the files is matched exactly. CodeT5's sentinels are an exception: they
// include the blanks to their left, even if a file has lost their flags.
func (c config) specialToken(content string) addedToken {
	t, ok := c.flags[content]
	if !ok {
		t = addedToken{Content: content, LStrip: c.roberta() && sentinel.MatchString(content)}
	}
	t.Special = true
	return t
}

func (c config) roberta() bool { return strings.HasPrefix(c.Class, "Roberta") }

func nextID(vocab map[string]int32) int32 {
	next := int32(0)
	for _, id := range vocab {
		next = max(next, id+1)
	}
	return next
}

// addedList holds added tokens, each once.
type addedList struct {
	tokens []addedToken
	at     map[string]int // by content
	next   int32          // the next free id
}

// put adds a token. If the token is already in the list, it can only become special.
func (l *addedList) put(t addedToken) {
	if i, known := l.at[t.Content]; known {
		l.tokens[i].Special = l.tokens[i].Special || t.Special
		return
	}
	l.at[t.Content] = len(l.tokens)
	l.tokens = append(l.tokens, t)
	l.next = max(l.next, t.ID+1)
}
