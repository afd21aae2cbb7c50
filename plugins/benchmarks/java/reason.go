package java

import (
	"regexp"

	"harness/core/sdk/benchmark"
)

// unknown is the reason of a verdict that needs none or has another one.
const unknown = benchmark.Reason(0)

// missing matches javac's errors about parts of Java 8 that Java 17 lacks: the Java EE
// and CORBA packages, Nashorn, JavaFX, and internals of the JDK.
var missing = regexp.MustCompile(
	`package (javax\.(xml\.(bind|ws|soap)|jws|activation|annotation|transaction|rmi)|org\.omg|jdk\.nashorn|javafx|com\.sun|sun)\b[\w.]* does not exist` +
		`|location:\s+package (com\.)?sun\.` +
		`|is declared in module [\w.]+, which (does not export it|is not in the module graph)`)

// reason finds the kind of cause of a verdict. It uses the facts of the service, the
// messages of javac, and the class of the exception of the first failing test, but not
// the exception's message, which the candidate can choose.
func reason(r Reply) benchmark.Reason {
	switch r.Outcome {
	case "passed":
		switch {
		case r.Looked:
			return benchmark.Caller
		case r.Tests.Slow:
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
		if r.Denied != "" {
			return benchmark.Forbidden
		}
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
