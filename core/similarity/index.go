package similarity

import (
	"cmp"
	"slices"
)

// Relation is the relation of a text to one of the index.
type Relation string

// The relations, closest first.
const (
	Equal    Relation = "equal"    // the same tokens
	Contains Relation = "contains" // the tokens of the other text are a run of the text's
	Near     Relation = "near"     // the Jaccard index reaches the threshold
)

func (r Relation) rank() int { return slices.Index([]Relation{Equal, Contains, Near}, r) }

// Match is the text of an index that is most similar to another one.
type Match struct {
	Text     int // the number that Add returned
	Relation Relation
	// Jaccard is the Jaccard index of both texts' shingles, within [0,1].
	Jaccard float64
}

// Closer orders matches: the closer relation first, then the greater Jaccard
// index.
func (m Match) Closer(o Match) bool {
	return cmp.Or(m.Relation.rank()-o.Relation.rank(), cmp.Compare(o.Jaccard, m.Jaccard)) < 0
}

// Index is a set of texts with which others are compared. Once all are added, it may be
// used from several goroutines.
type Index struct {
	threshold float64
	minHash   minHash
	banding   banding
	numbers   map[string]uint32 // of tokens, from 1
	texts     []text
	starts    map[shingle][]int32  // texts by their first shingle
	bands     []map[uint64][]int32 // texts by the hash of each band
}

// text is a text of the index.
type text struct {
	tokens []uint32
	set    []shingle // sorted, each once
}

// New makes an empty index. Texts are near if the Jaccard index of their
// shingles is at least the threshold, within (0,1].
func New(threshold float64) *Index {
	x := &Index{
		threshold: threshold, banding: bandingFor(threshold),
		numbers: map[string]uint32{}, starts: map[shingle][]int32{},
	}
	x.minHash = newMinHash(x.banding.bands * x.banding.rows)
	for range x.banding.bands {
		x.bands = append(x.bands, map[uint64][]int32{})
	}
	return x
}

// Add adds a text to the index and returns its number, from 0. A text without tokens
// matches no other.
func (x *Index) Add(source string) int {
	number := len(x.texts)
	var t text
	for token := range tokens(source) {
		id, known := x.numbers[token]
		if !known {
			id = uint32(len(x.numbers) + 1)
			x.numbers[token] = id
		}
		t.tokens = append(t.tokens, id)
	}
	all := shingles(t.tokens)
	t.set = set(all)
	x.texts = append(x.texts, t)
	if len(all) == 0 {
		return number
	}
	x.starts[all[0]] = append(x.starts[all[0]], int32(number))
	for band, key := range x.keys(all) {
		x.bands[band][key] = append(x.bands[band][key], int32(number))
	}
	return number
}

// Find returns the text of the index that is most similar to source, or false if none is
// similar. Among equally similar texts it is the one that was added first.
func (x *Index) Find(source string) (Match, bool) {
	ids := x.known(source)
	all := shingles(ids)
	if len(all) == 0 {
		return Match{}, false
	}
	var sorted []shingle // computed when it is needed
	jaccard := func(other int32) float64 {
		if sorted == nil {
			sorted = set(all)
		}
		return jaccard(sorted, x.texts[other].set)
	}
	best, found := Match{}, false
	better := func(other int32, relation Relation, index float64) {
		m := Match{int(other), relation, index}
		if !found || m.Closer(best) || !best.Closer(m) && m.Text < best.Text {
			best, found = m, true
		}
	}
	for at, s := range all {
		for _, other := range x.starts[s] {
			switch tokens := x.texts[other].tokens; {
			case len(ids)-at < len(tokens) || !slices.Equal(ids[at:at+len(tokens)], tokens):
			case len(tokens) == len(ids):
				better(other, Equal, 1)
			default:
				better(other, Contains, jaccard(other))
			}
		}
	}
	if found {
		return best, true
	}
	for _, other := range x.candidates(all) {
		if index := jaccard(other); index >= x.threshold {
			better(other, Near, index)
		}
	}
	return best, found
}

// known returns the numbers of a text's tokens. Unknown tokens get numbers after those of
// the index.
func (x *Index) known(source string) []uint32 {
	var ids []uint32
	unknown := map[string]uint32{}
	for token := range tokens(source) {
		id, known := x.numbers[token]
		if !known {
			if id, known = unknown[token]; !known {
				id = uint32(len(x.numbers) + len(unknown) + 1)
				unknown[token] = id
			}
		}
		ids = append(ids, id)
	}
	return ids
}

// candidates returns the texts that share a band, each once.
func (x *Index) candidates(all []shingle) []int32 {
	var found []int32
	for band, key := range x.keys(all) {
		found = append(found, x.bands[band][key]...)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// keys returns the hashes of the bands of a text's signature.
func (x *Index) keys(all []shingle) []uint64 {
	signature := make([]uint64, x.banding.bands*x.banding.rows)
	x.minHash.signature(all, signature)
	keys := make([]uint64, x.banding.bands)
	for band := range keys {
		keys[band] = x.banding.key(signature, band)
	}
	return keys
}

// shingles returns the runs of tokens at each position. A shorter text is one shingle.
func shingles(ids []uint32) []shingle {
	if len(ids) == 0 {
		return nil
	}
	all := make([]shingle, max(1, len(ids)-width+1))
	for i := range all {
		copy(all[i][:], ids[i:])
	}
	return all
}

func set(all []shingle) []shingle {
	sorted := slices.Clone(all)
	slices.SortFunc(sorted, compare)
	return slices.Compact(sorted)
}

func compare(a, b shingle) int { return slices.Compare(a[:], b[:]) }

// jaccard returns the Jaccard index of two sets.
func jaccard(a, b []shingle) float64 {
	common := 0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch c := compare(a[i], b[j]); {
		case c < 0:
			i++
		case c > 0:
			j++
		default:
			common, i, j = common+1, i+1, j+1
		}
	}
	return float64(common) / float64(len(a)+len(b)-common)
}
