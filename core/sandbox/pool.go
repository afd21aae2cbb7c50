package sandbox

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// errPoolClosed is returned by Do after Close.
var errPoolClosed = errors.New("sandbox: the pool is closed")

// Pool keeps up to n boxes, of all environments together, and sends them requests.
// Boxes are started when they are first needed, and replaced after a request that they
// did not survive. If all n boxes exist and none of the idle ones is of the environment
// that a request needs, the least recently used one is closed.
type Pool struct {
	driver Driver
	n      int
	ctx    context.Context // ends with the pool
	cancel context.CancelFunc
	// slots holds n tokens; a request takes one for as long as it uses a box.
	slots chan struct{}

	mu     sync.Mutex
	kinds  map[string]*kind // by the digest of the environment
	inUse  int              // boxes that requests use or start
	idle   []idleBox        // least recently used first; inUse + len(idle) <= n
	closed bool
	// busy counts requests and closing boxes. Add only under mu, while open.
	busy sync.WaitGroup
}

// kind is the pool's state of one environment.
type kind struct {
	env Environment
	// prepare is a lock whose holder guards prepared; waiting for it can be canceled.
	prepare  chan struct{}
	prepared bool
}

type idleBox struct {
	kind *kind
	box  Box
}

// NewPool makes a pool of n boxes. The caller closes the driver, after the pool.
func NewPool(driver Driver, n int) *Pool {
	n = max(1, n)
	ctx, cancel := context.WithCancel(context.Background())
	p := &Pool{driver: driver, n: n, ctx: ctx, cancel: cancel, kinds: map[string]*kind{}, slots: make(chan struct{}, n)}
	for range n {
		p.slots <- struct{}{}
	}
	return p
}

// Driver returns the name of the driver that makes the boxes.
func (p *Pool) Driver() string { return p.driver.Name() }

// Do sends a request to a box of the environment, and waits if all boxes are busy. If
// the box died or ran out of memory, Do repeats the request once in a new box, so that
// an earlier candidate is not the cause: a box that was once out of memory reports
// that for the rest of its life.
func (p *Pool) Do(ctx context.Context, env Environment, request Request) (Reply, error) {
	if reply, ok := tooLarge(request); ok {
		return reply, nil
	}
	k, err := p.enter(env)
	if err != nil {
		return Reply{}, err
	}
	defer p.busy.Done()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(p.ctx, func() { cancel(errPoolClosed) })()

	if err := p.prepare(ctx, k); err != nil {
		return Reply{}, err
	}
	reply, err := p.attempt(ctx, k, request, false)
	if err == nil && (reply.Failure == Died || reply.Failure == OOM) {
		reply, err = p.attempt(ctx, k, request, true)
	}
	if err != nil && context.Cause(ctx) != nil {
		err = context.Cause(ctx)
	}
	return reply, err
}

// enter finds the environment's kind and counts the request.
func (p *Pool) enter(env Environment) (*kind, error) {
	key := env.Digest()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, errPoolClosed
	}
	k := p.kinds[key]
	if k == nil {
		if err := env.validate(); err != nil {
			return nil, err
		}
		k = &kind{env: env, prepare: make(chan struct{}, 1)}
		p.kinds[key] = k
	}
	p.busy.Add(1)
	return k, nil
}

// prepare has the driver prepare the environment, once. After a failure the next
// request tries again, since what was missing may have been installed.
func (p *Pool) prepare(ctx context.Context, k *kind) error {
	select {
	case k.prepare <- struct{}{}:
		defer func() { <-k.prepare }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if k.prepared {
		return nil
	}
	if err := p.driver.Prepare(ctx, k.env); err != nil {
		return fmt.Errorf("prepare environment %q: %w", k.env.ID, err)
	}
	k.prepared = true
	return nil
}

// attempt sends a request to an idle box, or to a new one if there is none or the
// caller wants a new one.
func (p *Pool) attempt(ctx context.Context, k *kind, request Request, wantNew bool) (Reply, error) {
	select {
	case <-p.slots:
	case <-ctx.Done():
		return Reply{}, ctx.Err()
	}
	defer func() { p.slots <- struct{}{} }()
	box := p.take(k, wantNew)
	// Runs in all cases; box is nil if it cannot be used again.
	defer func() { p.putBack(k, box) }()

	for {
		fresh := box == nil
		if fresh {
			started, err := p.driver.Start(ctx, k.env)
			if err != nil && ctx.Err() == nil {
				// The box may have been ended from outside while it started.
				started, err = p.driver.Start(ctx, k.env)
			}
			if err != nil {
				return Reply{}, fmt.Errorf("start a box of environment %q: %w", k.env.ID, err)
			}
			box = started
		}
		reply, err := box.Do(ctx, request)
		if err != nil || reply.Spent {
			p.discard(box)
			box = nil
		}
		if errors.Is(err, errGone) && !fresh {
			continue // the idle box was ended from outside
		}
		return reply, err
	}
}

// take returns the most recently used idle box of a kind, or nil if there is none or
// the caller wants a new one. For a new box it may have to close an idle one.
func (p *Pool) take(k *kind, wantNew bool) Box {
	p.mu.Lock()
	p.inUse++
	for i := len(p.idle) - 1; i >= 0 && !wantNew; i-- {
		if p.idle[i].kind == k {
			box := p.idle[i].box
			p.idle = append(p.idle[:i], p.idle[i+1:]...)
			p.mu.Unlock()
			return box
		}
	}
	var evicted Box
	if p.inUse+len(p.idle) > p.n {
		evicted = p.idle[0].box
		p.idle = append(p.idle[:0], p.idle[1:]...)
	}
	p.mu.Unlock()
	if evicted != nil {
		// Before the new box starts, which may need its memory. If this fails, Cleanup
		// of a later run removes the box.
		_ = evicted.Close()
	}
	return nil
}

// putBack ends the use of a box, which is idle from now on, or nil.
func (p *Pool) putBack(k *kind, box Box) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inUse--
	if box != nil {
		p.idle = append(p.idle, idleBox{k, box})
	}
}

// discard closes a box without making the request wait for it.
func (p *Pool) discard(box Box) {
	p.busy.Go(func() {
		// If this fails, Cleanup of a later run removes the box.
		_ = box.Close()
	})
}

// Close cancels the running requests and closes all boxes.
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
