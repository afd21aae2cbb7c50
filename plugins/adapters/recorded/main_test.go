package main

import (
	"strings"
	"testing"

	"harness/core/sdk/adapter"
	"harness/core/sdk/plugintest"
)

func TestPlugin(t *testing.T) {
	plugintest.Describe(t, "adapter", recorded{})
	a := plugintest.Adapter(t, recorded{})
	if d := a.Describe(t.Context()); !d.Recorded || d.Trains {
		t.Errorf("got %v", d)
	}
	_, err := a.Attach(t.Context(), &adapter.AttachRequest{})
	if err == nil || !strings.Contains(err.Error(), "does not have the ability Attach") {
		t.Errorf("got %v", err)
	}
}
