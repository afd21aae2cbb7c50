package tokenizer

import (
	"bytes"
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

	"harness/core/weights/snapshot"
)

// Load reads the tokenizer of a checkpoint folder: tokenizer.json or, without it,
// vocab.json and merges.txt; tokenizer_config.json and special_tokens_map.json for the
// roles of special tokens and for the tokens added around a text. Only the vocabulary is
// required. If the folder has no vocabulary of its own, Load takes all of these from its
// GGUF file.
func Load(dir string) (*Tokenizer, error) {
	t, err := load(dir)
	if err != nil {
		return nil, fmt.Errorf("tokenizer of %s: %w", dir, err)
	}
	return t, nil
}

func load(dir string) (*Tokenizer, error) {
	from := files{dir: dir}
	if err := from.complete(); err != nil {
		return nil, err
	}
	c, err := readConfig(from)
	if err != nil {
		return nil, err
	}
	text, err := from.read("tokenizer.json")
	var t *Tokenizer
	switch {
	case errors.Is(err, fs.ErrNotExist):
		t, err = loadVocabulary(from, c)
	case err != nil:
		return nil, err
	default:
		if t, err = parse(text, c.beside); err != nil {
			err = fmt.Errorf("tokenizer.json: %w", err)
		} else {
			err = c.checkPrefixSpace(text)
		}
	}
	if err != nil {
		return nil, err
	}
	for role, content := range c.roles {
		if id, ok := t.TokenID(content); ok {
			t.special[role] = id
		}
	}
	return t, c.adjust(t)
}

// config is the content of the files other than the vocabulary.
type config struct {
	Class          string                `json:"tokenizer_class"`
	AddBOS         *bool                 `json:"add_bos_token"`
	AddEOS         *bool                 `json:"add_eos_token"`
	AddPrefixSpace *bool                 `json:"add_prefix_space"`
	Added          map[string]addedToken `json:"added_tokens_decoder"`
	// What transformers does with a text or with ids because of these is not
	// done here.
	SplitSpecial bool `json:"split_special_tokens"`
	CleanUp      bool `json:"clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output"`

	roles      map[string]string // bos_token and the like → content
	none       map[string]bool   // roles that a file leaves empty
	order      []string          // the roles as the files list them
	additional []string          // special tokens without a role
	flags      map[string]addedToken
}

// specialToken is a special token in the files: a string, or an object that also says
// how the token is matched.
type specialToken struct {
	addedToken
	flagged bool
}

func (t *specialToken) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '{' {
		t.flagged = true
		return json.Unmarshal(text, &t.addedToken)
	}
	return json.Unmarshal(text, &t.Content)
}

// readConfig reads the files beside the vocabulary. special_tokens_map.json has
// the last word, but says nothing where tokenizer_config.json lists all added
// tokens: files with that list repeat there what they mean.
func readConfig(from files) (config, error) {
	c := config{roles: map[string]string{}, none: map[string]bool{}, flags: map[string]addedToken{}}
	if err := from.readJSON("tokenizer_config.json", &c); err != nil {
		return config{}, err
	}
	switch {
	case c.SplitSpecial:
		return config{}, errors.New("tokenizer_config.json: split_special_tokens is true, so that special tokens spelled in a text are letters; that is not supported")
	case c.CleanUp:
		return config{}, errors.New("tokenizer_config.json: clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output is true; that is not supported")
	}
	names := []string{"tokenizer_config.json", "special_tokens_map.json"}
	if c.Added != nil {
		names = names[:1]
	}
	for _, name := range names {
		var fields members
		if err := from.readJSON(name, &fields); err != nil {
			return config{}, err
		}
		var additional json.RawMessage
		for _, f := range fields {
			switch {
			case f.key == "extra_special_tokens":
				c.addSpecial(f.value)
			case f.key == "additional_special_tokens":
				additional = f.value
			case strings.HasSuffix(f.key, "_token"):
				c.addRole(f.key, f.value)
			}
		}
		// The older name counts where nothing has the newer.
		if additional != nil && len(c.additional) == 0 {
			c.addSpecial(additional)
		}
	}
	return c, nil
}

