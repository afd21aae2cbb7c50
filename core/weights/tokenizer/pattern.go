package tokenizer

import (
	"unicode/utf8"
)

// pattern is a compiled regular expression with the semantics of Oniguruma, for which
// tokenizer files are written: leftmost match, first alternative wins, Unicode classes,
// ^ and $ at lines.
//
// Go's own regexp has no look-ahead and reads classes differently ("[a[bc]]" is one
// class in Oniguruma), so this package matches patterns itself, by backtracking over a
// chain of nodes. Only classes repeat without limit, so the length of the pattern bounds
// the depth of the recursion. stepsPerByte stops a pattern that backtracks too long.
type pattern struct{ start node }

// stepsPerByte limits the number of matching steps per byte of a text. Patterns of real
// tokenizers take about ten; only a malicious pattern, or a search through thousands of
// consecutive blanks, comes near the limit. Beyond the limit, the rest of the text counts
// as not matched.
const stepsPerByte = 4000

// scan is the state of matching a text.
type scan struct {
	text  string
	steps int // remaining steps
}

func newScan(text string) *scan { return &scan{text, stepsPerByte * (len(text) + 1)} }

// spend takes a step; false if none is left.
func (s *scan) spend() bool {
	s.steps--
	return s.steps >= 0
}

// node matches at s.text[i:] and returns where the whole rest of the pattern
// ends, or -1.
type node interface {
	match(s *scan, i int) int
}

// find returns the leftmost match at or after from; ok is false without one.
func (p *pattern) find(s *scan, from int) (begin, end int, ok bool) {
	for i := from; i <= len(s.text) && s.spend(); {
		if end := p.start.match(s, i); end >= 0 {
			return i, end, true
		}
		_, size := utf8.DecodeRuneInString(s.text[i:])
		i += max(size, 1)
	}
	return 0, 0, false
}

// spans splits s at the pattern's matches.
func (p *pattern) spans(s string) []span {
	var out []span
	state, done := newScan(s), 0
	for from := 0; from <= len(s); {
		begin, end, ok := p.find(state, from)
		if !ok {
			break
		}
		from = end
		if begin == end {
			// An empty match right after a match does not count.
			_, size := utf8.DecodeRuneInString(s[end:])
			from += max(size, 1)
			if begin == done && len(out) > 0 {
				continue
			}
		}
		if done < begin {
			out = append(out, span{done, begin, false})
		}
		out = append(out, span{begin, end, true})
		done = end
	}
	if done < len(s) {
		out = append(out, span{done, len(s), false})
	}
	return out
}

type accept struct{}

func (accept) match(_ *scan, i int) int { return i }

type alternatives struct{ of []node }

func (n alternatives) match(s *scan, i int) int {
	if !s.spend() {
		return -1
	}
	for _, a := range n.of {
		if end := a.match(s, i); end >= 0 {
			return end
		}
	}
	return -1
}

type greed int

const (
	greedy greed = iota
	lazy
	possessive
)

// repeat matches a class between min and max times; max < 0 is no limit.
type repeat struct {
	class    *class
	min, max int
	greed    greed
	next     node
}

func (n *repeat) match(s *scan, i int) int {
	count := 0
	for ; count < n.min; count++ {
		size := n.class.at(s.text, i)
		if size == 0 {
			return -1
		}
		i += size
	}
	if n.greed == lazy {
		return n.matchLazy(s, i)
	}
	least := i
	for n.max < 0 || count < n.max {
		size := n.class.at(s.text, i)
		if size == 0 {
			break
		}
		i += size
		count++
	}
	s.steps -= count
	for s.spend() {
		if end := n.next.match(s, i); end >= 0 {
			return end
		}
		if i == least || n.greed == possessive {
			return -1
		}
		_, size := utf8.DecodeLastRuneInString(s.text[:i])
		i -= size
	}
	return -1
}

// matchLazy tries the least number of repeats first.
func (n *repeat) matchLazy(s *scan, i int) int {
	for count := n.min; s.spend(); count++ {
		if end := n.next.match(s, i); end >= 0 {
			return end
		}
		size := n.class.at(s.text, i)
		if size == 0 || count == n.max {
			return -1
		}
		i += size
	}
	return -1
}

// look is a look-ahead.
type look struct {
	body node // ends in accept
	not  bool
	next node
}

func (n *look) match(s *scan, i int) int {
	if !s.spend() {
		return -1
	}
	if (n.body.match(s, i) >= 0) == n.not {
		return -1
	}
	return n.next.match(s, i)
}

type anchor struct {
	kind byte // one of ^ $ A z
	next node
}

func (n *anchor) match(s *scan, i int) int {
	text := s.text
	var here bool
	switch n.kind {
	case '^':
		here = i == 0 || text[i-1] == '\n' && i < len(text)
	case '$':
		here = i == len(text) || text[i] == '\n'
	case 'A':
		here = i == 0
	case 'z':
		here = i == len(text)
	}
	if !here {
		return -1
	}
	return n.next.match(s, i)
}

// class is a set of code points.
type class struct {
	ascii [128]bool
	high  func(rune) bool // for the others
}

func newClass(has func(rune) bool) *class {
	c := &class{high: has}
	for r := range c.ascii {
		c.ascii[r] = has(rune(r))
	}
	return c
}

// at is the size of the code point at s[i:] if it is in the class, else 0.
func (c *class) at(s string, i int) int {
	if i >= len(s) {
		return 0
	}
	if b := s[i]; b < utf8.RuneSelf {
		if c.ascii[b] {
			return 1
		}
		return 0
	}
	r, size := utf8.DecodeRuneInString(s[i:])
	if c.high(r) {
		return size
	}
	return 0
}
