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
		if t, err = Parse(text); err != nil {
			err = fmt.Errorf("tokenizer.json: %w", err)
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
	AddPrefixSpace bool                  `json:"add_prefix_space"`
	Added          map[string]addedToken `json:"added_tokens_decoder"`

	roles      map[string]string // bos_token and the like → content
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

// readConfig reads the files other than the vocabulary. The first file that names a role
// decides it.
func readConfig(from files) (config, error) {
	c := config{roles: map[string]string{}, flags: map[string]addedToken{}}
	for _, name := range []string{"tokenizer_config.json", "special_tokens_map.json"} {
		var fields map[string]json.RawMessage
		if err := from.readJSON(name, &fields); err != nil {
			return config{}, err
		}
		for _, key := range slices.Sorted(maps.Keys(fields)) {
			switch {
			case key == "additional_special_tokens" || key == "extra_special_tokens":
				c.addSpecial(fields[key])
			case strings.HasSuffix(key, "_token"):
				c.addRole(key, fields[key])
			}
		}
	}
	return c, from.readJSON("tokenizer_config.json", &c)
}

// addRole records the token of a role, if the value is a token: other settings have
// similar names, such as the flag add_bos_token.
func (c *config) addRole(role string, value json.RawMessage) {
	var t specialToken
	if json.Unmarshal(value, &t) != nil || t.Content == "" {
		return
	}
	if _, decided := c.roles[role]; !decided {
		c.roles[role] = t.Content
	}
	c.note(t)
}

// addSpecial records a list of special tokens or, in newer files, an object that maps
// roles to them.
func (c *config) addSpecial(value json.RawMessage) {
	var roles map[string]json.RawMessage
	if json.Unmarshal(value, &roles) == nil {
		for _, role := range slices.Sorted(maps.Keys(roles)) {
			c.addRole(role, roles[role])
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
	if _, noted := c.flags[t.Content]; t.flagged && !noted {
		c.flags[t.Content] = t.addedToken
	}
}

// files is a folder, with generated files that it lacks.
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
