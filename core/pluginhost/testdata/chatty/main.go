// Command chatty greets people on stdout.
package main

import (
	"fmt"
	"time"
)

func main() {
	fmt.Println("Welcome to chatty!")
	time.Sleep(time.Hour)
}
