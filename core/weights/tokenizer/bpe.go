package tokenizer

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"
)

// bpe is the model: it joins the characters of a word, best pair first.
type bpe struct {
	vocab  map[string]int32
	tokens map[int32]string
	merges map[uint64]merge // by pair of ids

	unknown       int32 // -1: unknown characters are dropped
	fuseUnknown   bool
	byteFallback  bool
	fallback      [256]int32 // the tokens <0x00> … <0xFF>, -1 where missing
	ignoreMerges  bool
	prefix        string // of every character but a word's first
	suffix        string // of a word's last character
	cache         wordCache
	maxCachedWord int
}

// merge is the result of merging a pair; lower ranks are merged first.
type merge struct{ rank, id int32 }

func pair(a, b int32) uint64 { return uint64(uint32(a))<<32 | uint64(uint32(b)) }

// bpeFile is the model of a tokenizer.json.
type bpeFile struct {
	Type         string           `json:"type"`
	Dropout      *float64         `json:"dropout"`
	Unknown      *string          `json:"unk_token"`
	Prefix       *string          `json:"continuing_subword_prefix"`
	Suffix       *string          `json:"end_of_word_suffix"`
	FuseUnknown  bool             `json:"fuse_unk"`
	ByteFallback bool             `json:"byte_fallback"`
	IgnoreMerges bool             `json:"ignore_merges"`
	Vocab        map[string]int32 `json:"vocab"`
	Merges       []mergeText      `json:"merges"`
}

func newBPE(f bpeFile) (*bpe, error) {
	if f.Dropout != nil && *f.Dropout != 0 {
		return nil, errors.New("model: dropout is not supported")
	}
	m := &bpe{
		vocab:         f.Vocab,
		tokens:        make(map[int32]string, len(f.Vocab)),
		merges:        make(map[uint64]merge, len(f.Merges)),
		unknown:       -1,
		fuseUnknown:   f.FuseUnknown,
		byteFallback:  f.ByteFallback,
		ignoreMerges:  f.IgnoreMerges,
		maxCachedWord: 256,
	}
	if f.Prefix != nil {
		m.prefix = *f.Prefix
	}
	if f.Suffix != nil {
		m.suffix = *f.Suffix
	}
	for token, id := range f.Vocab {
		if id < 0 {
			return nil, fmt.Errorf("model: token %q has the id %d", token, id)
		}
		if twin, taken := m.tokens[id]; taken {
			return nil, fmt.Errorf("model: tokens %q and %q share the id %d", min(token, twin), max(token, twin), id)
		}
		m.tokens[id] = token
	}
	if f.Unknown != nil && *f.Unknown != "" {
		id, ok := m.vocab[*f.Unknown]
		if !ok {
			return nil, fmt.Errorf("model: unknown token %q is not in the vocabulary", *f.Unknown)
		}
		m.unknown = id
	}
	for b := range m.fallback {
		m.fallback[b] = -1
		if id, ok := m.vocab[fmt.Sprintf("<0x%02X>", b)]; ok {
			m.fallback[b] = id
		}
	}
	for rank, pairing := range f.Merges {
		if err := m.addMerge(int32(rank), pairing); err != nil {
			return nil, fmt.Errorf("model: merge %d: %w", rank, err)
		}
	}
	return m, nil
}

func (m *bpe) addMerge(rank int32, parts mergeText) error {
	a, okA := m.vocab[parts[0]]
	b, okB := m.vocab[parts[1]]
	if !okA || !okB {
		return fmt.Errorf("%q or %q is not in the vocabulary", parts[0], parts[1])
	}
	joined := parts[0] + strings.TrimPrefix(parts[1], m.prefix)
	id, ok := m.vocab[joined]
	if !ok {
		return fmt.Errorf("%q is not in the vocabulary", joined)
	}
	m.merges[pair(a, b)] = merge{rank, id}
	return nil
}

// encode appends the ids of a word.
func (m *bpe) encode(ids []int32, word string) []int32 {
	if word == "" {
		return ids
	}
	if m.ignoreMerges {
		if id, ok := m.vocab[word]; ok {
			return append(ids, id)
		}
	}
	if len(word) > m.maxCachedWord {
		return m.join(ids, word)
	}
	if known, ok := m.cache.get(word); ok {
		return append(ids, known...)
	}
	begin := len(ids)
	ids = m.join(ids, word)
	m.cache.put(word, ids[begin:])
	return ids
}

// symbol is a partial token, linked to its neighbours; id -1: it was joined to the one
// before.
type symbol struct{ id, prev, next int32 }

// candidate is a merge that was possible at a position when it was queued.
type candidate struct {
	rank, pos, id int32
}

