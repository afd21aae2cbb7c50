package sandbox

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// errPoolClosed is what Do returns once Close has been called.
var errPoolClosed = errors.New("sandbox: the pool is closed")

// Pool keeps up to n boxes, of whichever environments are asked for, and lends
// them out. Boxes are started when they are first needed, and replaced after a
// request that they did not survive. Where a box of another environment is needed
// than those that lie idle, the one that was not used for longest makes room.
type Pool struct {
	driver Driver
	n      int
	ctx    context.Context // ends with the pool
	cancel context.CancelFunc
	// places holds n tokens; who takes one may have a box.
	places chan struct{}

	mu     sync.Mutex
	lanes  map[string]*lane
	lent   int       // boxes, or places for boxes that are being started
	idle   []idleBox // least recently used first; lent + len(idle) <= n
	closed bool
	// busy counts requests and closing boxes. Add only under mu, while open.
	busy sync.WaitGroup
}

// lane is what the pool knows of one environment.
type lane struct {
	env Environment
	// prepare is a lock that can be given up on; prepared is guarded by it.
	prepare  chan struct{}
	prepared bool
}

type idleBox struct {
	lane *lane
	box  Box
}

// NewPool makes a pool of n boxes. The driver stays the caller's.
func NewPool(driver Driver, n int) *Pool {
	n = max(1, n)
	ctx, cancel := context.WithCancel(context.Background())
	p := &Pool{driver: driver, n: n, ctx: ctx, cancel: cancel, lanes: map[string]*lane{}, places: make(chan struct{}, n)}
	for range n {
		p.places <- struct{}{}
	}
	return p
}

// Driver is the name of the driver that makes the boxes.
func (p *Pool) Driver() string { return p.driver.Name() }

// Do sends a request to a box of the environment; it waits for one if all are
// busy. A request whose box died or ran out of memory is asked once more, of a
// fresh box, so that only what the candidate does again counts against it: a
// box remembers for as long as it lives that it once was out of memory.
func (p *Pool) Do(ctx context.Context, env Environment, request Request) (Reply, error) {
	l, err := p.enter(env)
	if err != nil {
		return Reply{}, err
	}
	defer p.busy.Done()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(p.ctx, func() { cancel(errPoolClosed) })()

	if err := p.prepare(ctx, l); err != nil {
		return Reply{}, err
	}
	reply, err := p.attempt(ctx, l, request, false)
	if err == nil && (reply.Failure == Died || reply.Failure == OOM) {
		reply, err = p.attempt(ctx, l, request, true)
	}
	if err != nil && context.Cause(ctx) != nil {
		err = context.Cause(ctx)
	}
	return reply, err
}

// enter finds the environment's lane and counts the request.
func (p *Pool) enter(env Environment) (*lane, error) {
	key := env.Digest()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, errPoolClosed
	}
	l := p.lanes[key]
	if l == nil {
		if err := env.validate(); err != nil {
			return nil, err
		}
		l = &lane{env: env, prepare: make(chan struct{}, 1)}
		p.lanes[key] = l
	}
	p.busy.Add(1)
	return l, nil
}

// prepare has the driver prepare the environment, once. A failed attempt is
// made again by the next request: what it lacked may have been installed.
func (p *Pool) prepare(ctx context.Context, l *lane) error {
	select {
	case l.prepare <- struct{}{}:
		defer func() { <-l.prepare }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if l.prepared {
		return nil
	}
	if err := p.driver.Prepare(ctx, l.env); err != nil {
		return fmt.Errorf("prepare environment %q: %w", l.env.ID, err)
	}
	l.prepared = true
	return nil
}

// attempt borrows a box for one request, or starts one where it has to be fresh.
func (p *Pool) attempt(ctx context.Context, l *lane, request Request, anew bool) (Reply, error) {
	select {
	case <-p.places:
	case <-ctx.Done():
		return Reply{}, ctx.Err()
	}
	defer func() { p.places <- struct{}{} }()
	box := p.take(l, anew)
	// The place is given back whatever happens, with the box if it is still good.
	defer func() { p.keep(l, box) }()

	for {
		fresh := box == nil
		if fresh {
			started, err := p.driver.Start(ctx, l.env)
			if err != nil {
				return Reply{}, fmt.Errorf("start a box of environment %q: %w", l.env.ID, err)
			}
			box = started
		}
		reply, err := box.Do(ctx, request)
		if err != nil || reply.Spent {
			p.discard(box)
			box = nil
		}
		if errors.Is(err, errGone) && !fresh {
			continue // somebody ended the idle box
		}
		return reply, err
	}
}

// take lends the lane's most recently used idle box, unless it has to be a fresh
// one, or nil and the room for one, which another box may have to make.
func (p *Pool) take(l *lane, anew bool) Box {
	p.mu.Lock()
	p.lent++
	for i := len(p.idle) - 1; i >= 0 && !anew; i-- {
		if p.idle[i].lane == l {
			box := p.idle[i].box
			p.idle = append(p.idle[:i], p.idle[i+1:]...)
			p.mu.Unlock()
			return box
		}
	}
	var evicted Box
	if p.lent+len(p.idle) > p.n {
		evicted = p.idle[0].box
		p.idle = append(p.idle[:0], p.idle[1:]...)
	}
	p.mu.Unlock()
	if evicted != nil {
		// At once: its memory may be what the new box is to have. What cannot be
		// removed now is left to Cleanup of a later run.
		_ = evicted.Close()
	}
	return nil
}

// keep takes back what take lent.
func (p *Pool) keep(l *lane, box Box) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lent--
	if box != nil {
		p.idle = append(p.idle, idleBox{l, box})
	}
}

// discard closes a box without making the request wait for it.
func (p *Pool) discard(box Box) {
	p.busy.Go(func() {
		// What cannot be removed now is left to Cleanup of a later run.
		_ = box.Close()
	})
}

// Close ends the requests under way and all boxes.
func (p *Pool) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.closed = true
	p.mu.Unlock()
	p.cancel()
	p.busy.Wait()

	var (
		wait sync.WaitGroup
		errs = make([]error, len(p.idle))
	)
	for i, b := range p.idle {
		wait.Go(func() { errs[i] = b.box.Close() })
	}
	wait.Wait()
	return errors.Join(errs...)
}
