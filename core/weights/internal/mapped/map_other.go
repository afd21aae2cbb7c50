//go:build !unix

package mapped

import "os"

// mapFile maps nothing here: views are copies.
func mapFile(*os.File, int) []byte { return nil }

func unmap([]byte) error { return nil }

func forget(data, part []byte) {}
