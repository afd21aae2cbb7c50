package sandbox

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// errPoolClosed is what Do returns once Close has been called.
var errPoolClosed = errors.New("sandbox: the pool is closed")

// Pool keeps up to n boxes of each environment and lends them out. Boxes are
// started when they are first needed, and replaced after a request that they did
// not survive.
type Pool struct {
	driver Driver
	n      int
	ctx    context.Context // ends with the pool
	cancel context.CancelFunc

	mu     sync.Mutex
	lanes  map[string]*lane
	closed bool
	// busy counts requests and closing boxes. Add only under mu, while open.
	busy sync.WaitGroup
}

// lane is what the pool has of one environment.
type lane struct {
	env Environment
	// prepare is a lock that can be given up on; prepared is guarded by it.
	prepare  chan struct{}
	prepared bool
	// slots holds n places; a place that holds nil has no box yet.
	slots chan Box
}

// NewPool makes a pool of n boxes for each environment. The driver stays the
// caller's.
func NewPool(driver Driver, n int) *Pool {
	ctx, cancel := context.WithCancel(context.Background())
	return &Pool{driver: driver, n: max(1, n), ctx: ctx, cancel: cancel, lanes: map[string]*lane{}}
}

// Do sends a request to a box of the environment; it waits for one if all are
// busy. A request whose box died is asked once more, of a fresh box, so that
// only what the candidate does again counts against it.
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
	reply, err := p.attempt(ctx, l, request)
	if err == nil && reply.Failure == Died {
		reply, err = p.attempt(ctx, l, request)
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
		l = &lane{env: env, prepare: make(chan struct{}, 1), slots: make(chan Box, p.n)}
		for range p.n {
			l.slots <- nil
		}
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

// attempt borrows a box for one request.
func (p *Pool) attempt(ctx context.Context, l *lane, request Request) (Reply, error) {
	var box Box
	select {
	case box = <-l.slots:
	case <-ctx.Done():
		return Reply{}, ctx.Err()
	}
	// The place goes back whatever happens, with the box if it is still good.
	defer func() { l.slots <- box }()

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
		mu   sync.Mutex
		errs []error
	)
	for _, l := range p.lanes {
		for range p.n {
			if box := <-l.slots; box != nil {
				wait.Go(func() {
					if err := box.Close(); err != nil {
						mu.Lock()
						defer mu.Unlock()
						errs = append(errs, err)
					}
				})
			}
		}
	}
	wait.Wait()
	return errors.Join(errs...)
}
