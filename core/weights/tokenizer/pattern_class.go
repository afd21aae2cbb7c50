package tokenizer

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// class reads the rest of a bracketed class, after its [.
func (p *parser) class() (func(rune) bool, error) {
	if p.depth++; p.depth > maxNesting {
		return nil, p.fail("nested too deeply")
	}
	defer func() { p.depth-- }()
	not := p.take("^")
	var parts []func(rune) bool
	for first := true; ; first = false {
		switch {
		case p.pos >= len(p.text):
			return nil, p.fail("missing ]")
		case !first && p.take("]"):
			if p.fold {
				parts = []func(rune) bool{folded(parts)}
			}
			return func(r rune) bool { return contains(parts, r) != not }, nil
		case p.peek("[:") || p.peek("&&"):
			return nil, p.fail("%s is not supported in a class", p.text[p.pos:p.pos+2])
		case p.take("["):
			inner, err := p.class()
			if err != nil {
				return nil, err
			}
			parts = append(parts, inner)
			continue
		}
		has, low, err := p.classItem()
		if err != nil {
			return nil, err
		}
		if has != nil {
			parts = append(parts, has)
			continue
		}
		high := low
		if p.peek("-[") {
			return nil, p.fail("bad range")
		}
		if p.peek("-") && !p.peek("-]") && p.take("-") {
			if has, high, err = p.classItem(); err != nil {
				return nil, err
			}
			if has != nil || high < low {
				return nil, p.fail("bad range")
			}
		}
		for r := low; p.fold && !not && r <= min(high, 0xffff); r++ {
			p.spread = p.spread || spreads(r)
		}
		parts = append(parts, func(r rune) bool { return low <= r && r <= high })
	}
}

// classItem reads a set, or a single code point if the set is nil.
func (p *parser) classItem() (func(rune) bool, rune, error) {
	if p.pos >= len(p.text) {
		return nil, 0, p.fail("missing ]")
	}
	if !p.take(`\`) {
		return nil, p.rune(), nil
	}
	has, single, err := p.escape()
	if err != nil || single >= 0 {
		return nil, single, err
	}
	return has, -1, nil
}

func contains(parts []func(rune) bool, r rune) bool {
	for _, has := range parts {
		if has(r) {
			return true
		}
	}
	return false
}

func folded(parts []func(rune) bool) func(rune) bool {
	return func(c rune) bool {
		if contains(parts, c) {
			return true
		}
		for r := unicode.SimpleFold(c); r != c; r = unicode.SimpleFold(r) {
			if contains(parts, r) {
				return true
			}
		}
		return false
	}
}

// escape reads the text after a backslash. It returns a set, and the code point if the
// set has only one (else -1).
func (p *parser) escape() (has func(rune) bool, single rune, err error) {
	if p.pos >= len(p.text) {
		return nil, -1, p.fail("ends in a backslash")
	}
	c := p.rune()
	set := func(has func(rune) bool) (func(rune) bool, rune, error) { return has, -1, nil }
	char := func(r rune) (func(rune) bool, rune, error) { return p.literal(r), r, nil }
	switch c {
	case 's':
		return set(unicode.IsSpace)
	case 'S':
		return set(func(r rune) bool { return !unicode.IsSpace(r) })
	case 'd':
		return set(unicode.IsDigit)
	case 'D':
		return set(func(r rune) bool { return !unicode.IsDigit(r) })
	case 'w':
		return set(isWord)
	case 'W':
		return set(func(r rune) bool { return !isWord(r) })
	case 'p', 'P':
		has, err := p.property(c == 'P')
		return has, -1, err
	case 'n':
		return char('\n')
	case 'r':
		return char('\r')
	case 't':
		return char('\t')
	case 'f':
		return char('\f')
	case 'v':
		return char('\v')
	case 'u':
		return p.hex(4, char)
	case 'x':
		return p.hex(2, char)
	}
	if c < utf8.RuneSelf && (unicode.IsLetter(c) || unicode.IsDigit(c)) {
		return nil, -1, p.fail(`\%c is not supported`, c)
	}
	return char(c)
}

func (p *parser) hex(digits int, char func(rune) (func(rune) bool, rune, error)) (func(rune) bool, rune, error) {
	text := ""
	if end := strings.IndexByte(p.text[p.pos:], '}'); digits == 2 && p.peek("{") && end > 0 {
		text = p.text[p.pos+1 : p.pos+end]
		p.pos += end + 1
	} else if p.pos+digits <= len(p.text) {
		text = p.text[p.pos : p.pos+digits]
		p.pos += digits
	}
	code, err := strconv.ParseUint(text, 16, 32)
	if err != nil || code > unicode.MaxRune || digits == 2 && len(text) == 2 && code >= utf8.RuneSelf {
		return nil, -1, p.fail("bad character code %q", text)
	}
	return char(rune(code))
}

// property reads the {Name} of \p and \P.
func (p *parser) property(not bool) (func(rune) bool, error) {
	end := strings.IndexByte(p.text[p.pos:], '}')
	if !p.peek("{") || end < 0 {
		return nil, p.fail(`\p without {name}`)
	}
	name := p.text[p.pos+1 : p.pos+end]
	p.pos += end + 1
	if strings.HasPrefix(name, "^") {
		name, not = name[1:], !not
	}
	table := unicode.Categories[name]
	if table == nil {
		table = unicode.Scripts[name]
	}
	if table == nil {
		return nil, p.fail("property %q is not supported", name)
	}
	return func(r rune) bool { return unicode.Is(table, r) != not }, nil
}
