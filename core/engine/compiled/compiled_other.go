//go:build !linux

package compiled

// Register does nothing here: programs are kept on Linux only.
func Register(path, digest string) error { return nil }