// addRole records the token of a role, if the value is a token: other settings have
// similar names, such as the flag add_bos_token.
func (c *config) addRole(role string, value json.RawMessage) {
	var t specialToken
	if string(value) == "null" {
		delete(c.roles, role)
		c.none[role] = true
		return
	}
	if json.Unmarshal(value, &t) != nil || t.Content == "" {
		return
	}
	if !slices.Contains(c.order, role) {
		c.order = append(c.order, role)
	}
	c.roles[role] = t.Content
	c.note(t)
}

// addSpecial records a list of special tokens or, in newer files, an object that maps
// roles to them.
func (c *config) addSpecial(value json.RawMessage) {
	var roles members
	if json.Unmarshal(value, &roles) == nil {
		for _, r := range roles {
			c.addRole(r.key, r.value)
		}
		return
	}
	var list []specialToken
	if json.Unmarshal(value, &list) != nil {
		return
	}
	for _, t := range list {
		if !slices.Contains(c.additional, t.Content) {
			c.additional = append(c.additional, t.Content)
		}
		c.note(t)
	}
}

func (c *config) note(t specialToken) {
	if t.flagged {
		c.flags[t.Content] = t.addedToken
	}
}

// beside gives the added tokens of a tokenizer.json and behind them, as
// transformers adds them when it opens a folder, what the other files say:
// tokens that are not among them, and other ways to match those that are. The
// ids that those files state do not count.
func (c config) beside(list []addedToken) ([]addedToken, error) {
	out := slices.Clone(list)
	at := map[string]int{} // in out
	for i, t := range out {
		at[t.Content] = i
	}
	put := func(t addedToken) {
		at[t.Content] = len(out)
		out = append(out, t)
	}
	listed, err := c.listed()
	if err != nil {
		return nil, err
	}
	for _, t := range listed {
		put(t)
	}
	roles := []string{"bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"}
	for _, role := range c.order {
		if !slices.Contains(roles, role) {
			roles = append(roles, role)
		}
	}
	for _, role := range roles {
		content := c.roles[role]
		i, known := at[content]
		switch {
		case content == "":
		case known && !out[i].Special && (c.Added == nil || i >= len(list)):
			t := out[i]
			t.Special = true
			put(t)
		case !known:
			put(c.specialToken(content))
		}
	}
	for _, content := range c.additional {
		if _, known := at[content]; !known && content != "" {
			put(c.specialToken(content))
		}
	}
	return out, nil
}

// listed gives the tokens of added_tokens_decoder, by id.
func (c config) listed() ([]addedToken, error) {
	var list []addedToken
	for _, key := range slices.Sorted(maps.Keys(c.Added)) {
		id, err := strconv.ParseInt(key, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("tokenizer_config.json: added_tokens_decoder: id %q: %w", key, err)
		}
		t := c.Added[key]
		t.ID = int32(id)
		list = append(list, t)
	}
	slices.SortStableFunc(list, func(a, b addedToken) int { return int(a.ID) - int(b.ID) })
	return list, nil
}

// members is an object in the order of its file, which decides the ids of
// tokens that have none.
type members []struct {
	key   string
	value json.RawMessage
}

func (m *members) UnmarshalJSON(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return errors.Join(err, errors.New("must be an object"))
	}
	*m = nil
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return err
		}
		*m = append(*m, struct {
			key   string
			value json.RawMessage
		}{key.(string), value})
	}
	return nil
}