func (c candidate) before(o candidate) bool {
	return c.rank < o.rank || c.rank == o.rank && c.pos < o.pos
}

// workspace holds buffers that join reuses between words.
type workspace struct {
	symbols []symbol
	queue   []candidate
}

var workspaces = sync.Pool{New: func() any { return new(workspace) }}

// join appends the ids of a word, without the cache.
func (m *bpe) join(ids []int32, word string) []int32 {
	w := workspaces.Get().(*workspace)
	defer workspaces.Put(w)
	w.symbols = m.characters(w.symbols[:0], word)
	w.queue = w.queue[:0]
	for i := range w.symbols {
		w.symbols[i].prev, w.symbols[i].next = int32(i-1), int32(i+1)
	}
	if len(w.symbols) == 0 {
		return ids
	}
	w.symbols[len(w.symbols)-1].next = -1
	for i := range len(w.symbols) - 1 {
		m.offer(w, int32(i))
	}
	for len(w.queue) > 0 {
		m.merge(w, w.pop())
	}
	for i := int32(0); i >= 0; i = w.symbols[i].next {
		ids = append(ids, w.symbols[i].id)
	}
	return ids
}

// offer queues the merge of the symbol at i with the next, if there is one.
func (m *bpe) offer(w *workspace, i int32) {
	s := w.symbols[i]
	if s.next < 0 {
		return
	}
	if found, ok := m.merges[pair(s.id, w.symbols[s.next].id)]; ok {
		w.push(candidate{found.rank, i, found.id})
	}
}

func (m *bpe) merge(w *workspace, c candidate) {
	left := &w.symbols[c.pos]
	if left.id < 0 || left.next < 0 {
		return
	}
	right := &w.symbols[left.next]
	// The neighbours may have changed since.
	if found, ok := m.merges[pair(left.id, right.id)]; !ok || found.id != c.id {
		return
	}
	left.id, right.id = c.id, -1
	left.next = right.next
	if left.next >= 0 {
		w.symbols[left.next].prev = c.pos
	}
	if left.prev >= 0 {
		m.offer(w, left.prev)
	}
	m.offer(w, c.pos)
}

// characters returns the initial symbols of a word.
func (m *bpe) characters(out []symbol, word string) []symbol {
	// waiting: an unknown symbol is not in out yet, so that the next can fuse with it.
	waiting := false
	flush := func() {
		if waiting {
			out = append(out, symbol{id: m.unknown})
			waiting = false
		}
	}
	for i := 0; i < len(word); {
		_, size := utf8.DecodeRuneInString(word[i:])
		char := word[i : i+size]
		if m.prefix != "" && i > 0 {
			char = m.prefix + char
		}
		if i += size; m.suffix != "" && i == len(word) {
			char += m.suffix
		}
		if id, ok := m.vocab[char]; ok {
			flush()
			out = append(out, symbol{id: id})
			continue
		}
		if m.byteFallback && m.spellable(char) {
			for b := range len(char) {
				out = append(out, symbol{id: m.fallback[char[b]]})
			}
			continue
		}
		if m.unknown >= 0 {
			if !m.fuseUnknown {
				flush()
			}
			waiting = true
		}
	}
	flush()
	return out
}

func (m *bpe) spellable(char string) bool {
	for b := range len(char) {
		if m.fallback[char[b]] < 0 {
			return false
		}
	}
	return true
}

func (w *workspace) push(c candidate) {
	w.queue = append(w.queue, c)
	q, i := w.queue, len(w.queue)-1
	for i > 0 && c.before(q[(i-1)/2]) {
		q[i] = q[(i-1)/2]
		i = (i - 1) / 2
	}
	q[i] = c
}

func (w *workspace) pop() candidate {
	q := w.queue
	top, last := q[0], q[len(q)-1]
	q = q[:len(q)-1]
	w.queue = q
	for i := 0; len(q) > 0; {
		child := 2*i + 1
		if child+1 < len(q) && q[child+1].before(q[child]) {
			child++
		}
		if child >= len(q) || !q[child].before(last) {
			q[i] = last
			break
		}
		q[i] = q[child]
		i = child
	}
	return top
}

// wordCache caches the ids of a limited number of words.
type wordCache struct {
	mu    sync.RWMutex
	words map[string][]int32
}

const maxCachedWords = 1 << 16

func (c *wordCache) get(word string) ([]int32, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	ids, ok := c.words[word]
	return ids, ok
}

func (c *wordCache) put(word string, ids []int32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.words == nil {
		c.words = map[string][]int32{}
	}
	if len(c.words) < maxCachedWords {
		// Copies, so that a word does not keep its whole text alive.
		c.words[strings.Clone(word)] = append([]int32(nil), ids...)
	}
}
