//go:build !linux

package main

// withAllocator does nothing: there is no choice to make.
func withAllocator() {}
