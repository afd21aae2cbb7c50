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

// charset converts a file's bytes to the text that models see, and back: encode
// restores the bytes of every file that decode read.
//
// If all lines of a file end in CR LF, its text has plain line ends, as models write
// them. A file with mixed line ends is left as it is.
type charset struct {
	encoding encoding.Encoding // nil: UTF-8
	crlf     bool
}

// charsetOf finds a file's charset. A file that is not in its project's encoding is
// read as ISO-8859-1, in which every byte is a character.
func charsetOf(name string, content []byte) (charset, error) {
	var c charset
	var err error
	if c.encoding, _, err = encodingOf(name); err != nil {
		return c, err
	}
	if c.encoding == nil {
		if !utf8.Valid(content) {
			c.encoding = charmap.ISO8859_1
		}
	} else if back, err := c.roundTrip(content); err != nil || !bytes.Equal(back, content) {
		c.encoding = charmap.ISO8859_1
	}
	lines := bytes.Count(content, []byte("\n"))
	c.crlf = lines > 0 && bytes.Count(content, []byte("\r\n")) == lines && bytes.Count(content, []byte("\r")) == lines
	return c, nil
}

// encodingOf returns an encoding and its name for javac, by a standard name or one of
// Java's own, such as ISO8859_1 and Cp1252. A nil encoding is UTF-8 or ASCII.
func encodingOf(name string) (encoding.Encoding, string, error) {
	plain := strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(strings.TrimSpace(name)))
	switch plain {
	case "", "utf8":
		return nil, "UTF-8", nil
	case "ascii", "usascii":
		return nil, "US-ASCII", nil
	case "sjis":
		plain = "Shift_JIS"
	case "eucjp":
		plain = "EUC-JP"
	}
	names := []string{strings.TrimSpace(name), plain}
	if number, ok := strings.CutPrefix(strings.TrimPrefix(plain, "iso"), "8859"); ok {
		names = append(names, "ISO-8859-"+number)
	}
	for _, prefix := range []string{"cp", "windows"} {
		if number, ok := strings.CutPrefix(plain, prefix); ok {
			names = append(names, "windows-"+number)
		}
	}
	for _, name := range names {
		if found, err := ianaindex.IANA.Encoding(name); err == nil && found != nil {
			return found, name, nil
		}
	}
	return nil, "", fmt.Errorf("unknown encoding %q; expected a name such as UTF-8, ISO-8859-1 or windows-1252", name)
}

// roundTrip decodes and encodes, without converting line ends.
func (c charset) roundTrip(content []byte) ([]byte, error) {
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

// encode returns the bytes of a text. Characters that the encoding lacks are written
// as \uXXXX, which a Java compiler reads as the same.
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
