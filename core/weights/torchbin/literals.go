package torchbin

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// bytes takes the next n bytes of the program, without copying them.
func (m *machine) bytes(n uint64) (string, error) {
	if n > uint64(len(m.program)-m.pos) {
		return "", fmt.Errorf("ends early: %d bytes wanted, %d left", n, len(m.program)-m.pos)
	}
	b := m.program[m.pos : m.pos+int(n)]
	m.pos += int(n)
	return b, nil
}

// number takes a number of n bytes, little-endian.
func (m *machine) number(n uint64) (uint64, error) {
	b, err := m.bytes(n)
	v := uint64(0)
	for i := range len(b) {
		v |= uint64(b[i]) << (8 * i)
	}
	return v, err
}

func (m *machine) pushNumber(n uint64) error {
	v, err := m.number(n)
	m.push(int64(v))
	return err
}

// long pushes a signed number of a given length, which must fit 64 bits.
func (m *machine) long() error {
	n, err := m.number(1)
	if err != nil {
		return err
	}
	if n > 8 {
		return fmt.Errorf("a number of %d bytes is too large", n)
	}
	v, err := m.number(n)
	if n > 0 {
		shift := 64 - 8*n
		m.push(int64(v<<shift) >> shift)
	} else {
		m.push(int64(0))
	}
	return err
}

// sized takes a length of n bytes, and then as many bytes as the length says.
func (m *machine) sized(n uint64) (string, error) {
	length, err := m.number(n)
	if err != nil {
		return "", err
	}
	return m.bytes(length)
}

func (m *machine) text(n uint64) error {
	s, err := m.sized(n)
	if err != nil {
		return err
	}
	if !utf8.ValidString(s) {
		return errors.New("a text is not UTF-8")
	}
	m.push(s)
	return nil
}

func (m *machine) bytesObject(n uint64) error {
	s, err := m.sized(n)
	m.push(bytesValue(s))
	return err
}
