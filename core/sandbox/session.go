package sandbox

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"harness/core/internal/lines"
)

const (
	// maxFrame bounds the memory that a service can make the harness use.
	maxFrame = 64 << 20
	// lastFrame marks the answer after which the box must be destroyed.
	lastFrame = 1 << 31
	// startLimit limits each of three steps: making a box, starting it, and its service
	// becoming ready.
	startLimit = 2 * time.Minute
	// exitGrace is how long a process may run on after the end of its output.
	exitGrace = 2 * time.Second
)

// errGone: the box ended before the request was sent, so that the candidate is not
// the cause.
var errGone = errors.New("the box has ended")

// exit is how a box ended.
type exit struct {
	status string // for people: "exit code 1"
	oom    bool
	err    error // a failure of the harness: how the box ended is unknown
}

// session exchanges frames with the service of one box. All drivers use it.
type session struct {
	in     io.Writer
	out    io.Reader
	stderr *lines.Tail
	// ended is closed when the box's first process has ended; how is set before.
	ended <-chan struct{}
	how   func() exit
	// kill ends the box; in and out fail soon after.
	kill func()
	// broken is set by the request that got no answer.
	broken bool
}

// frame is one answer.
type frame struct {
	payload []byte
	last    bool
}

// encode returns a request as it is sent.
func encode(payload []byte) ([]byte, error) {
	if len(payload) > maxFrame {
		return nil, fmt.Errorf("request of %d bytes; the limit is %d", len(payload), maxFrame)
	}
	return append(binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(payload)), uint32(len(payload))), payload...), nil
}

func readFrame(r io.Reader) (frame, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return frame{}, err
	}
	length := binary.BigEndian.Uint32(head[:])
	last := length&lastFrame != 0
	length &^= lastFrame
	if length > maxFrame {
		return frame{}, fmt.Errorf("answer of %d bytes; the limit is %d", length, maxFrame)
	}
	// The buffer grows with the bytes that arrive, since the length may be a lie.
	payload, err := io.ReadAll(io.LimitReader(r, int64(length)))
	if err == nil && len(payload) < int(length) {
		err = io.ErrUnexpectedEOF
	}
	return frame{payload, last}, err
}

// start waits for the frame that says that the service is ready.
func (s *session) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	got := make(chan error, 1)
	go func() {
		_, err := readFrame(s.out)
		got <- err
	}()
	select {
	case err := <-got:
		if err != nil {
			return fmt.Errorf("the service did not start: %s", s.describe(err))
		}
		return nil
	case <-ctx.Done():
		s.kill()
		<-got
		return fmt.Errorf("the service did not start: %w%s", ctx.Err(), s.quote())
	}
}

// do sends a request and waits for the answer.
func (s *session) do(ctx context.Context, request Request) (Reply, error) {
	if err := ctx.Err(); err != nil {
		return Reply{}, err
	}
	// Nothing has been sent yet, so that the candidate is not the cause of this error.
	text, err := encode(request.Payload)
	if err != nil {
		return Reply{}, err
	}
	if s.broken {
		return Reply{}, errGone
	}
	select {
	case <-s.ended:
		return Reply{}, fmt.Errorf("%w: %s", errGone, s.describe(io.EOF))
	default:
	}
	start := time.Now()
	var late <-chan time.Time
	if request.Timeout > 0 {
		timer := time.NewTimer(request.Timeout)
		defer timer.Stop()
		late = timer.C
	}
	type answer struct {
		frame
		err error
	}
	got := make(chan answer, 1)
	go func() {
		if _, err := s.in.Write(text); err != nil {
			got <- answer{err: err}
			return
		}
		f, err := readFrame(s.out)
		got <- answer{f, err}
	}()
	select {
	case a := <-got:
		wall := time.Since(start)
		if a.err == nil {
			return Reply{Payload: a.payload, Wall: wall, Spent: a.last}, nil
		}
		s.broken = true
		failure := Died
		detail := s.describe(a.err)
		if s.wait() {
			how := s.how()
			if how.err != nil {
				return Reply{}, how.err
			}
			if how.oom {
				failure = OOM
			}
		}
		return Reply{Failure: failure, Detail: detail, Wall: wall, Spent: true}, nil
	case <-late:
		s.broken = true
		s.kill()
		<-got
		return Reply{Failure: Timeout, Detail: fmt.Sprintf("no answer within %s%s", request.Timeout, s.quote()), Wall: time.Since(start), Spent: true}, nil
	case <-ctx.Done():
		s.broken = true
		s.kill()
		<-got
		return Reply{}, ctx.Err()
	}
}

// wait waits exitGrace for the end of a process whose output has ended.
func (s *session) wait() bool {
	timer := time.NewTimer(exitGrace)
	defer timer.Stop()
	select {
	case <-s.ended:
		return true
	case <-timer.C:
		return false
	}
}

// describe says how a session ended.
func (s *session) describe(err error) string {
	if s.wait() {
		return s.how().status + s.quote()
	}
	s.kill()
	return fmt.Sprintf("the service broke the protocol: %v%s", err, s.quote())
}

func (s *session) quote() string {
	if text := s.stderr.String(); text != "" {
		return "; its last output:\n" + text
	}
	return ""
}
