package gguf

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sort"
)

// Kinds of tokens (tokenizer.ggml.token_type).
const (
	tokenNormal      = 1
	tokenUnknown     = 2
	tokenControl     = 3
	tokenUserDefined = 4
	tokenUnused      = 5 // 6 is a byte
)

// TokenizerFiles returns the equivalent tokenizer files of a hub's folder, by name:
// tokenizer.json, tokenizer_config.json and generation_config.json. It supports
// tokenizers of the kinds "gpt2" (byte-level BPE) and "llama" (SentencePiece BPE).
// Other kinds, and a "gpt2" with an unknown way of splitting words, are errors that
// name them.
func (c *Checkpoint) TokenizerFiles() (map[string][]byte, error) {
	files, err := c.tokenizerFiles()
	if err != nil {
		return nil, fmt.Errorf("%s: %w; a tokenizer.json beside the file would be used instead", c.file.label, err)
	}
	return files, nil
}

func (c *Checkpoint) tokenizerFiles() (map[string][]byte, error) {
	v, err := readVocabulary(c.file.metadata)
	if err != nil {
		return nil, err
	}
	var spec map[string]any
	kind := v.meta.text("tokenizer.ggml.model")
	switch {
	case v.meta.err != nil:
		return nil, v.meta.err
	case kind == "gpt2":
		spec, err = v.byteLevel()
	case kind == "llama":
		spec, err = v.sentencePiece()
	default:
		err = fmt.Errorf("tokenizer.ggml.model %q is not read, only gpt2 and llama are", kind)
	}
	if err != nil {
		return nil, err
	}
	config, generation, err := v.roles()
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for name, value := range map[string]any{"tokenizer.json": spec, "tokenizer_config.json": config, "generation_config.json": generation} {
		if files[name], err = json.Marshal(value); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// vocabulary is the tokens of a file.
type vocabulary struct {
	meta   *metadata
	tokens []string
	kinds  []int64
}

func readVocabulary(values map[string]any) (*vocabulary, error) {
	m := &metadata{values: values}
	v := &vocabulary{meta: m}
	var ok bool
	if v.tokens, ok = get[[]string](m, "tokenizer.ggml.tokens", "a list of texts"); m.err == nil && (!ok || len(v.tokens) == 0) {
		return nil, errors.New("tokenizer.ggml.tokens: is missing")
	}
	v.kinds, ok = get[[]int64](m, "tokenizer.ggml.token_type", "a list of numbers")
	if m.err != nil {
		return nil, m.err
	}
	if !ok {
		v.kinds = make([]int64, len(v.tokens))
		for i := range v.kinds {
			v.kinds[i] = tokenNormal
		}
	}
	if len(v.kinds) != len(v.tokens) {
		return nil, fmt.Errorf("tokenizer.ggml.token_type has %d entries for %d tokens", len(v.kinds), len(v.tokens))
	}
	return v, nil
}

// ids returns the model's vocabulary, without the tokens that only pad it to the
// number of rows of the network's table.
func (v *vocabulary) ids() (map[string]int, error) {
	ids := make(map[string]int, len(v.tokens))
	for id, token := range v.tokens {
		if v.kinds[id] == tokenUnused {
			continue
		}
		if _, twice := ids[token]; twice {
			return nil, fmt.Errorf("tokenizer.ggml.tokens: %q comes twice", token)
		}
		ids[token] = id
	}
	return ids, nil
}

// added lists the tokens that are matched in a text before the model sees it.
func (v *vocabulary) added() []object {
	out := []object{}
	for id, token := range v.tokens {
		kind := v.kinds[id]
		if kind != tokenControl && kind != tokenUserDefined && kind != tokenUnknown || token == "" {
			continue
		}
		out = append(out, object{
			"id": id, "content": token, "special": kind != tokenUserDefined,
			"single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
		})
	}
	return out
}

// Regular expressions that "gpt2" vocabularies split words with.
const (
	llama3Pattern = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	qwen2Pattern  = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
)

// object is a part of tokenizer.json. Hugging Face's library has no defaults: it
// requires every member that it writes itself.
type object = map[string]any

// file is tokenizer.json. Nil parts are written as null.
func (v *vocabulary) file(normalizer, preTokenizer, postProcessor, decoder any, model object) object {
	for _, absent := range []string{"dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix"} {
		if _, ok := model[absent]; !ok {
			model[absent] = nil
		}
	}
	return object{
		"version": "1.0", "truncation": nil, "padding": nil, "added_tokens": v.added(),
		"normalizer": normalizer, "pre_tokenizer": preTokenizer, "post_processor": postProcessor, "decoder": decoder, "model": model,
	}
}

// byteLevelPart is the part that represents bytes by letters. tokenizer.json has it in
// several places, always in this form.
func byteLevelPart(splitsWords bool) object {
	return object{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": splitsWords}
}

func split(pattern string) object {
	return object{"type": "Split", "pattern": object{"Regex": pattern}, "behavior": "Isolated", "invert": false}
}

// preTokenizer returns the parts for llama.cpp's name of a way of splitting words.
func preTokenizer(pre string) ([]object, error) {
	letters, words := byteLevelPart(false), byteLevelPart(true)
	digits := object{"type": "Digits", "individual_digits": true}
	switch pre {
	case "gpt-2", "phi-2", "mpt", "olmo", "jais":
		return []object{words}, nil
	case "starcoder", "smollm", "refact", "command-r", "codeshell":
		return []object{digits, words}, nil
	case "llama3", "llama-v3", "llama-bpe", "smaug-bpe", "dbrx":
		return []object{split(llama3Pattern), letters}, nil
	case "qwen2", "deepseek-r1-qwen", "stablelm2":
		return []object{split(qwen2Pattern), letters}, nil
	case "deepseek-coder":
		return []object{split(`[\r\n]`), split(`\s?\p{L}+`), split(`\s?\p{P}+`), split(`[一-龥ࠀ-一가-퟿]+`), digits, letters}, nil
	case "":
		return nil, errors.New("tokenizer.ggml.pre is missing; it says how words are split")
	}
	return nil, fmt.Errorf("tokenizer.ggml.pre %q is not read", pre)
}

// byteLevel is the tokenizer.json of a "gpt2" vocabulary.
func (v *vocabulary) byteLevel() (object, error) {
	pre := v.meta.optionalText("tokenizer.ggml.pre", "")
	merges, ok := get[[]string](v.meta, "tokenizer.ggml.merges", "a list of texts")
	if v.meta.err != nil {
		return nil, v.meta.err
	}
	if !ok {
		return nil, errors.New("tokenizer.ggml.merges: is missing")
	}
	parts, err := preTokenizer(pre)
	if err != nil {
		return nil, err
	}
	ids, err := v.ids()
	if err != nil {
		return nil, err
	}
	var normalizer any
	if pre == "qwen2" || pre == "deepseek-r1-qwen" {
		normalizer = object{"type": "NFC"}
	}
	around, err := v.around(llama3Like(pre))
	if err != nil {
		return nil, err
	}
	model := object{
		"type": "BPE", "vocab": ids, "merges": merges, "ignore_merges": llama3Like(pre), "fuse_unk": false, "byte_fallback": false,
	}
	return v.file(normalizer, object{"type": "Sequence", "pretokenizers": parts}, around, byteLevelPart(true), model), nil
}

// llama3Like reports whether a word that is a token is used whole, regardless of the
// merges.
func llama3Like(pre string) bool {
	return slices.Contains([]string{"llama3", "llama-v3", "llama-bpe"}, pre)
}

// sentencePiece is the tokenizer.json of a "llama" vocabulary.
func (v *vocabulary) sentencePiece() (object, error) {
	scores, ok := get[[]float64](v.meta, "tokenizer.ggml.scores", "a list of numbers")
	prefix := v.meta.flag("tokenizer.ggml.add_space_prefix", true)
	if v.meta.err != nil {
		return nil, v.meta.err
	}
	if !ok || len(scores) != len(v.tokens) {
		return nil, fmt.Errorf("tokenizer.ggml.scores has %d entries for %d tokens", len(scores), len(v.tokens))
	}
	if v.meta.flag("tokenizer.ggml.remove_extra_whitespaces", false) {
		return nil, errors.New("tokenizer.ggml.remove_extra_whitespaces is not read")
	}
	ids, err := v.ids()
	if err != nil {
		return nil, err
	}
	merges, err := v.merges(ids, scores)
	if err != nil {
		return nil, err
	}
	around, err := v.around(true)
	if err != nil {
		return nil, err
	}
	model := object{"type": "BPE", "vocab": ids, "merges": merges, "ignore_merges": false, "fuse_unk": true, "byte_fallback": true}
	if id := slices.Index(v.kinds, tokenUnknown); id >= 0 {
		model["unk_token"] = v.tokens[id]
	}
	normal := []object{{"type": "Replace", "pattern": object{"String": " "}, "content": "▁"}}
	decode := []object{
		{"type": "Replace", "pattern": object{"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"},
	}
	if prefix {
		normal = append([]object{{"type": "Prepend", "prepend": "▁"}}, normal...)
		decode = append(decode, object{"type": "Strip", "content": " ", "start": 1, "stop": 0})
	}
	return v.file(
		object{"type": "Sequence", "normalizers": normal}, nil, around, object{"type": "Sequence", "decoders": decode}, model,
	), nil
}

// around is the part that adds tokens before and after every text, or nil if there are
// none. begins is the default for adding the begin token, which the file may override.
func (v *vocabulary) around(begins bool) (any, error) {
	begins = v.meta.flag("tokenizer.ggml.add_bos_token", begins && v.meta.id("tokenizer.ggml.bos_token_id") != nil)
	ends := v.meta.flag("tokenizer.ggml.add_eos_token", false)
	special := object{}
	token := func(key string, wanted bool) []object {
		id := v.meta.id("tokenizer.ggml." + key + "_token_id")
		if !wanted || v.meta.err != nil {
			return nil
		}
		if id == nil {
			v.meta.err = fmt.Errorf("tokenizer.ggml.add_%s_token is set, but tokenizer.ggml.%s_token_id is missing", key, key)
			return nil
		}
		if *id >= int64(len(v.tokens)) {
			v.meta.err = v.beyond(key, *id)
			return nil
		}
		content := v.tokens[*id]
		special[content] = object{"id": content, "ids": []int64{*id}, "tokens": []string{content}}
		return []object{{"SpecialToken": object{"id": content, "type_id": 0}}}
	}
	before, after := token("bos", begins), token("eos", ends)
	if v.meta.err != nil || len(special) == 0 {
		return nil, v.meta.err
	}
	text := func(name string) []object {
		return slices.Concat(before, []object{{"Sequence": object{"id": name, "type_id": 0}}}, after)
	}
	return object{
		"type": "TemplateProcessing", "single": text("A"), "pair": slices.Concat(text("A"), text("B")), "special_tokens": special,
	}, nil
}

func (v *vocabulary) beyond(key string, id int64) error {
	return fmt.Errorf("tokenizer.ggml.%s_token_id is %d, but there are %d tokens", key, id, len(v.tokens))
}

// maxPiece limits the length of tokens in the search for merges, because a token has as
// many splits as characters. SentencePiece's own default limit is 16 characters.
const maxPiece = 1024

// merges finds the pairs that SentencePiece joins: any two tokens whose joined text is a
// token, best score first. Equal scores are in the order of Hugging Face's converter:
// later tokens first, then those with the better left part.
func (v *vocabulary) merges(ids map[string]int, scores []float64) ([][2]string, error) {
	type merge struct {
		left, right, id int
	}
	var found []merge
	for id, token := range v.tokens {
		if v.kinds[id] != tokenNormal {
			continue
		}
		if len(token) > maxPiece {
			return nil, fmt.Errorf("tokenizer.ggml.tokens: token %d has %d bytes, more than %d", id, len(token), maxPiece)
		}
		for i := range token {
			left, okLeft := ids[token[:i]]
			right, okRight := ids[token[i:]]
			if i > 0 && okLeft && okRight && v.kinds[left] == tokenNormal && v.kinds[right] == tokenNormal {
				found = append(found, merge{left, right, id})
			}
		}
	}
	sort.SliceStable(found, func(i, j int) bool {
		a, b := found[i], found[j]
		switch {
		case scores[a.id] != scores[b.id]:
			return scores[a.id] > scores[b.id]
		case a.id != b.id:
			return a.id < b.id
		case scores[a.left] != scores[b.left]:
			return scores[a.left] > scores[b.left]
		}
		return scores[a.right] > scores[b.right]
	})
	out := make([][2]string, len(found))
	for i, m := range found {
		out[i] = [2]string{v.tokens[m.left], v.tokens[m.right]}
	}
	return out, nil
}

// roles returns tokenizer_config.json and generation_config.json. Only tokenizer.json
// says which tokens are added around a text: transformers 5 uses that file.
func (v *vocabulary) roles() (config, generation object, err error) {
	config = object{
		"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": false,
		// Without this, older versions of transformers pass token_type_ids to a model.
		"model_input_names": []string{"input_ids", "attention_mask"},
	}
	generation = object{}
	for role, key := range map[string]string{
		"bos_token": "bos", "eos_token": "eos", "unk_token": "unknown", "pad_token": "padding",
		"prefix_token": "fim_pre", "suffix_token": "fim_suf", "middle_token": "fim_mid", "eot_token": "eot",
	} {
		id := v.meta.id("tokenizer.ggml." + key + "_token_id")
		if v.meta.err != nil {
			return nil, nil, v.meta.err
		}
		if id == nil {
			continue
		}
		if *id >= int64(len(v.tokens)) {
			return nil, nil, v.beyond(key, *id)
		}
		// What only fills the table up is no token that a text could hold.
		if v.kinds[*id] != tokenUnused {
			config[role] = v.tokens[*id]
		}
		if role == "bos_token" || role == "eos_token" || role == "pad_token" {
			generation[role+"_id"] = *id
		}
	}
	return config, generation, v.meta.err
}
