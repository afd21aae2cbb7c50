package sandbox

import (
	"encoding/binary"
	"fmt"
	"io"
)

const (
	// maxFrame bounds the memory that a service can make the harness use.
	maxFrame = 64 << 20
	// lastFrame marks the answer after which the box must be destroyed.
	lastFrame = 1 << 31
	// headSize is the size of a frame without its payload: a length and a number.
	headSize = 4 + 8
)

// frame is what goes through the pipes of a service: a request or an answer.
type frame struct {
	number  uint64 // of the request
	payload []byte
	last    bool
}

// encode returns a frame as it is sent.
func (f frame) encode() []byte {
	length := uint32(len(f.payload))
	if f.last {
		length |= lastFrame
	}
	text := binary.BigEndian.AppendUint32(make([]byte, 0, headSize+len(f.payload)), length)
	text = binary.BigEndian.AppendUint64(text, f.number)
	return append(text, f.payload...)
}

// readFrame reads a frame. It calls begun once the first byte has arrived.
func readFrame(r io.Reader, begun func()) (frame, error) {
	var head [headSize]byte
	if _, err := io.ReadFull(r, head[:1]); err != nil {
		return frame{}, err
	}
	begun()
	if _, err := io.ReadFull(r, head[1:]); err != nil {
		return frame{}, noEOF(err)
	}
	length := binary.BigEndian.Uint32(head[:])
	f := frame{number: binary.BigEndian.Uint64(head[4:]), last: length&lastFrame != 0}
	length &^= lastFrame
	if length > maxFrame {
		return frame{}, fmt.Errorf("answer of %d bytes; the limit is %d", length, maxFrame)
	}
	// The buffer grows with the bytes that arrive, since the length may be a lie.
	var err error
	f.payload, err = io.ReadAll(io.LimitReader(r, int64(length)))
	if err == nil && len(f.payload) < int(length) {
		err = io.ErrUnexpectedEOF
	}
	return f, err
}

// noEOF is an error that ended a frame too early.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
