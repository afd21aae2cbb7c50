package tokenizer

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits on patterns from untrusted files.
const (
	maxPattern = 10_000 // bytes
	maxNesting = 50
	maxRepeat  = 1000
)

// compile compiles a pattern. Syntax for which it does not support Oniguruma's semantics
// is an error that quotes it.
func compile(text string) (*pattern, error) {
	if len(text) > maxPattern {
		return nil, fmt.Errorf("regular expression of %d bytes is too long", len(text))
	}
	p := &parser{text: text}
	tree, err := p.alternation()
	if err == nil && p.pos < len(p.text) {
		err = p.fail("unmatched )")
	}
	if err == nil && p.spread {
		err = fmt.Errorf("regular expression %q: a letter under (?i) that stands for several letters too, such as ß for ss, is not supported", text)
	}
	if err != nil {
		return nil, err
	}
	l := &linker{}
	start := l.link(tree, accept{})
	if l.nodes > maxPattern {
		return nil, fmt.Errorf("regular expression %q repeats too much", text)
	}
	return &pattern{start}, nil
}

// syntax is a node of the parsed pattern.
type syntax struct {
	kind     syntaxKind
	of       []*syntax
	class    *class
	min, max int
	greed    greed
	anchor   byte
	not      bool
}

type syntaxKind int

const (
	synClass syntaxKind = iota
	synSequence
	synAlternatives
	synOptional // a group that may be absent or repeat a fixed number of times
	synLook
	synAnchor
)

// linker chains nodes from the end to the start. It counts them, since nested
// repeats multiply.
type linker struct{ nodes int }

func (l *linker) link(x *syntax, next node) node {
	if l.nodes++; l.nodes > maxPattern {
		return next
	}
	switch x.kind {
	case synClass:
		return &repeat{x.class, x.min, x.max, x.greed, next}
	case synSequence:
		for _, part := range slices.Backward(x.of) {
			next = l.link(part, next)
		}
		return next
	case synAlternatives:
		var a alternatives
		for _, part := range x.of {
			a.of = append(a.of, l.link(part, next))
		}
		return a
	case synOptional:
		end := next
		for range x.max - x.min {
			with := l.link(x.of[0], next)
			if x.greed == lazy {
				next = alternatives{[]node{end, with}}
			} else {
				next = alternatives{[]node{with, end}}
			}
		}
		for range x.min {
			next = l.link(x.of[0], next)
		}
		return next
	case synLook:
		return &look{l.link(x.of[0], accept{}), x.not, next}
	}
	return &anchor{x.anchor, next}
}

type parser struct {
	text string
	pos  int
	fold bool // (?i)
	// spread: a letter stands under (?i) that Oniguruma takes for several.
	spread bool
	depth  int
}

func (p *parser) fail(format string, args ...any) error {
	return fmt.Errorf("regular expression %q, byte %d: %s", p.text, p.pos, fmt.Sprintf(format, args...))
}

func (p *parser) peek(prefix string) bool { return strings.HasPrefix(p.text[p.pos:], prefix) }

func (p *parser) take(prefix string) bool {
	if !p.peek(prefix) {
		return false
	}
	p.pos += len(prefix)
	return true
}

func (p *parser) rune() rune {
	r, size := utf8.DecodeRuneInString(p.text[p.pos:])
	p.pos += size
	return r
}

func (p *parser) alternation() (*syntax, error) {
	if p.depth++; p.depth > maxNesting {
		return nil, p.fail("nested too deeply")
	}
	defer func() { p.depth-- }()
	all := &syntax{kind: synAlternatives}
	for {
		sequence, err := p.sequence()
		if err != nil {
			return nil, err
		}
		all.of = append(all.of, sequence)
		if !p.take("|") {
			break
		}
	}
	if len(all.of) == 1 {
		return all.of[0], nil
	}
	return all, nil
}

func (p *parser) sequence() (*syntax, error) {
	all := &syntax{kind: synSequence}
	for p.pos < len(p.text) && !p.peek("|") && !p.peek(")") {
		atom, err := p.atom()
		if err != nil {
			return nil, err
		}
		if atom, err = p.quantified(atom); err != nil {
			return nil, err
		}
		all.of = append(all.of, atom)
	}
	return all, nil
}

