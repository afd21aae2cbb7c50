package tokenizer

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// Tokenizer encodes and decodes. It does not change after Load and may be used
// by several goroutines.
type Tokenizer struct {
	// normalizer nil: text is unchanged; pre nil: a piece is one word; decoder without
	// text: tokens are joined by spaces.
	ends
	next  ends // for a text that continues another one
	model *bpe

	added addedTokens
	// prefix and suffix are the tokens that Encode adds around a text.
	prefix, suffix []int32

	special map[string]int32 // by role: bos_token, eos_token, …
}

// Encode returns the ids of a text. If addSpecial is set, it adds the family's tokens
// around every text (begin and end tokens). It recognises special tokens spelled out in
// the text in any case. Bytes that are not UTF-8 count as U+FFFD.
func (t *Tokenizer) Encode(text string, addSpecial bool) []int32 {
	ids := make([]int32, 0, len(text)/3+len(t.prefix)+len(t.suffix))
	if addSpecial {
		ids = append(ids, t.prefix...)
	}
	ids = t.encode(ids, text, t.ends)
	if addSpecial {
		ids = append(ids, t.suffix...)
	}
	return ids
}

// encode appends the ids of a text, whose start is treated as start says. The text after
// an added token counts as a separate text.
func (t *Tokenizer) encode(ids []int32, text string, start ends) []int32 {
	if !utf8.ValidString(text) {
		text = toValid([]byte(text))
	}
	parts, first := start, true
	for _, raw := range t.added.raw.split(text) {
		if raw.id >= 0 {
			ids = append(ids, raw.id)
			parts, first = t.ends, false
			continue
		}
		normal := raw.text
		if parts.normalizer != nil {
			normal = parts.normalizer(normal)
		}
		for _, piece := range t.added.normalized.split(normal) {
			if piece.id >= 0 {
				ids = append(ids, piece.id)
			} else {
				ids = t.encodePiece(ids, piece.text, parts.pre, first)
			}
			parts, first = t.ends, false
		}
	}
	return ids
}

// encodePiece appends the ids of text without added tokens.
func (t *Tokenizer) encodePiece(ids []int32, text string, pre preTokenizer, first bool) []int32 {
	if text == "" {
		return ids
	}
	words := []word{{text, first}}
	if pre != nil {
		words = pre(words)
	}
	for _, w := range words {
		ids = t.model.encode(ids, w.text)
	}
	return ids
}

// Decode returns the text of ids, without special tokens if skipSpecial is set. It skips
// ids that the tokenizer does not have (models have more rows than their tokenizers have
// tokens). Broken UTF-8 becomes U+FFFD; spaces are not cleaned up. Added tokens decode to
// their spelling in the file, as in Hugging Face's library up to 0.22 (0.23 returns
// normalized ones in normalized form, and then does not recognise them as special).
func (t *Tokenizer) Decode(ids []int32, skipSpecial bool) string {
	return t.decode(ids, skipSpecial, t.decoder)
}

func (t *Tokenizer) decode(ids []int32, skipSpecial bool, d decoder) string {
	tokens := make([]string, 0, len(ids))
	for _, id := range ids {
		token, ok := t.Token(id)
		if !ok || skipSpecial && t.added.special[token] {
			continue
		}
		tokens = append(tokens, token)
	}
	if d.text == nil {
		return strings.Join(tokens, " ")
	}
	return strings.Join(d.text(tokens), "")
}

// TokenBytes is the bytes that an id adds to the text before it: one byte of a character
// for a token such as <0xE4>, a space for a leading "▁", the content for a special token.
// The bytes of several ids, one after another, are the text that Decode returns for them,
// except for: bytes that are not UTF-8, a space that some families drop at the start, and
// the spaces between tokens if the file has no decoder. TokenBytes is nil for an id that
// the tokenizer does not have.
func (t *Tokenizer) TokenBytes(id int32) []byte {
	token, ok := t.Token(id)
	if !ok {
		return nil
	}
	if t.decoder.token != nil {
		token = t.decoder.token(token)
	}
	return []byte(token)
}

// Token is the content of an id, spelled as in the files (byte-level tokens in their
// printable form).
func (t *Tokenizer) Token(id int32) (string, bool) {
	if token, ok := t.added.byID[id]; ok {
		return token, true
	}
	token, ok := t.model.tokens[id]
	return token, ok
}

// TokenID is the id of a token, spelled as in the files.
func (t *Tokenizer) TokenID(content string) (int32, bool) {
	if id, ok := t.added.ids[content]; ok {
		return id, true
	}
	id, ok := t.model.vocab[content]
	return id, ok
}

// VocabSize is the number of tokens, including added ones.
func (t *Tokenizer) VocabSize() int {
	n := len(t.model.vocab)
	for content := range t.added.ids {
		if _, also := t.model.vocab[content]; !also {
			n++
		}
	}
	return n
}

// Special lists the contents of all special tokens, sorted.
func (t *Tokenizer) Special() []string {
	return slices.Sorted(maps.Keys(t.added.special))
}

// BOS is the token that begins a text; false if the tokenizer has none.
func (t *Tokenizer) BOS() (int32, bool) { return t.Role("bos_token") }

// EOS is the token that ends a text; false if the tokenizer has none.
func (t *Tokenizer) EOS() (int32, bool) { return t.Role("eos_token") }

// PAD is the token that fills short rows; false if the tokenizer has none.
func (t *Tokenizer) PAD() (int32, bool) { return t.Role("pad_token") }

// Role is the token for a role in the files, e.g. "unk_token", "mask_token" or a family's
// own "middle_token"; false if the files do not name one.
func (t *Tokenizer) Role(name string) (int32, bool) {
	id, ok := t.special[name]
	return id, ok
}
