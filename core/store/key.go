package store

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
)

// Key names a step or a record: its kind, a dash, and 40 hexadecimal digits
// (160 bits) of the SHA-256 of what decides it.
type Key string

// NewKey digests kind, the version of the code that does such work, and the
// decision: a value whose JSON encoding holds all that decides the outcome
// (struct fields in order, map keys sorted by encoding/json).
func NewKey(kind string, version int, decision any) (Key, error) {
	body, err := json.Marshal(struct {
		Kind     string `json:"kind"`
		Version  int    `json:"version"`
		Decision any    `json:"decision"`
	}{kind, version, decision})
	if err != nil {
		return "", fmt.Errorf("key of a %s step: %w", kind, err)
	}
	sum := sha256.Sum256(body)
	return Key(kind + "-" + hex.EncodeToString(sum[:20])), nil
}

// Kind is the part before the last dash.
func (k Key) Kind() string {
	if i := strings.LastIndexByte(string(k), '-'); i >= 0 {
		return string(k[:i])
	}
	return ""
}

// Short is the key with ten digits only, for people.
func (k Key) Short() string {
	if i := strings.LastIndexByte(string(k), '-'); i >= 0 && len(k) > i+11 {
		return string(k[:i+11])
	}
	return string(k)
}

// valid keeps a key from naming anything but a plain entry of a folder.
func (k Key) valid() error {
	if k == "" || k.Kind() == "" || strings.ContainsAny(string(k), "/\\\x00") || strings.HasPrefix(string(k), ".") {
		return fmt.Errorf("store: %q is no key", string(k))
	}
	return nil
}
