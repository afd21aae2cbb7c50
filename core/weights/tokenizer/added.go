package tokenizer

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// addedToken is an entry of tokenizer.json's added_tokens.
type addedToken struct {
	ID         int32  `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"`
	LStrip     bool   `json:"lstrip"`
	RStrip     bool   `json:"rstrip"`
	Normalized bool   `json:"normalized"`
	Special    bool   `json:"special"`
}

// UnmarshalJSON reads a token. One that does not say so is matched in
// normalized text unless it is special.
func (t *addedToken) UnmarshalJSON(text []byte) error {
	type plain addedToken
	f := struct {
		*plain
		Normalized *bool `json:"normalized"`
	}{plain: (*plain)(t)}
	if err := json.Unmarshal(text, &f); err != nil {
		return err
	}
	t.Normalized = !t.Special
	if f.Normalized != nil {
		t.Normalized = *f.Normalized
	}
	return nil
}

// addedTokens are matched whole, before anything else looks at the text: some
// in the raw text, some after normalisation.
type addedTokens struct {
	byID            map[int32]string
	ids             map[string]int32
	special         map[string]bool
	raw, normalized matcher
}

// assignIDs gives added tokens the ids that Hugging Face's library gives them: the
// vocabulary's own id or, for a token that is not in the vocabulary, the next free id.
// It ignores the ids in the file, which agree in files that the library wrote.
func assignIDs(list []addedToken, vocab map[string]int32) []addedToken {
	out := make([]addedToken, 0, len(list))
	ids := map[string]int32{}
	highest := int32(-1)
	for _, t := range list {
		if t.Content == "" {
			continue
		}
		id, known := ids[t.Content]
		if !known {
			id, known = vocab[t.Content]
		}
		if !known {
			id = max(highest+1, int32(len(vocab)))
		}
		t.ID = id
		ids[t.Content] = id
		highest = max(highest, id)
		out = append(out, t)
	}
	return out
}

func newAddedTokens(list []addedToken, normalize normalizer) (addedTokens, error) {
	a := addedTokens{
		byID:    make(map[int32]string, len(list)),
		ids:     make(map[string]int32, len(list)),
		special: map[string]bool{},
	}
	last := map[string]int{} // of a token that is listed twice, the last entry says how it is matched
	for i, t := range list {
		last[t.Content] = i
	}
	contents := map[string]string{} // by what is looked for in normalized text
	for i, t := range list {
		a.byID[t.ID] = t.Content
		a.ids[t.Content] = t.ID
		if t.Special {
			a.special[t.Content] = true
		}
		switch {
		case last[t.Content] != i:
			continue
		case !t.Normalized:
			a.raw.add(t.Content, t)
			continue
		}
		pattern := t.Content
		if normalize != nil {
			pattern = normalize(pattern)
		}
		if twin, taken := contents[pattern]; taken && twin != t.Content && pattern != "" {
			return a, fmt.Errorf("added tokens %q and %q are the same once they are normalized, and Hugging Face's library takes now one, now the other; "+
				"give one of them \"normalized\": false", twin, t.Content)
		}
		contents[pattern] = t.Content
		a.normalized.add(pattern, t)
	}
	return a, nil
}

// cut is a part of a text, or an added token if id is not negative.
type cut struct {
	text string
	id   int32
}

// matcher finds the leftmost match and, among several, the longest.
type matcher struct {
	tokens []addedToken
	nodes  []trieNode
	first  [256]bool // bytes that a token starts with
}

type trieNode struct {
	next  map[byte]int32
	token int32 // index + 1; 0: none ends here
}

func (m *matcher) add(pattern string, t addedToken) {
	if pattern == "" {
		return
	}
	if m.nodes == nil {
		m.nodes = []trieNode{{}}
	}
	m.first[pattern[0]] = true
	at := int32(0)
	for i := range len(pattern) {
		if m.nodes[at].next == nil {
			m.nodes[at].next = map[byte]int32{}
		}
		next, ok := m.nodes[at].next[pattern[i]]
		if !ok {
			next = int32(len(m.nodes))
			m.nodes = append(m.nodes, trieNode{})
			m.nodes[at].next[pattern[i]] = next
		}
		at = next
	}
	m.tokens = append(m.tokens, t)
	m.nodes[at].token = int32(len(m.tokens))
}

// longest is the longest token at the start of s.
func (m *matcher) longest(s string) (token *addedToken, length int) {
	at := int32(0)
	for i := range len(s) {
		next, ok := m.nodes[at].next[s[i]]
		if !ok {
			break
		}
		at = next
		if k := m.nodes[at].token; k > 0 {
			token, length = &m.tokens[k-1], i+1
		}
	}
	return token, length
}

// split splits s at the tokens.
func (m *matcher) split(s string) []cut {
	if len(m.nodes) == 0 || s == "" {
		return []cut{{s, -1}}
	}
	var cuts []cut
	done := 0
	for i := 0; i < len(s); {
		if !m.first[s[i]] {
			i++
			continue
		}
		t, length := m.longest(s[i:])
		if t == nil {
			i++
			continue
		}
		start, stop := i, i+length
		// If the match is refused below, the search continues after it.
		i = stop
		if t.SingleWord && (endsWithWord(s[:start]) || startsWithWord(s[stop:])) {
			continue
		}
		// The token before may have taken the blanks that this one starts with.
		if t.LStrip && done < start {
			start = done + len(strings.TrimRightFunc(s[done:start], unicode.IsSpace))
		}
		if t.RStrip {
			stop = len(s) - len(strings.TrimLeftFunc(s[stop:], unicode.IsSpace))
		}
		if done < start {
			cuts = append(cuts, cut{s[done:start], -1})
		}
		cuts = append(cuts, cut{"", t.ID})
		done = stop
	}
	if done < len(s) {
		cuts = append(cuts, cut{s[done:], -1})
	}
	return cuts
}

func endsWithWord(s string) bool {
	r, size := utf8.DecodeLastRuneInString(s)
	return size > 0 && isWord(r)
}

func startsWithWord(s string) bool {
	r, size := utf8.DecodeRuneInString(s)
	return size > 0 && isWord(r)
}

// isWord is \w of Unicode regular expressions.
func isWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.In(r, unicode.M, unicode.Nd, unicode.Nl, unicode.Pc, unicode.Other_Alphabetic, unicode.Join_Control)
}
