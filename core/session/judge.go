package session

import (
	"context"
	"errors"
	"runtime"
	"sync"

	"harness/core/sandbox"
)

// judgePool opens the sandbox once, when the first verdict is needed.
type judgePool struct {
	session *Session

	mu     sync.Mutex
	driver sandbox.Driver
	pool   *sandbox.Pool
}

func (j *judgePool) workers() int {
	if box := j.session.Study.Sandbox; box != nil && box.Workers > 0 {
		return box.Workers
	}
	return runtime.NumCPU()
}

func (j *judgePool) open(ctx context.Context) (*sandbox.Pool, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.pool != nil {
		return j.pool, nil
	}
	log := j.session.options.Logger
	name, err := sandbox.Resolve(ctx, j.session.Study.Sandbox.Driver)
	if err != nil {
		return nil, err
	}
	driver, err := sandbox.Open(ctx, name, sandbox.Options{Logger: log})
	if err != nil {
		return nil, err
	}
	// What a killed run left behind is not needed by anyone.
	if err := driver.Cleanup(ctx); err != nil {
		log.Warn("boxes of earlier runs remain", "error", err)
	}
	j.driver, j.pool = driver, sandbox.NewPool(driver, j.workers())
	return j.pool, nil
}

func (j *judgePool) close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.pool == nil {
		return nil
	}
	err := errors.Join(j.pool.Close(), j.driver.Close())
	j.pool = nil
	return err
}
