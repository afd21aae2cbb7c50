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

// DecisionOf is what a key is the digest of, as compact JSON: the kind of work,
// the version of the code that does it, and a value whose JSON encoding holds
// all else that decides the outcome (struct fields in order, map keys sorted by
// encoding/json).
func DecisionOf(kind string, version int, decision any) ([]byte, error) {
	body, err := json.Marshal(struct {
		Kind     string `json:"kind"`
		Version  int    `json:"version"`
		Decision any    `json:"decision"`
	}{kind, version, decision})
	if err != nil {
		return nil, fmt.Errorf("key of a %s step: %w", kind, err)
	}
	return body, nil
}

// NewKey is the key of a decision; see DecisionOf.
func NewKey(kind string, version int, decision any) (Key, error) {
	body, err := DecisionOf(kind, version, decision)
	if err != nil {
		return "", err
	}
	return keyOf(kind, body), nil
}

func keyOf(kind string, decision []byte) Key {
	sum := sha256.Sum256(decision)
	return Key(kind + "-" + hex.EncodeToString(sum[:20]))
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
		return fmt.Errorf("store: %q is not a key", string(k))
	}
	return nil
}
