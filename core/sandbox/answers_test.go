package sandbox_test

import (
	"strings"
	"testing"
	"time"

	"harness/core/sandbox"
)

// A request that cannot be sent is a fact about the candidate, and ends neither the
// study nor the box.
func TestRequestThatIsTooLarge(t *testing.T) {
	eachDriver(t, func(t *testing.T, driver sandbox.Driver) {
		box := open(t, driver, environment(t))
		reply, err := box.Do(t.Context(), sandbox.Request{Payload: make([]byte, 64<<20+1), Timeout: time.Minute})
		if err != nil || reply.Failure != sandbox.TooLarge || reply.Spent || !strings.Contains(reply.Detail, "the limit is 67108864") {
			t.Errorf("got failure %q, spent %t: %s, %v", reply.Failure, reply.Spent, reply.Detail, err)
		}
		if got := ask(t, box, "echo here"); got != "here" {
			t.Errorf("after it: %q", got)
		}
	})
}

// No answer reaches another request than its own, and a service that answers what it
// was not asked loses its box.
func TestAnswersAreThoseOfTheirRequests(t *testing.T) {
	eachDriver(t, func(t *testing.T, driver sandbox.Driver) {
		for _, c := range []struct {
			name, request, answer string
			failure               sandbox.Failure
			wait                  time.Duration // before the next request
		}{
			{"two answers at once", "answer-twice one", "one", "", 0},
			{"two answers, and then time", "answer-twice one", "one", "", 500 * time.Millisecond},
			{"a second answer while nothing is asked", "answer-twice-later one", "one", "", 500 * time.Millisecond},
			{"a part of an answer in advance", "say-more one", "one", "", 0},
			{"a part of an answer, and then time", "say-more one", "one", "", 500 * time.Millisecond},
			{"an answer to another request", "answer-another one", "", sandbox.Died, 0},
			{"an answer to no request", "answer-the-one-before one", "", sandbox.Died, 0},
		} {
			t.Run(c.name, func(t *testing.T) {
				counted := &counting{Driver: driver}
				pool := sandbox.NewPool(counted, 1)
				t.Cleanup(func() { closePool(t, pool) })
				env := environment(t)
				reply, err := pool.Do(t.Context(), env, sandbox.Request{Payload: []byte(c.request), Timeout: time.Minute})
				if err != nil || string(reply.Payload) != c.answer || reply.Failure != c.failure {
					t.Errorf("got %q, failure %q: %s, %v", reply.Payload, reply.Failure, reply.Detail, err)
				}
				before := counted.started.Load()
				time.Sleep(c.wait)
				for _, word := range []string{"next", "last"} {
					reply, err := pool.Do(t.Context(), env, sandbox.Request{Payload: []byte("echo " + word), Timeout: time.Minute})
					if err != nil || string(reply.Payload) != word {
						t.Errorf("the %s request got %q, failure %q: %s, %v", word, reply.Payload, reply.Failure, reply.Detail, err)
					}
				}
				if got := counted.started.Load() - before; got != 1 {
					t.Errorf("%d new boxes; want one", got)
				}
			})
		}
		t.Run("an answer to the request before", func(t *testing.T) {
			box := open(t, driver, environment(t))
			ask(t, box, "echo one")
			if reply, err := box.Do(t.Context(), sandbox.Request{Payload: []byte("answer-the-one-before two"), Timeout: time.Minute}); err == nil {
				t.Errorf("got %q, failure %q: %s", reply.Payload, reply.Failure, reply.Detail)
			}
		})
	})
}
