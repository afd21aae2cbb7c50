package engine

import (
	"context"
	"errors"

	"harness/core/protocol/harnesspb"
)

// Merge folds an adapter into the weights of the layers that it replaces.
func (e *Engine) Merge(context.Context, *harnesspb.MergeRequest) (*harnesspb.MergeResponse, error) {
	return nil, errors.New("merge: not served yet")
}
