// Command old speaks a plugin protocol version that does not exist.
package main

import "fmt"

func main() {
	fmt.Println("1|99|unix|/nonexistent|grpc|")
	select {}
}
