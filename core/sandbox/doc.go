// Package sandbox runs untrusted code in boxes and reports what happened.
//
// An [Environment] is data, sent by a benchmark plugin: what a box holds, the
// service that runs in it, its limits. A [Driver] makes boxes of it; a [Pool]
// keeps some of them warm and lends them out, one [Request] at a time:
//
//	Environment ─ Driver.Prepare ─► image or folder ─ Driver.Start ─► Box ─ Do ─► Reply
//
// The package knows no language and no verdict. A [Reply] holds the service's
// own answer or the fact that there is none (timeout, died, oom); what that
// means for the candidate is the plugin's to say. Errors are the harness's own
// failures only: no daemon, no image, no bubblewrap.
//
// # What a box is
//
// A box has no network, a root file system that cannot be written to, a process
// namespace of its own, a user without any capability, and limits. Four folders
// matter inside:
//
//	/opt/harness  the environment's files and what setup made of them, read-only
//	/data         the environment's mounts, read-only: a bug's project, for instance
//	/box          the only place to write: memory of limited size, empty at the start; nothing in it can be executed
//	/proc         that of the box's own process namespace
//
// The environment variables are those of the Environment, and HARNESS_BOX=1, by
// which a service can tell that it may clean up after a candidate. Nothing of the
// host's environment is handed in.
//
// # The service
//
// The service reads requests on standard input and writes answers on standard
// output. Both are frames: a big-endian 32-bit length, then that many bytes. Its
// first frame, of any content, says that it is ready; then it sends one frame
// for each request. Where the top bit of an answer's length is set, the service
// asks for the box to be thrown away: a candidate left something behind that it
// cannot make good. Standard error is for people: its last lines are quoted when
// something goes wrong.
//
// # What enforces the limits
//
// Driver docker: the container engine's cgroup, swap off. Driver bubblewrap: a
// cgroup (version 1 or 2) where this process may create one, which is nearly
// always so for root and for a systemd user session that delegates; otherwise
// resource limits, which are per process and weaker (data segment, number of the
// user's processes; CPU time is not shared out), and running out of memory looks
// like any other death of the service. The size of /box counts against memory
// where there is a cgroup.
package sandbox
