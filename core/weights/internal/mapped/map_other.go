//go:build !unix

package mapped

import "os"

// mapFile never maps on this system: views are copies.
func mapFile(*os.File, int) []byte { return nil }

func unmap([]byte) error { return nil }

func forget(data, part []byte) {}
