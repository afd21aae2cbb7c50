package jsonlines

import (
	"strings"
	"testing"
)

func TestFilesThatAreTooLarge(t *testing.T) {
	const text = "{\"a\": 1}\n{\"a\": 2}\n"
	for _, c := range []struct {
		most int64
		want string
	}{
		{int64(len(text)), ""},
		{int64(len(text)) - 1, "the file holds more than 17 bytes"},
		{12, "the file holds more than 12 bytes"}, // in the middle of a line
	} {
		err := each(t.Context(), "f.jsonl", strings.NewReader(text), c.most, func(_ int, data []byte) error { return Decode(data, &struct{}{}) })
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("at most %d: got %v, want %q", c.most, err, c.want)
		}
	}
}
