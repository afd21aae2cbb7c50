package extract

import "strings"

// Blocks are the texts of an answer's fenced blocks, in order, without the fences.
func Blocks(answer string) []string {
	var found []string
	for rest := answer; rest != ""; {
		line, behind := cutLine(rest)
		rest = behind
		if text, ok := oneLine(line); ok {
			found = append(found, text)
			continue
		}
		opening, ok := openingFence(line)
		if !ok {
			continue
		}
		var block string
		block, rest = opening.block(rest)
		found = append(found, block)
	}
	return found
}

// fence opens a block.
type fence struct {
	mark   byte
	length int
	indent int // blanks in front of it
}

// cutLine splits a text behind its first line.
func cutLine(text string) (line, rest string) {
	if i := strings.IndexByte(text, '\n'); i >= 0 {
		return text[:i+1], text[i+1:]
	}
	return text, ""
}

const blanks = " \t\r\n"

// run is the number of marks that a text begins with.
func run(text string, mark byte) int {
	n := 0
	for n < len(text) && text[n] == mark {
		n++
	}
	return n
}

// openingFence reads a line outside of a block.
func openingFence(line string) (fence, bool) {
	text := strings.Trim(line, blanks)
	indent := len(line) - len(strings.TrimLeft(line, blanks))
	for _, mark := range []byte("`~") {
		n := run(text, mark)
		if n >= 3 && (mark == '~' || !strings.Contains(text[n:], "`")) {
			return fence{mark, n, indent}, true
		}
	}
	first := strings.IndexByte(text, '`')
	if first < 1 {
		return fence{}, false
	}
	n := run(text[first:], '`')
	info := text[first+n:]
	return fence{'`', n, 0}, n >= 3 && !strings.ContainsAny(info, "` \t")
}

// oneLine reads a line that is a block of its own.
func oneLine(line string) (string, bool) {
	text := strings.Trim(line, blanks)
	n := run(text, '`')
	if n < 3 || n == len(text) {
		return "", false
	}
	code := strings.TrimRight(text[n:], "`")
	return code, len(text)-n-len(code) >= n && !strings.Contains(code, "`")
}

// block reads the lines of the block that the fence opens, and returns what follows it.
func (f fence) block(rest string) (block, behind string) {
	var b strings.Builder
	for rest != "" {
		var line string
		line, rest = cutLine(rest)
		code, closed := f.closes(line)
		b.WriteString(f.outdent(code))
		if closed {
			break
		}
	}
	return b.String(), rest
}

// closes reports whether a line ends the block, and returns what of it is code.
func (f fence) closes(line string) (code string, closed bool) {
	text := strings.TrimRight(line, blanks)
	code = strings.TrimRight(text, string(f.mark))
	if len(text)-len(code) < f.length {
		return line, false
	}
	if strings.Trim(code, blanks) == "" {
		return "", true
	}
	if f.mark != '`' {
		return line, false
	}
	return code, true
}

// outdent removes the fence's indentation, or as much of it as there is.
func (f fence) outdent(line string) string {
	n := 0
	for n < f.indent && n < len(line) && (line[n] == ' ' || line[n] == '\t') {
		n++
	}
	return line[n:]
}
