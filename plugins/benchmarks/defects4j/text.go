package main

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/ianaindex"
)

// charset is how a file's bytes become the text that models see, and back:
// encode undoes decode, to the byte, for every file.
//
// Where all of a file's lines end in CR LF, its text has plain line ends, since
// what models write does. A file that mixes them is left as it is.
type charset struct {
	encoding encoding.Encoding // nil: UTF-8
	crlf     bool
}

// charsetOf finds a file's charset. A file that is not what its project says of
// it is read as ISO-8859-1, in which all bytes mean something.
func charsetOf(name string, content []byte) (charset, error) {
	var c charset
	switch strings.ToUpper(name) {
	case "", "UTF-8", "UTF8", "US-ASCII", "ASCII":
		if !utf8.Valid(content) {
			c.encoding = charmap.ISO8859_1
		}
	default:
		found, err := ianaindex.IANA.Encoding(name)
		if err != nil || found == nil {
			return c, fmt.Errorf("encoding %q is not known", name)
		}
		c.encoding = found
		if back, err := c.bytes(content); err != nil || !bytes.Equal(back, content) {
			c.encoding = charmap.ISO8859_1
		}
	}
	lines := bytes.Count(content, []byte("\n"))
	c.crlf = lines > 0 && bytes.Count(content, []byte("\r\n")) == lines && bytes.Count(content, []byte("\r")) == lines
	return c, nil
}

// bytes decodes and encodes, without line ends.
func (c charset) bytes(content []byte) ([]byte, error) {
	text, err := c.encoding.NewDecoder().Bytes(content)
	if err != nil {
		return nil, err
	}
	return c.encoding.NewEncoder().Bytes(text)
}

// decode returns a file's text.
func (c charset) decode(content []byte) string {
	if c.encoding != nil {
		if text, err := c.encoding.NewDecoder().Bytes(content); err == nil { // charsetOf has tried
			content = text
		}
	}
	if c.crlf {
		content = bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n"))
	}
	return string(content)
}

// encode returns the bytes of a text. What the encoding lacks is written as Java
// writes it, \uXXXX, which means the same to a compiler.
func (c charset) encode(text string) []byte {
	if c.crlf {
		text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n")
	}
	if c.encoding == nil {
		return []byte(text)
	}
	encoder := c.encoding.NewEncoder()
	if content, err := encoder.Bytes([]byte(text)); err == nil {
		return content
	}
	var out bytes.Buffer
	for _, r := range text {
		content, err := encoder.Bytes(utf8.AppendRune(nil, r))
		if err == nil {
			out.Write(content)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			fmt.Fprintf(&out, `\u%04x`, unit)
		}
	}
	return out.Bytes()
}
