package tokenizer

import (
	"bytes"
	"cmp"
	"container/heap"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
)

// TrainOption is an option of TrainBPE.
type TrainOption func(*training)

// SpecialLast gives the special tokens the ids after all others, as in CodeGen. Without
// it they come first.
func SpecialLast() TrainOption { return func(t *training) { t.specialLast = true } }

// SpaceRuns adds CodeGen's tokens for runs of 31 … 2 spaces and 9 … 2 tabs,
// after all others.
func SpaceRuns() TrainOption { return func(t *training) { t.runs = spaceRuns() } }

func spaceRuns() []string {
	var out []string
	for n := 31; n >= 2; n-- {
		out = append(out, strings.Repeat(" ", n))
	}
	for n := 9; n >= 2; n-- {
		out = append(out, strings.Repeat("\t", n))
	}
	return out
}

// TrainBPE makes a byte-level BPE vocabulary from texts and returns a complete
// tokenizer.json in the form of GPT-2's. vocabSize counts all tokens: 256 bytes, special
// and added tokens, and learned ones; there are fewer if the texts have no more pairs to
// join. The same texts, in any order, give the same bytes.
//
// Pairs are joined in order of falling count, and for equal counts in order of ids, as in
// Hugging Face's trainer. As there, special tokens in the texts are not removed, but runs
// of spaces that have their own token are.
func TrainBPE(texts iter.Seq[string], vocabSize int, special []string, options ...TrainOption) ([]byte, error) {
	t := &training{special: special}
	for _, o := range options {
		o(t)
	}
	reserved := map[string]bool{}
	for _, content := range slices.Concat(special, t.runs) {
		if content == "" || reserved[content] || isLetter(content) {
			return nil, fmt.Errorf("train tokenizer: %q cannot be a special token", content)
		}
		reserved[content] = true
	}
	learn := vocabSize - len(reserved) - len(byteLevel().letter)
	if learn < 0 {
		return nil, fmt.Errorf("train tokenizer: a vocabulary of %d has no room for %d bytes and %d special tokens",
			vocabSize, len(byteLevel().letter), len(reserved))
	}
	if !t.specialLast {
		t.tokens = slices.Clone(special)
	}
	alphabet := slices.Sorted(maps.Keys(byteLevel().bytes))
	for _, r := range alphabet {
		t.tokens = append(t.tokens, string(r))
	}
	t.count(texts)
	t.learn(learn, reserved)
	return t.encode()
}

// isLetter reports whether a token spells one of the 256 bytes.
func isLetter(content string) bool {
	runes := []rune(content)
	if len(runes) != 1 {
		return false
	}
	_, ok := byteLevel().bytes[runes[0]]
	return ok
}

type training struct {
	special     []string
	specialLast bool
	runs        []string

	tokens []string // by id
	merges [][2]int32
	words  []trainWord
	// where holds the words in which a pair occurred; it may no longer occur there.
	where map[[2]int32]map[int]struct{}
	pairs map[[2]int32]int // counts
}

type trainWord struct {
	ids   []int32
	count int
}

// count fills words and the counts of pairs.
func (t *training) count(texts iter.Seq[string]) {
	var runs matcher
	for _, r := range t.runs {
		runs.add(r, addedToken{Content: r})
	}
	split := byteLevelSplit(false, true)
	counts := map[string]int{}
	for text := range texts {
		for _, c := range runs.split(toValid([]byte(text))) {
			if c.id >= 0 || c.text == "" {
				continue
			}
			for _, w := range split([]word{{text: c.text}}) {
				if _, known := counts[w.text]; !known {
					w.text = strings.Clone(w.text)
				}
				counts[w.text]++
			}
		}
	}
	letters := make(map[rune]int32, len(byteLevel().bytes))
	for id, token := range t.tokens[len(t.tokens)-len(byteLevel().bytes):] {
		letters[[]rune(token)[0]] = int32(len(t.tokens) - len(byteLevel().bytes) + id)
	}
	t.where, t.pairs = map[[2]int32]map[int]struct{}{}, map[[2]int32]int{}
	for i, text := range slices.Sorted(maps.Keys(counts)) {
		w := trainWord{count: counts[text]}
		for _, r := range text {
			w.ids = append(w.ids, letters[r])
		}
		t.words = append(t.words, w)
		t.addPairs(i, +1, nil)
	}
}

// addPairs adds the pairs of a word to the counts, or subtracts them.
func (t *training) addPairs(word, sign int, changed map[[2]int32]struct{}) {
	w := t.words[word]
	for i := range len(w.ids) - 1 {
		p := [2]int32{w.ids[i], w.ids[i+1]}
		t.pairs[p] += sign * w.count
		if sign > 0 {
			if t.where[p] == nil {
				t.where[p] = map[int]struct{}{}
			}
			t.where[p][word] = struct{}{}
		}
		if changed != nil {
			changed[p] = struct{}{}
		}
	}
}

