package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Load reads the tokenizer of a checkpoint folder: tokenizer.json or, without
// it, vocab.json and merges.txt; tokenizer_config.json and
// special_tokens_map.json for the roles of special tokens and for what is
// added around a text; generation_config.json and config.json for the ids that
// the model generates with. Only the vocabulary must be there.
func Load(dir string) (*Tokenizer, error) {
	t, err := load(dir)
	if err != nil {
		return nil, fmt.Errorf("tokenizer of %s: %w", dir, err)
	}
	return t, nil
}

func load(dir string) (*Tokenizer, error) {
	c, err := readConfig(dir)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(dir, "tokenizer.json"))
	var t *Tokenizer
	switch {
	case errors.Is(err, fs.ErrNotExist):
		t, err = loadVocabulary(dir, c)
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
	if err := c.adjust(t); err != nil {
		return nil, err
	}
	t.generation, err = readGeneration(dir)
	return t, err
}

// config is what the files beside the vocabulary say.
type config struct {
	Class          string                `json:"tokenizer_class"`
	AddBOS         *bool                 `json:"add_bos_token"`
	AddEOS         *bool                 `json:"add_eos_token"`
	AddPrefixSpace bool                  `json:"add_prefix_space"`
	Additional     []tokenContent        `json:"additional_special_tokens"`
	Added          map[string]addedToken `json:"added_tokens_decoder"`

	roles map[string]string // bos_token and the like → content
}

// tokenContent is a token's text, given bare or as an object.
type tokenContent string

func (c *tokenContent) UnmarshalJSON(text []byte) error {
	var object struct {
		Content string `json:"content"`
	}
	if len(text) > 0 && text[0] == '{' {
		if err := json.Unmarshal(text, &object); err != nil {
			return err
		}
		*c = tokenContent(object.Content)
		return nil
	}
	return json.Unmarshal(text, (*string)(c))
}

func readConfig(dir string) (config, error) {
	c := config{roles: map[string]string{}}
	// The first file that names a role decides it.
	for _, name := range []string{"tokenizer_config.json", "special_tokens_map.json"} {
		var fields map[string]json.RawMessage
		if err := readJSON(dir, name, &fields); err != nil {
			return config{}, err
		}
		for key, value := range fields {
			if !strings.HasSuffix(key, "_token") || string(value) == "null" {
				continue
			}
			var content tokenContent
			// Other things are named so too, such as the flag add_bos_token.
			if json.Unmarshal(value, &content) != nil || content == "" {
				continue
			}
			if _, decided := c.roles[key]; !decided {
				c.roles[key] = string(content)
			}
		}
	}
	return c, readJSON(dir, "tokenizer_config.json", &c)
}

// readJSON reads a file into v; one that is not there leaves v as it is.
func readJSON(dir, name string, v any) error {
	text, err := os.ReadFile(filepath.Join(dir, name))
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

// adjust applies the flags add_bos_token and add_eos_token. The Llama classes
// always go by them (begin yes, end no, where not said) whatever tokenizer.json
// has; other classes only add what their tokenizer.json does not.
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

// idList is one id or a list of them.
type idList []int32

func (l *idList) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '[' {
		return json.Unmarshal(text, (*[]int32)(l))
	}
	var id *int32
	if err := json.Unmarshal(text, &id); err != nil {
		return err
	}
	if id != nil {
		*l = idList{*id}
	}
	return nil
}

func readGeneration(dir string) (Generation, error) {
	g := Generation{BOS: -1, PAD: -1, DecoderStart: -1}
	for _, name := range []string{"generation_config.json", "config.json"} {
		var f struct {
			BOS   *int32 `json:"bos_token_id"`
			EOS   idList `json:"eos_token_id"`
			PAD   *int32 `json:"pad_token_id"`
			Start *int32 `json:"decoder_start_token_id"`
		}
		if err := readJSON(dir, name, &f); err != nil {
			return Generation{}, err
		}
		for _, x := range []struct {
			into *int32
			from *int32
		}{{&g.BOS, f.BOS}, {&g.PAD, f.PAD}, {&g.DecoderStart, f.Start}} {
			if x.from != nil && *x.into < 0 {
				*x.into = *x.from
			}
		}
		if g.EOS == nil {
			g.EOS = f.EOS
		}
	}
	return g, nil
}
