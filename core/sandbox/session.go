package sandbox

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"harness/core/internal/lines"
)

const (
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

	// answers holds what the service sent: frames, at last an error.
	answers chan answer
	mu      sync.Mutex
	pending bool   // whether a frame is due
	before  uint64 // the number of the request before this one; 0: none
	strayed error  // what the service sent that nobody had asked for
}

type answer struct {
	frame
	err error
}

// read reads all that the service sends, also while no frame is due: such a frame is
// of no use, and the box neither.
func (s *session) read() {
	out := bufio.NewReaderSize(s.out, 1<<16)
	for {
		f, err := readFrame(out, s.begin)
		if err == nil && out.Buffered() > 0 {
			s.begin() // before the next request, which this cannot be about
		}
		s.answers <- answer{f, err}
		if err != nil {
			return
		}
	}
}

// begin notes that a frame begins. One that nobody asked for ends the box.
func (s *session) begin() {
	s.mu.Lock()
	due := s.pending
	s.pending = false
	if !due {
		s.strayed = errors.New("the service sent more than one answer to a request")
	}
	s.mu.Unlock()
	if !due {
		s.kill()
	}
}

// expect says that a frame is due. It returns an error if one came before.
func (s *session) expect() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending = s.strayed == nil
	return s.strayed
}

// start waits for the frame that says that the service is ready.
func (s *session) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	// One answer is due at a time; what else arrives, at most an answer and an error, must
	// not keep the reader from its end.
	s.answers = make(chan answer, 3)
	_ = s.expect()
	go s.read()
	select {
	case a := <-s.answers:
		if a.err != nil {
			return fmt.Errorf("the service did not start: %s", s.describe(a.err))
		}
		return nil
	case <-ctx.Done():
		s.kill()
		return fmt.Errorf("the service did not start: %w%s", ctx.Err(), s.quote())
	}
}

// newNumber returns a number for a request that a candidate cannot foresee, so that it
// cannot answer later ones in advance.
func newNumber() uint64 {
	var bytes [8]byte
	_, _ = rand.Read(bytes[:]) // never fails
	return binary.BigEndian.Uint64(bytes[:])
}

// do sends a request and waits for the answer.
func (s *session) do(ctx context.Context, request Request) (Reply, error) {
	if err := ctx.Err(); err != nil {
		return Reply{}, err
	}
	if reply, ok := tooLarge(request); ok {
		return reply, nil
	}
	if s.broken {
		return Reply{}, errGone
	}
	select {
	case <-s.ended:
		return Reply{}, fmt.Errorf("%w: %s", errGone, s.describe(io.EOF))
	default:
	}
	if err := s.expect(); err != nil {
		s.broken = true
		return Reply{}, fmt.Errorf("%w: %w", errGone, err)
	}
	start := time.Now()
	var late <-chan time.Time
	if request.Timeout > 0 {
		timer := time.NewTimer(request.Timeout)
		defer timer.Stop()
		late = timer.C
	}
	number := newNumber()
	written := make(chan error, 1)
	go func() {
		_, err := s.in.Write(frame{number: number, payload: request.Payload}.encode())
		written <- err
	}()
	var got answer
	var err error
	for missing := 2; missing > 0 && err == nil; { // the end of writing, and the answer
		select {
		case err = <-written:
			missing--
		case got = <-s.answers:
			err = got.err
			missing--
		case <-late:
			s.broken = true
			s.kill()
			return Reply{Failure: Timeout, Detail: fmt.Sprintf("no answer within %s%s", request.Timeout, s.quote()), Wall: time.Since(start), Spent: true}, nil
		case <-ctx.Done():
			s.broken = true
			s.kill()
			return Reply{}, ctx.Err()
		}
	}
	before := s.before
	s.before = number
	switch {
	case err != nil:
	case got.number == number:
		return Reply{Payload: got.payload, Wall: time.Since(start), Spent: got.last}, nil
	case before != 0 && got.number == before:
		// The candidate before is the cause, and its box is of no use.
		s.broken = true
		s.kill()
		return Reply{}, fmt.Errorf("%w: the service answered the request before once more", errGone)
	default:
		err = errors.New("the answer is for another request")
	}
	s.broken = true
	wall := time.Since(start)
	failure, detail := Died, s.describe(err)
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
}

// tooLarge is the reply to a request that no box can take.
func tooLarge(request Request) (Reply, bool) {
	if len(request.Payload) <= maxFrame {
		return Reply{}, false
	}
	return Reply{Failure: TooLarge, Detail: fmt.Sprintf("a request of %d bytes; the limit is %d", len(request.Payload), maxFrame)}, true
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
