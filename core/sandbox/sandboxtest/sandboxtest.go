// Package sandboxtest opens boxes for tests. What does not work on this machine is
// skipped, and fails in CI.
package sandboxtest

import (
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"

	"harness/core/needs"
	"harness/core/sandbox"
)

// Drivers runs a test under every driver, with prepared environments in cache, a
// folder (empty: the user's).
func Drivers(t *testing.T, cache string, test func(t *testing.T, driver sandbox.Driver)) {
	for _, name := range sandbox.Names() {
		Only(t, name, cache, test)
	}
}

// Only runs a test under one driver.
func Only(t *testing.T, name, cache string, test func(t *testing.T, driver sandbox.Driver)) {
	t.Run(name, func(t *testing.T) {
		driver, err := open(t, name, cache)
		if err != nil {
			needs.Part(t, "sandbox "+name, err.Error())
		}
		test(t, driver)
	})
}

// Each runs a test with a pool of one box: one, so that each candidate follows the
// one before into the same box. `make test-slow`, which sets HARNESS_SLOW, does so
// under every driver; without it one that works here is enough, since the tests of
// package sandbox go through all.
func Each(t *testing.T, test func(t *testing.T, driver string, pool *sandbox.Pool)) {
	if os.Getenv("HARNESS_SLOW") != "1" {
		One(t, test)
		return
	}
	Drivers(t, "", func(t *testing.T, driver sandbox.Driver) { withPool(t, driver, test) })
}

func withPool(t *testing.T, driver sandbox.Driver, test func(t *testing.T, driver string, pool *sandbox.Pool)) {
	pool := sandbox.NewPool(driver, 1)
	t.Cleanup(func() {
		if err := pool.Close(); err != nil {
			t.Error(err)
		}
	})
	test(t, driver.Name(), pool)
}

// One runs a test as Each does, always under one driver that works here.
func One(t *testing.T, test func(t *testing.T, driver string, pool *sandbox.Pool)) {
	var reasons []string
	for _, name := range slices.Backward(sandbox.Names()) { // bubblewrap's boxes start sooner
		driver, err := open(t, name, "")
		if err == nil {
			t.Run(name, func(t *testing.T) { withPool(t, driver, test) })
			return
		}
		reasons = append(reasons, err.Error())
	}
	needs.Part(t, "a sandbox", strings.Join(reasons, "; "))
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
