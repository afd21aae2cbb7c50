package tokenizer

import (
	"encoding/json"
	"fmt"
)

// Limits for untrusted files. They bound how much a text can grow and how many parts it
// passes through.
const (
	maxReplacement = 64 // bytes of one replacement
	maxGrowth      = 4096
	maxChain       = 100
)

// checkGrowth refuses parts that together can make texts more than maxGrowth times as
// long, and more than maxChain parts.
func checkGrowth(raw json.RawMessage) error {
	parts, times := growth(raw, 0)
	if times > maxGrowth {
		return fmt.Errorf("makes texts up to %.3g times as long, more than %d", times, maxGrowth)
	}
	if parts > maxChain {
		return fmt.Errorf("has %d parts, more than %d", parts, maxChain)
	}
	return nil
}

// growth counts the parts of a normalizer, pre-tokenizer or decoder, and bounds the
// factor by which they make a text longer. The parts were read before, so it does not
// report errors.
func growth(raw json.RawMessage, depth int) (parts int, times float64) {
	var f struct {
		Type, Content string
		Pattern       textPattern
		Normalizers   []json.RawMessage
		Pretokenizers []json.RawMessage
		Decoders      []json.RawMessage
	}
	if absent(raw) || depth > maxParts || json.Unmarshal(raw, &f) != nil {
		return 0, 1
	}
	parts, times = 1, 1
	switch f.Type {
	case "Replace":
		times = float64(len(f.Content) + 1)
		if f.Pattern.String != nil {
			times = max(1, float64(len(f.Content))/float64(max(1, len(*f.Pattern.String))))
		}
	case "ByteLevel", "NFC", "NFD":
		times = 4
	case "Metaspace":
		times = 6
	case "NFKC", "NFKD":
		times = 18 // U+FDFA
	}
	for _, list := range [][]json.RawMessage{f.Normalizers, f.Pretokenizers, f.Decoders} {
		for _, part := range list {
			n, by := growth(part, depth+1)
			parts, times = parts+n, times*by
		}
	}
	return parts, times
}
