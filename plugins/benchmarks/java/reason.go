package java

import (
	"regexp"

	"harness/core/sdk/benchmark"
)

// unknown is the reason of a verdict that needs none, or has none of the known.
const unknown = benchmark.Reason(0)

// missing is javac's complaint about what Java 8 had and Java 17 has not: the
// Java EE and CORBA packages, Nashorn, JavaFX, and the JDK's own insides.
var missing = regexp.MustCompile(
	`package (javax\.(xml\.(bind|ws|soap)|jws|activation|annotation|transaction|rmi)|org\.omg|jdk\.nashorn|javafx|com\.sun|sun)\b[\w.]* does not exist` +
		`|location:\s+package (com\.)?sun\.` +
		`|is declared in module [\w.]+, which (does not export it|is not in the module graph)`)

// reason finds what kind of cause a verdict of the service has. It goes by the
// service's own facts, by javac's messages and by the class of the exception
// that ended the first failing test; not by what that exception says, which is
// the candidate's to choose.
func reason(r Reply) benchmark.Reason {
	switch r.Outcome {
	case "passed":
		if r.Tests.Slow {
			return benchmark.Limit
		}
	case "timeout":
		return benchmark.Limit
	case "uncompilable":
		switch {
		case missing.MatchString(r.Compile.Messages):
			return benchmark.Platform
		case r.Compile.Stage == "test":
			return benchmark.Interface
		}
	case "failed":
		switch r.Tests.FirstFailure.Exception {
		case "org.junit.runners.model.TestTimedOutException":
			return benchmark.Limit
		case "java.lang.OutOfMemoryError", "java.lang.StackOverflowError":
			return benchmark.Memory
		case "java.lang.reflect.InaccessibleObjectException":
			return benchmark.Platform
		}
	}
	return unknown
}
