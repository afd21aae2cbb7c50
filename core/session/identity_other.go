//go:build !linux

package session

import "io/fs"

func fileIdentity(fs.FileInfo) []any { return nil }
