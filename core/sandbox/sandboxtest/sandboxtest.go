// Package sandboxtest opens boxes for tests. What does not work on this machine is
// skipped, and fails in CI.
package sandboxtest

import (
	"fmt"
	"log/slog"
	"os"
	"testing"

	"harness/core/sandbox"
)

// Drivers runs a test under every driver, with prepared environments in cache, a
// folder (empty: the user's).
func Drivers(t *testing.T, cache string, test func(t *testing.T, driver sandbox.Driver)) {
	for _, name := range sandbox.Names() {
		t.Run(name, func(t *testing.T) {
			driver, err := open(t, name, cache)
			if err != nil {
				NotHere(t, err)
			}
			test(t, driver)
		})
	}
}

// Each runs a test with a pool of one box under every driver: one box, so that
// each candidate follows the one before into the same box.
func Each(t *testing.T, test func(t *testing.T, driver string, pool *sandbox.Pool)) {
	Drivers(t, "", func(t *testing.T, driver sandbox.Driver) {
		test(t, driver.Name(), single(t, driver))
	})
}

// First is a pool of one box of the first driver that works on this machine.
func First(t *testing.T) *sandbox.Pool {
	t.Helper()
	var problem error
	for _, name := range sandbox.Names() {
		driver, err := open(t, name, "")
		if err == nil {
			return single(t, driver)
		}
		problem = err
	}
	NotHere(t, fmt.Errorf("no sandbox works here: %w", problem))
	return nil
}

// open opens a driver, to be closed with the test.
func open(t *testing.T, name, cache string) (sandbox.Driver, error) {
	driver, err := sandbox.Open(t.Context(), name, sandbox.Options{CacheDir: cache, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err == nil {
		t.Cleanup(func() {
			if err := driver.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	return driver, err
}

// single is a pool of one box, to be closed with the test.
func single(t *testing.T, driver sandbox.Driver) *sandbox.Pool {
	pool := sandbox.NewPool(driver, 1)
	t.Cleanup(func() {
		if err := pool.Close(); err != nil {
			t.Error(err)
		}
	})
	return pool
}

// NotHere ends a test that lacks what it needs: in CI, where all parts have to be
// there, it fails.
func NotHere(t *testing.T, why ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(why...)
	}
	t.Skip(append([]any{"NOT TESTED HERE: "}, why...)...)
}
