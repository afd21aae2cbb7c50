package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// What version control and tools leave of a project's later text is no part of a
// bug, whoever exported it.
func TestLeftoversAreLeftOut(t *testing.T) {
	source := t.TempDir()
	exportOrchard(t, source, 2, false)
	names := map[string]bool{
		"buggy/.svn/pristine/ab/abcd.svn-base":                 false,
		"buggy/src/main/java/.svn/text-base/Basket.java":       false,
		"buggy/.hg/store/data/x.i":                             false,
		"buggy/src/CVS/Base/Basket.java":                       false,
		"buggy/src/main/java/orchard/Basket.java.bak":          false,
		"buggy/src/main/java/orchard/Basket.java.orig":         false,
		"fixed/src/main/java/orchard/Basket.java.bak":          false,
		"lib/.bzr/x.pack":                                      false,
		"buggy/src/main/java/orchard/cvs/Basket.java.txt":      true,
		"buggy/src/main/resources/orchard/Basket.java.bak.txt": true,
	}
	for name := range names {
		write(t, filepath.Join(source, "Orchard-2", name), "the fix")
	}
	_, dir := fetched(t, fmt.Sprintf(`{"source": %q}`, source))
	for name, want := range names {
		if _, err := os.Stat(filepath.Join(dir, exportDir, "Orchard-2", name)); (err == nil) != want {
			t.Errorf("%s is there: %t", name, err == nil)
		}
	}
}