func (p *parser) atom() (*syntax, error) {
	switch {
	case p.take("("):
		return p.group()
	case p.take("["):
		has, err := p.class()
		return one(has), err
	case p.take("."):
		return one(func(r rune) bool { return r != '\n' }), nil
	case p.take("^"):
		return &syntax{kind: synAnchor, anchor: '^'}, nil
	case p.take("$"):
		return &syntax{kind: synAnchor, anchor: '$'}, nil
	case p.take(`\A`):
		return &syntax{kind: synAnchor, anchor: 'A'}, nil
	case p.take(`\z`):
		return &syntax{kind: synAnchor, anchor: 'z'}, nil
	case p.peek("*") || p.peek("+") || p.peek("?"):
		return nil, p.fail("nothing to repeat")
	case p.take(`\`):
		has, _, err := p.escape()
		return one(has), err
	}
	c := p.rune()
	if p.fold && p.joins(c) {
		return nil, p.fail("%q and what follows can be one letter of another case, which is not supported", c)
	}
	return one(p.literal(c)), nil
}

// joins reports whether Oniguruma takes a letter, under (?i), together with
// the next ones for a single letter: "ss" for ß, "fi" for ﬁ.
func (p *parser) joins(c rune) bool {
	next, _ := utf8.DecodeRuneInString(p.text[p.pos:])
	if next == utf8.RuneError {
		return false
	}
	switch strings.ToLower(strings.ReplaceAll(string([]rune{c, next}), "ſ", "s")) {
	case "ss", "st", "ff", "fi", "fl":
		return true
	}
	return unicode.IsLetter(c) && (unicode.Is(unicode.M, next) || next == 'ʾ') || c == 'ʼ' && (next == 'n' || next == 'N')
}

// spreads reports whether Oniguruma takes a letter, under (?i), for several
// letters too: ß for "ss".
func spreads(r rune) bool {
	switch {
	case slices.Contains([]rune("ßŉǰΐΰևẞ"), r), 'ẖ' <= r && r <= 'ẚ', 'ﬀ' <= r && r <= 'ﬆ', 'ﬓ' <= r && r <= 'ﬗ', 0x1f50 <= r && r <= 0x1fff:
		return true
	}
	return false
}

func one(has func(rune) bool) *syntax {
	if has == nil {
		return nil
	}
	return &syntax{kind: synClass, class: newClass(has), min: 1, max: 1}
}

// literal is the set of one code point and, with (?i), its other cases.
func (p *parser) literal(c rune) func(rune) bool {
	if !p.fold {
		return func(r rune) bool { return r == c }
	}
	p.spread = p.spread || spreads(c)
	cases := []rune{c}
	for r := unicode.SimpleFold(c); r != c; r = unicode.SimpleFold(r) {
		cases = append(cases, r)
	}
	return func(r rune) bool { return slices.Contains(cases, r) }
}

func (p *parser) group() (*syntax, error) {
	outer := p.fold
	defer func() { p.fold = outer }()
	var ahead, not bool
	switch {
	case p.take("?:"):
	case p.take("?i:"):
		p.fold = true
	case p.take("?="):
		ahead = true
	case p.take("?!"):
		ahead, not = true, true
	case p.peek("?"):
		return nil, p.fail("this kind of group is not supported")
	}
	inner, err := p.alternation()
	if err != nil {
		return nil, err
	}
	if !p.take(")") {
		return nil, p.fail("missing )")
	}
	if ahead {
		return &syntax{kind: synLook, of: []*syntax{inner}, not: not}, nil
	}
	return &syntax{kind: synSequence, of: []*syntax{inner}}, nil
}

func (p *parser) quantified(atom *syntax) (*syntax, error) {
	from := p.pos
	low, high := 0, 0
	switch {
	case p.take("*"):
		low, high = 0, -1
	case p.take("+"):
		low, high = 1, -1
	case p.take("?"):
		low, high = 0, 1
	case p.peek("{"):
		var err error
		if low, high, err = p.counts(); err != nil {
			return nil, err
		}
	default:
		return atom, nil
	}
	counted := p.text[from] == '{'
	kind := greedy
	switch {
	case p.take("?"):
		kind = lazy
		if counted && low == high {
			return nil, p.fail("a lazy fixed count is not supported")
		}
	case !counted && p.take("+"):
		kind = possessive
	}
	if p.peek("*") || p.peek("+") || p.peek("?") || p.peek("{") {
		return nil, p.fail("a repeat of a repeat is not supported")
	}
	switch {
	case atom.kind == synClass:
		atom.min, atom.max, atom.greed = low, high, kind
		return atom, nil
	case atom.kind == synAnchor || atom.kind == synLook:
		return nil, p.fail("a repeat of an assertion is not supported")
	case high < 0 || kind == possessive:
		return nil, p.fail("a group can only repeat a limited number of times")
	}
	return &syntax{kind: synOptional, of: []*syntax{atom}, min: low, max: high, greed: kind}, nil
}

func (p *parser) counts() (low, high int, err error) {
	close := strings.IndexByte(p.text[p.pos:], '}')
	if close < 0 {
		return 0, 0, p.fail("{ without }")
	}
	first, second, two := strings.Cut(p.text[p.pos+1:p.pos+close], ",")
	low, err = strconv.Atoi(first)
	high = low
	if two && err == nil {
		high = -1
		if second != "" {
			high, err = strconv.Atoi(second)
		}
	}
	if err != nil || low < 0 || low > maxRepeat || high > maxRepeat || second != "" && high < low {
		return 0, 0, p.fail("bad repeat %s", p.text[p.pos:p.pos+close+1])
	}
	p.pos += close + 1
	return low, high, nil
}
