// Package sandboxtest opens boxes for the tests of benchmark plugins.
package sandboxtest

import (
	"fmt"
	"log/slog"
	"os"
	"testing"

	"harness/core/sandbox"
)

// Each runs a test with a pool of one box under every driver: one box, so that
// each candidate follows the one before into the same box. A driver that does
// not work on this machine is skipped, and fails in CI.
func Each(t *testing.T, test func(t *testing.T, driver string, pool *sandbox.Pool)) {
	for _, name := range sandbox.Names() {
		t.Run(name, func(t *testing.T) {
			pool, err := open(t, name)
			if err != nil {
				missing(t, err)
			}
			test(t, name, pool)
		})
	}
}

// First is a pool of one box of the first driver that works on this machine.
// Where none does the test is skipped, and fails in CI.
func First(t *testing.T) *sandbox.Pool {
	t.Helper()
	var problem error
	for _, name := range sandbox.Names() {
		pool, err := open(t, name)
		if err == nil {
			return pool
		}
		problem = err
	}
	missing(t, fmt.Errorf("no sandbox works here: %w", problem))
	return nil
}

// open opens a driver and a pool of one box, to be closed with the test.
func open(t *testing.T, name string) (*sandbox.Pool, error) {
	driver, err := sandbox.Open(t.Context(), name, sandbox.Options{Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		return nil, err
	}
	pool := sandbox.NewPool(driver, 1)
	t.Cleanup(func() {
		if err := pool.Close(); err != nil {
			t.Error(err)
		}
		if err := driver.Close(); err != nil {
			t.Error(err)
		}
	})
	return pool, nil
}

func missing(t *testing.T, err error) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(err)
	}
	t.Skip("NOT TESTED HERE: ", err)
}
