//go:build !linux

package step

import (
	"errors"
	"os"
)

func shareBlocks(_, _ *os.File) error { return errors.ErrUnsupported }
