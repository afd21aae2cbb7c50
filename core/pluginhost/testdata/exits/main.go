// Command exits ends before it serves.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "libfoo.so.1 is missing\x1b[31m")
	os.Exit(3)
}
