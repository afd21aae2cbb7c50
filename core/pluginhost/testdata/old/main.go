// Command old speaks a plugin protocol version that does not exist.
package main

import (
	"fmt"
	"time"
)

func main() {
	fmt.Println("1|99|unix|/nonexistent|grpc|")
	time.Sleep(time.Hour)
}