// learn joins the most frequent pair until n tokens are learned. It skips a pair that
// spells a reserved token, which already has an id.
func (t *training) learn(n int, reserved map[string]bool) {
	queue := &pairQueue{}
	for p, count := range t.pairs {
		*queue = append(*queue, countedPair{p, count})
	}
	heap.Init(queue)
	ids := make(map[string]int32, len(t.tokens)+n)
	for id, token := range t.tokens {
		ids[token] = int32(id)
	}
	for n > 0 && queue.Len() > 0 {
		top := heap.Pop(queue).(countedPair)
		if now := t.pairs[top.pair]; now != top.count || now <= 0 {
			continue // the count has changed, and the pair was queued again
		}
		joined := t.tokens[top.pair[0]] + t.tokens[top.pair[1]]
		if reserved[joined] {
			continue
		}
		// Two pairs may spell the same token; it gets two merges and one id.
		id, again := ids[joined]
		if !again {
			id = int32(len(t.tokens))
			t.tokens = append(t.tokens, joined)
			ids[joined] = id
			n--
		}
		t.merges = append(t.merges, top.pair)
		changed := map[[2]int32]struct{}{}
		for word := range t.where[top.pair] {
			t.addPairs(word, -1, changed)
			t.words[word].join(top.pair, id)
			t.addPairs(word, +1, changed)
		}
		delete(t.where, top.pair)
		for p := range changed {
			if count := t.pairs[p]; count > 0 && p != top.pair {
				heap.Push(queue, countedPair{p, count})
			}
		}
	}
}

func (w *trainWord) join(p [2]int32, id int32) {
	out := w.ids[:0]
	for i := 0; i < len(w.ids); i++ {
		if i+1 < len(w.ids) && w.ids[i] == p[0] && w.ids[i+1] == p[1] {
			out = append(out, id)
			i++
		} else {
			out = append(out, w.ids[i])
		}
	}
	w.ids = out
}

type countedPair struct {
	pair  [2]int32
	count int
}

// pairQueue returns the most frequent pair first and, among equals, the one with smaller
// ids.
type pairQueue []countedPair

func (q pairQueue) Len() int      { return len(q) }
func (q pairQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q pairQueue) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(q[j].count, q[i].count), slices.Compare(q[i].pair[:], q[j].pair[:])) < 0
}
func (q *pairQueue) Push(x any) { *q = append(*q, x.(countedPair)) }
func (q *pairQueue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

// encode writes the tokenizer.json.
func (t *training) encode() ([]byte, error) {
	var added []addedToken
	put := func(id int, content string, special bool) {
		added = append(added, addedToken{ID: int32(id), Content: content, Special: special, Normalized: !special})
	}
	next := len(t.tokens)
	for i, content := range t.special {
		if t.specialLast {
			put(next+i, content, true)
		} else {
			put(i, content, true)
		}
	}
	if t.specialLast {
		next += len(t.special)
	}
	for i, content := range t.runs {
		put(next+i, content, false)
	}
	vocab := orderedVocab(t.tokens)
	merges := make([]string, len(t.merges))
	for i, m := range t.merges {
		merges[i] = t.tokens[m[0]] + " " + t.tokens[m[1]]
	}
	level := func(prefixSpace, trim, regex bool) any {
		return struct {
			Type           string `json:"type"`
			AddPrefixSpace bool   `json:"add_prefix_space"`
			TrimOffsets    bool   `json:"trim_offsets"`
			UseRegex       bool   `json:"use_regex"`
		}{"ByteLevel", prefixSpace, trim, regex}
	}
	type model struct {
		Type         string       `json:"type"`
		Dropout      *float64     `json:"dropout"`
		Unknown      *string      `json:"unk_token"`
		Prefix       *string      `json:"continuing_subword_prefix"`
		Suffix       *string      `json:"end_of_word_suffix"`
		FuseUnknown  bool         `json:"fuse_unk"`
		ByteFallback bool         `json:"byte_fallback"`
		IgnoreMerges bool         `json:"ignore_merges"`
		Vocab        orderedVocab `json:"vocab"`
		Merges       []string     `json:"merges"`
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(struct {
		Version       string       `json:"version"`
		Truncation    any          `json:"truncation"`
		Padding       any          `json:"padding"`
		AddedTokens   []addedToken `json:"added_tokens"`
		Normalizer    any          `json:"normalizer"`
		PreTokenizer  any          `json:"pre_tokenizer"`
		PostProcessor any          `json:"post_processor"`
		Decoder       any          `json:"decoder"`
		Model         model        `json:"model"`
	}{
		Version:       "1.0",
		AddedTokens:   added,
		PreTokenizer:  level(false, true, true),
		PostProcessor: level(true, false, true),
		Decoder:       level(true, true, true),
		Model:         model{Type: "BPE", Vocab: vocab, Merges: merges},
	})
	return out.Bytes(), err
}

// orderedVocab is a vocabulary that encodes as an object in the order of ids.
type orderedVocab []string

// MarshalJSON writes {"token": id, …}.
func (v orderedVocab) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	b.WriteByte('{')
	for id, token := range v {
		if id > 0 {
			b.WriteByte(',')
		}
		if err := e.Encode(token); err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, ":%d", id)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
