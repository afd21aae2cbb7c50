package didyoumean_test

import (
	"testing"

	"harness/core/internal/didyoumean"
)

func TestNearest(t *testing.T) {
	words := []string{"starcoder", "codegen", "llama", "lora", "ia3"}
	for word, want := range map[string]string{
		"starcodr": "starcoder", "StarCoder": "starcoder", "codgen": "codegen", "lara": "lora", "lama": "llama",
		"is3": "ia3", "x": "", "ir": "", "bloom": "", "starcoder-base": "", "": "",
	} {
		if got := didyoumean.Nearest(word, words); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
	if got := didyoumean.Nearest("lora", nil); got != "" {
		t.Errorf("of no words: %q", got)
	}
}
