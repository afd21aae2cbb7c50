//go:build !linux

package main

// withLargePages does nothing: how memory is allocated is glibc's setting.
func withLargePages() {}