// checkPrefixSpace refuses a tokenizer.json that says another thing than
// tokenizer_config.json of the blank before a text: for these classes
// transformers goes by the latter and changes what the former says.
func (c config) checkPrefixSpace(tokenizerJSON []byte) error {
	if c.AddPrefixSpace == nil {
		return nil
	}
	var f file
	if err := json.Unmarshal(tokenizerJSON, &f); err != nil {
		return fmt.Errorf("tokenizer.json: %w", err)
	}
	blank, bytes := blankBefore(f.Normalizer, 0)
	blankToo, bytesToo := blankBefore(f.PreTokenizer, 0)
	blank, bytes = blank || blankToo, bytes || bytesToo
	switch strings.TrimSuffix(c.Class, "Fast") {
	case "GPT2Tokenizer", "CodeGenTokenizer", "RobertaTokenizer", "BloomTokenizer":
	case "LlamaTokenizer", "CodeLlamaTokenizer":
		if bytes { // such files are read as they are
			return nil
		}
	default:
		return nil
	}
	if blank != *c.AddPrefixSpace {
		return fmt.Errorf("tokenizer_config.json: add_prefix_space is %t, but the parts of tokenizer.json put a blank before a text: %t; transformers goes by the first for a %s, so make them agree",
			*c.AddPrefixSpace, blank, c.Class)
	}
	return nil
}

// blankBefore reports whether a normalizer or pre-tokenizer puts a blank before
// a text, and whether it works on bytes.
func blankBefore(raw json.RawMessage, depth int) (blank, bytes bool) {
	var f struct {
		Type           string
		AddPrefixSpace *bool             `json:"add_prefix_space"`
		Scheme         string            `json:"prepend_scheme"`
		Normalizers    []json.RawMessage `json:"normalizers"`
		PreTokenizers  []json.RawMessage `json:"pretokenizers"`
	}
	if absent(raw) || depth > maxParts || json.Unmarshal(raw, &f) != nil {
		return false, false
	}
	switch f.Type {
	case "Prepend":
		return true, false
	case "ByteLevel":
		return f.AddPrefixSpace != nil && *f.AddPrefixSpace, true
	case "Metaspace":
		return f.Scheme != "never" && (f.Scheme != "" || f.AddPrefixSpace == nil || *f.AddPrefixSpace), false
	}
	for _, part := range slices.Concat(f.Normalizers, f.PreTokenizers) {
		blankToo, bytesToo := blankBefore(part, depth+1)
		blank, bytes = blank || blankToo, bytes || bytesToo
	}
	return blank, bytes
}

// files is a folder, with files made for what it lacks.
type files struct {
	dir  string
	made map[string][]byte
}

// complete generates the files from a GGUF file, if the folder has no vocabulary.
func (f *files) complete() error {
	for _, name := range []string{"tokenizer.json", "vocab.json"} {
		if _, err := os.Stat(filepath.Join(f.dir, name)); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	var err error
	f.made, err = snapshot.Companions(f.dir)
	return err
}

func (f files) read(name string) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(f.dir, name))
	if made, ok := f.made[name]; ok && errors.Is(err, fs.ErrNotExist) {
		return made, nil
	}
	return text, err
}

// readJSON reads a file into v. A missing file leaves v unchanged.
func (f files) readJSON(name string, v any) error {
	text, err := f.read(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// adjust applies the flags add_bos_token and add_eos_token. The Llama classes always
// follow the flags (defaults: begin yes, end no), regardless of tokenizer.json; other
// classes only add tokens that their tokenizer.json does not add.
func (c config) adjust(t *Tokenizer) error {
	begin, end := c.AddBOS != nil && *c.AddBOS, c.AddEOS != nil && *c.AddEOS
	switch strings.TrimSuffix(c.Class, "Fast") {
	case "LlamaTokenizer", "CodeLlamaTokenizer":
		begin = c.AddBOS == nil || *c.AddBOS
		t.prefix, t.suffix = nil, nil
	}
	if begin && len(t.prefix) == 0 {
		id, ok := t.BOS()
		if !ok {
			return errors.New("tokenizer_config.json: add_bos_token without a known bos_token")
		}
		t.prefix = []int32{id}
	}
	if end && len(t.suffix) == 0 {
		id, ok := t.EOS()
		if !ok {
			return errors.New("tokenizer_config.json: add_eos_token without a known eos_token")
		}
		t.suffix = []int32{id}
	}
	return nil
}
