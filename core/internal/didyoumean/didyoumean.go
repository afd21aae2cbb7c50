// Package didyoumean finds the word that a misspelt one was meant to be.
package didyoumean

import (
	"strings"

	"github.com/agext/levenshtein"
)

// Nearest returns the one of words that differs least from word, in at most two
// letters, or "" where none is so near. Upper and lower case count as equal.
func Nearest(word string, words []string) string {
	best, distance := "", 3
	for _, candidate := range words {
		// Short words are near to everything: less than half of the letters may differ.
		d := levenshtein.Distance(strings.ToLower(word), strings.ToLower(candidate), nil)
		if d < distance && 2*d < max(len(word), len(candidate)) {
			best, distance = candidate, d
		}
	}
	return best
}
