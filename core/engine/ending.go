package engine

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"harness/core/protocol/harnesspb"
)

// Bounds of a prompt's stop strings.
const (
	maxStops      = 64
	maxStopLength = 1 << 10
)

// ending decides when a continuation of one prompt ends: with an end token, at the
// maximum length, or as soon as its text contains a stop string. A stop string may
// begin in earlier tokens, so a continuation keeps a tail of its text that is long
// enough to find it.
type ending struct {
	eos   []int32
	limit int // tokens
	stops [][]byte
	texts [][]byte // by token
	keep  int      // bytes of a tail
}

func newEnding(r *harnesspb.DecodeRequest, p *harnesspb.TokenPrompt) *ending {
	e := &ending{eos: r.GetEos(), limit: int(r.GetDecoding().GetMaxNewTokens()), texts: r.GetTokenTexts()}
	for _, stop := range p.GetStop() {
		e.stops = append(e.stops, []byte(stop))
		e.keep = max(e.keep, len(stop)-1)
	}
	return e
}

// at reports whether a text ends with a token that is its length-th.
func (e *ending) at(length int, tail []byte, token int32) bool {
	if length >= e.limit || slices.Contains(e.eos, token) {
		return true
	}
	if len(e.stops) == 0 {
		return false
	}
	// The text before the token contains no stop string, or it would have ended.
	text := e.join(tail, token)
	return slices.ContainsFunc(e.stops, func(stop []byte) bool { return bytes.Contains(text, stop) })
}

// grow returns the tail after a token.
func (e *ending) grow(tail []byte, token int32) []byte {
	if len(e.stops) == 0 {
		return nil
	}
	text := e.join(tail, token)
	return text[max(0, len(text)-e.keep):]
}

// join returns the tail with a token's text. It does not modify tail, which other
// continuations may share. Rows of the token table without a token have no text.
func (e *ending) join(tail []byte, token int32) []byte {
	if int(token) >= len(e.texts) {
		return tail
	}
	return slices.Concat(tail, e.texts[token])
}

// checkStops refuses stop strings that cannot be searched for.
func checkStops(p *harnesspb.TokenPrompt, texts [][]byte) error {
	if len(p.GetStop()) == 0 {
		return nil
	}
	if len(texts) == 0 {
		return errors.New("stop strings need the texts of the tokens")
	}
	if len(p.GetStop()) > maxStops {
		return fmt.Errorf("%d stop strings, expected up to %d", len(p.GetStop()), maxStops)
	}
	for _, stop := range p.GetStop() {
		if stop == "" || len(stop) > maxStopLength {
			return fmt.Errorf("a stop string of %d bytes, expected 1 to %d", len(stop), maxStopLength)
		}
	}
	return nil
}
