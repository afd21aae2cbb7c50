// Command hangs never says anything on stdout.
package main

import (
	"fmt"
	"os"
	"time"
)

func main() {
	fmt.Fprintln(os.Stderr, "waiting for the moon")
	time.Sleep(time.Hour)
}
