package java

import "harness/core/sdk/benchmark"

// Function finds the innermost method, constructor or initialiser around a hunk:
// the span of lines from its header to its closing brace, or nil if the hunk is
// in none. Lines are 1-based, ends exclusive.
//
// It balances braces and skips comments, strings, text blocks and character
// literals, which is enough for programs that compile. Lambdas and blocks within
// a method do not count as functions; methods of local and anonymous classes do.
func Function(lines []string, hunk *benchmark.Span) *benchmark.Span {
	var (
		s    scanner
		open []block
		best *benchmark.Span
	)
	for number, line := range lines {
		s.line(line, func(t token) {
			switch t {
			case "{":
				open = append(open, newBlock(s.statement, s.first, number+1, open))
				s.reset()
			case "}":
				s.reset()
				if len(open) == 0 {
					return
				}
				b := open[len(open)-1]
				open = open[:len(open)-1]
				// Inner blocks close first, so the first that fits is innermost.
				if best == nil && b.kind == method && b.start <= int(hunk.GetStart()) && number+2 >= int(hunk.GetEnd()) {
					best = &benchmark.Span{Start: int32(b.start), End: int32(number + 2)}
				}
			case ";":
				if s.parens == 0 {
					s.reset()
				}
			default:
				s.add(t, number+1)
			}
		})
	}
	return best
}

type kind int

const (
	other kind = iota // blocks, lambdas, array initialisers
	class
	method
)

// block is what an opening brace began.
type block struct {
	kind  kind
	start int // line of the header's first token
}

// newBlock tells by its header, and by what it stands in, what a brace opens.
func newBlock(header []token, first, line int, around []block) block {
	if len(header) == 0 {
		first = line
	}
	b := block{start: first}
	inClass := len(around) > 0 && around[len(around)-1].kind == class
	depth, call, assigned, created := 0, false, false, false
	for i, t := range header {
		switch t {
		case "(", "[":
			if depth == 0 && t == "(" && i > 0 && header[i-1].isName() {
				call = true
			}
			depth++
		case ")", "]":
			depth--
		case "class", "interface", "enum", "record":
			// "record" and the like are also names: a declaration is followed by one.
			if depth == 0 && i+1 < len(header) && header[i+1].isName() && (i == 0 || header[i-1] != ".") {
				b.kind = class
				return b
			}
		case "=":
			assigned = assigned || depth == 0
		case "new":
			created = true
		case "->":
			created = false
		}
	}
	last := token("")
	if len(header) > 0 {
		last = header[len(header)-1]
	}
	switch {
	case created && last == ")" && !(inClass && !assigned):
		b.kind = class // anonymous
	case inClass && !assigned && (call || len(header) == 0 || len(header) == 1 && (header[0] == "static" || header[0].isName())):
		// A method or constructor has parameters; an initialiser has no header, or
		// "static"; a compact constructor has a name only.
		b.kind = method
	case inClass && last == ")" && !assigned:
		b.kind = method
	}
	return b
}

type token string

func (t token) isName() bool { return t != "" && isNameByte(t[0]) }

func isNameByte(c byte) bool {
	return c == '_' || c == '$' || c >= 0x80 || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// scanner cuts lines into tokens and gathers those of the statement under way.
type scanner struct {
	comment   bool // within /* */
	text      bool // within """ """
	statement []token
	first     int // line of the statement's first token
	parens    int // open parentheses of the statement
}

func (s *scanner) reset() { s.statement, s.parens = nil, 0 }

func (s *scanner) add(t token, line int) {
	if len(s.statement) == 0 {
		s.first = line
	}
	switch t {
	case "(":
		s.parens++
	case ")":
		s.parens--
	}
	s.statement = append(s.statement, t)
}

// line emits the line's tokens: names and numbers whole, "->" whole, all else
// byte by byte; literals as the token `""`.
func (s *scanner) line(line string, emit func(token)) {
	for i := 0; i < len(line); {
		rest := line[i:]
		switch {
		case s.comment:
			if hasPrefix(rest, "*/") {
				s.comment = false
				i++
			}
			i++
		case s.text:
			switch {
			case rest[0] == '\\':
				i++
			case hasPrefix(rest, `"""`):
				s.text = false
				i += 2
			}
			i++
		case hasPrefix(rest, "//"):
			return
		case hasPrefix(rest, "/*"):
			s.comment = true
			i += 2
		case hasPrefix(rest, `"""`):
			s.text = true
			emit(`""`)
			i += 3
		case rest[0] == '"' || rest[0] == '\'':
			emit(`""`)
			i += literal(rest)
		case hasPrefix(rest, "->"):
			emit("->")
			i += 2
		case isNameByte(rest[0]):
			n := 1
			for n < len(rest) && isNameByte(rest[n]) {
				n++
			}
			emit(token(rest[:n]))
			i += n
		case rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\r' || rest[0] == '\n' || rest[0] == '\f':
			i++
		default:
			emit(token(rest[:1]))
			i++
		}
	}
}

// literal is the length of the string or character literal that text begins
// with; one that is not closed ends with the line.
func literal(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case text[0]:
			return i + 1
		}
	}
	return len(text)
}

func hasPrefix(text, prefix string) bool {
	return len(text) >= len(prefix) && text[:len(prefix)] == prefix
}
