package javasource

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind is what a token is.
type Kind int

const (
	Space Kind = iota
	Comment
	Word      // an identifier, a keyword, or true, false, null
	Number    // an integer or floating-point literal
	Character // a character literal, with its quotes
	String    // a string literal or a text block, with its quotes
	Operator  // an operator or a separator
	Unknown   // a character that begins no token of the language
)

// Token is a token of a text.
type Token struct {
	Kind       Kind
	Start, End int // bytes of the text
	// Text is the text of the token: unicode escapes are replaced by their characters, and
	// in text blocks every line end is "\n".
	Text string
	// Open is set for a comment or a literal that is not closed. Such a comment or text
	// block ends with the text, another literal with its line.
	Open bool
}

// Code reports whether the token belongs to the program and not to its layout. A comment
// that is not closed does, since it keeps the program from compiling.
func (t Token) Code() bool { return t.Kind != Space && (t.Kind != Comment || t.Open) }

// Digest identifies the program in a text: two texts share it if and only if
// they are the same sequence of tokens.
//
// White space and comments do not count, and a unicode escape counts as its character.
// Everything else counts: names, how a literal is written (10 is not 0xA, "\t" is not a
// tab), redundant parentheses, the order of modifiers. Tokens are as long as possible,
// so "a - -b" is not "a--b"; angle brackets that close nested type arguments are
// separate tokens, so List<List<X>> is List<List<X> >, while "a >> b" is not "a > > b".
func Digest(text string) string {
	sum := sha256.New()
	for _, t := range Lex(text) {
		if t.Code() {
			fmt.Fprintf(sum, "%d:%s", len(t.Text), t.Text)
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// Lex splits a text into tokens, including white space and comments: together their bytes
// are the text. It follows chapter 3 of the Java Language Specification (Java SE 17), and
// accepts any text.
func Lex(text string) []Token {
	l := newLexer(text)
	var tokens []Token
	depth := 0 // of angle brackets that may be those of type arguments
	for l.at < len(l.chars) {
		from := l.at
		kind, open := l.next()
		token := l.token(kind, open, from)
		switch {
		case !token.Code():
		case token.Text == "<":
			depth++
		case strings.Trim(token.Text, ">") == "" && depth >= len(token.Text):
			depth -= len(token.Text)
			for n := range len(token.Text) {
				tokens = append(tokens, l.between(Operator, false, from+n, from+n+1))
			}
			continue
		case kind != Word && !slices.Contains(insideTypes, token.Text):
			depth = 0
		}
		tokens = append(tokens, token)
	}
	return tokens
}

// insideTypes are the operators that can stand between the angle brackets of
// type arguments.
var insideTypes = []string{".", ",", "?", "&", "[", "]", "@"}

// operators, longest first.
var operators = []string{
	">>>=",
	"<<=", ">>=", ">>>", "...",
	"->", "::", "++", "--", "&&", "||", "==", "!=", "<=", ">=", "+=", "-=", "*=", "/=", "&=", "|=", "^=", "%=", "<<", ">>",
	"(", ")", "{", "}", "[", "]", ";", ",", ".", "@", "=", ">", "<", "!", "~", "?", ":", "+", "-", "*", "/", "&", "|", "^", "%",
}

// lexer reads the characters of a text.
type lexer struct {
	text  string
	chars []rune // unicode escapes translated
	start []int  // offset in text of each character, and that of the end
	at    int
}

func newLexer(text string) *lexer {
	l := &lexer{text: text, chars: make([]rune, 0, len(text)), start: make([]int, 0, len(text)+1)}
	backslashes := 0 // before i
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r != '\\':
			backslashes = 0
		case backslashes%2 != 0:
			backslashes++ // the second of a pair begins no escape
		default:
			backslashes++
			if escaped, length := unicodeEscape(text[i:]); length > 0 {
				r, size, backslashes = escaped, length, 0
			}
		}
		l.chars, l.start = append(l.chars, r), append(l.start, i)
		i += size
	}
	l.start = append(l.start, len(text))
	return l
}

// unicodeEscape reads the escape that text begins with, two for a pair of
// surrogates. The length is 0 where there is none; half a pair is
// utf8.RuneError.
func unicodeEscape(text string) (r rune, length int) {
	high, length := unit(text)
	if length == 0 {
		return 0, 0
	}
	if high < 0xD800 || high > 0xDFFF {
		return high, length
	}
	low, more := unit(text[length:])
	if high > 0xDBFF || more == 0 || low < 0xDC00 || low > 0xDFFF {
		return utf8.RuneError, length
	}
	return 0x10000 + (high-0xD800)<<10 + (low - 0xDC00), length + more
}

// unit reads one escape: a backslash, one u or more, four hexadecimal digits.
func unit(text string) (r rune, length int) {
	digits := strings.TrimLeft(strings.TrimPrefix(text, `\`), "u")
	skipped := len(text) - len(digits)
	if !strings.HasPrefix(text, `\u`) || len(digits) < 4 {
		return 0, 0
	}
	value, err := strconv.ParseUint(digits[:4], 16, 16)
	if err != nil {
		return 0, 0
	}
	return rune(value), skipped + 4
}

func (l *lexer) token(kind Kind, open bool, from int) Token { return l.between(kind, open, from, l.at) }

func (l *lexer) between(kind Kind, open bool, from, to int) Token {
	t := Token{Kind: kind, Open: open, Start: l.start[from], End: l.start[to]}
	t.Text = l.text[t.Start:t.End]
	if kind == Space || kind == Comment {
		return t
	}
	if strings.Contains(t.Text, `\u`) {
		var b strings.Builder
		for i := from; i < to; i++ {
			if l.chars[i] == utf8.RuneError { // not a character: keep what is written
				b.WriteString(l.text[l.start[i]:l.start[i+1]])
				continue
			}
			b.WriteRune(l.chars[i])
		}
		t.Text = b.String()
	}
	if kind == String {
		t.Text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(t.Text)
	}
	return t
}

// peek returns the n-th character from here, or -1 after the end.
func (l *lexer) peek(n int) rune {
	if l.at+n < len(l.chars) {
		return l.chars[l.at+n]
	}
	return -1
}

func (l *lexer) sees(mark string) bool {
	for n, r := range []rune(mark) {
		if l.peek(n) != r {
			return false
		}
	}
	return true
}

func (l *lexer) skip(while func(rune) bool) {
	for l.at < len(l.chars) && while(l.chars[l.at]) {
		l.at++
	}
}

// next moves to the end of the token that begins here.
func (l *lexer) next() (kind Kind, open bool) {
	r := l.peek(0)
	switch {
	case isSpace(r):
		l.skip(isSpace)
		return Space, false
	case l.sees("//"):
		l.skip(func(r rune) bool { return !isLineEnd(r) })
		return Comment, false
	case l.sees("/*"):
		l.at += 2
		return Comment, !l.closed("*/", false)
	case l.sees(`"""`):
		l.at += 3
		return String, !l.closed(`"""`, false)
	case r == '"':
		l.at++
		return String, !l.closed(`"`, true)
	case r == '\'':
		l.at++
		return Character, !l.closed("'", true)
	case isDigit(r), r == '.' && isDigit(l.peek(1)):
		l.number()
		return Number, false
	case isWordStart(r):
		l.skip(isWordPart)
		return Word, false
	}
	for _, op := range operators {
		if l.sees(op) {
			l.at += len(op)
			return Operator, false
		}
	}
	l.at++
	return Unknown, false
}

// closed moves to the end of the mark that closes a comment or literal, and reports
// whether there is one. In literals, a backslash escapes the next character.
func (l *lexer) closed(mark string, oneLine bool) bool {
	for ; l.at < len(l.chars); l.at++ {
		switch {
		case oneLine && isLineEnd(l.peek(0)):
			return false
		case l.sees(mark):
			l.at += len(mark)
			return true
		case l.peek(0) == '\\' && mark != "*/" && l.at+1 < len(l.chars) && !(oneLine && isLineEnd(l.peek(1))):
			l.at++
		}
	}
	return false
}

// number moves to the end of a number: digits, letters and underscores, at most one
// point, and the sign of an exponent.
func (l *lexer) number() {
	exponent := "eE"
	if l.sees("0x") || l.sees("0X") {
		exponent = "pP"
		l.at += 2
	}
	for point := false; l.at < len(l.chars); l.at++ {
		r := l.peek(0)
		switch {
		case r == '.' && !point && !l.sees("..."):
			point = true
		case strings.ContainsRune(exponent, r) && (l.peek(1) == '+' || l.peek(1) == '-') && isDigit(l.peek(2)):
			l.at++
		case !isWordPart(r):
			return
		}
	}
}

func isSpace(r rune) bool   { return r == ' ' || r == '\t' || r == '\f' || isLineEnd(r) }
func isLineEnd(r rune) bool { return r == '\n' || r == '\r' }
func isDigit(r rune) bool   { return '0' <= r && r <= '9' }

// isWordStart is Character.isJavaIdentifierStart.
func isWordStart(r rune) bool {
	return r > 0 && r != utf8.RuneError && (unicode.IsLetter(r) || unicode.In(r, unicode.Nl, unicode.Sc, unicode.Pc))
}

// isWordPart is Character.isJavaIdentifierPart.
func isWordPart(r rune) bool {
	switch {
	case r < 0, r == utf8.RuneError:
		return false
	case r <= 0x8, 0xE <= r && r <= 0x1B, 0x7F <= r && r <= 0x9F: // ignorable
		return true
	}
	return isWordStart(r) || unicode.In(r, unicode.Nd, unicode.Mn, unicode.Mc, unicode.Cf)
}
