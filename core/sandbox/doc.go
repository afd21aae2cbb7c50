// Package sandbox runs untrusted code in boxes and reports what happened.
//
// An [Environment] is data that a benchmark plugin sends: the files of a box, the
// service that runs in it, its limits. A [Driver] makes boxes from it; a [Pool]
// keeps boxes running and sends each one [Request] at a time:
//
//	Environment ─ Driver.Prepare ─► image or folder ─ Driver.Start ─► Box ─ Do ─► Reply
//
// The package knows nothing of programming languages and verdicts. A [Reply] holds
// the service's answer, or why there is none (timeout, died, oom); the plugin decides
// what that means for the candidate. Errors are failures of the harness itself: no
// daemon, no image, no bubblewrap.
//
// # What a box is
//
// A box has no network, a read-only root file system, its own process namespace, a
// user without capabilities, and limits. It has four special folders:
//
//	/opt/harness  the environment's files and the results of its setup, read-only
//	/data         the environment's mounts, read-only, such as a bug's project
//	/box          the only writable folder: memory of limited size, empty at the start, from which nothing can be executed
//	/proc         of the box's own process namespace
//
// The environment variables are those of the Environment, and HARNESS_BOX=1, which
// tells a service that it may clean up after a candidate. The host's environment is
// not passed on.
//
// # The service
//
// The service reads requests on standard input and writes answers on standard
// output. Both are frames: a big-endian 32-bit length, a 64-bit number, then that many
// bytes. The service's first frame, of any number and content, says that it is ready.
// Then it sends one frame for each request, with the request's number, which nobody can
// foresee. If the top bit of an answer's length is set, the service asks for
// the box to be destroyed, because a candidate left something behind that it cannot
// clean up. A service that answers twice, late, too much or with another number loses
// its box; what it sent for one request is never the answer to another. Standard error
// is for people: error messages quote its last lines.
//
// # What enforces the limits
//
// Driver docker: the container engine's cgroup, swap off. Driver bubblewrap: a
// cgroup (version 1 or 2) if this process may create one, as root nearly always may,
// and a systemd user session that delegates; otherwise resource limits, which are per
// process and weaker (data segment, number of the user's processes; CPU time is not
// limited), and which do not tell running out of memory from another crash. With a
// cgroup, the size of /box counts as memory.
package sandbox
