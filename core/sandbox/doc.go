// Package sandbox runs untrusted code in boxes and reports what happened.
//
// An [Environment] is data that a benchmark plugin sends: the files of a box, the
// service that runs in it, its limits. A [Driver] makes boxes from it; a [Pool]
// keeps boxes running and sends each one [Request] at a time:
//
//	Environment ─ Driver.Prepare ─► image or folder ─ Driver.Start ─► Box ─ Do ─► Reply
//
// The package knows nothing of programming languages and verdicts. A [Reply] holds
// the service's answer, or why there is none (timeout, died, oom, too-large); the plugin decides
// what that means for the candidate. Errors are failures of the harness itself: no
// daemon, no image, no bubblewrap.
//
// # What a box is
//
// A box has no network, a read-only root file system, its own process and IPC
// namespaces, users without rights on the machine, and limits. It has four special
// folders:
//
//	/opt/harness  the environment's files and the results of its setup, read-only
//	/data         the environment's mounts, read-only, such as a bug's project
//	/box          the only writable folder: memory of limited size, empty at the start, from which nothing can be executed
//	/proc         of the box's own process namespace; what is not about processes is read-only
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
// # Users
//
// The service is user 65534. If the environment asks for it (SecondUser), programs of
// candidates are user 65533, which the service makes them with setpriv: for that it has
// the capabilities SETUID, SETGID and KILL. A candidate then cannot signal the service or
// set its limits or priority. /box belongs to candidates then, so that one user can
// delete all that they made: the service must look after the mode and the attributes of
// /box itself, and ask for the box to be destroyed if a candidate changed them.
//
// In containers these are the machine's users 65534 and 65533, unless the engine maps
// them. For bubblewrap, root makes the mounts of a box, and then a user namespace of
// three users that are also 65532 to 65534 outside: 65532, which is 0 in the box, makes
// it and can do nothing outside of it. An ordinary user gets two users if there
// are newuidmap and newgidmap, and subordinate ids, two at least and the same for users
// and groups, in /etc/subuid and /etc/subgid. Otherwise both users of the box are
// the one that runs the harness, and HARNESS_CANDIDATE_USER is not set.
//
// A service with these capabilities can become user 0 of its box: root in a container
// with no other capabilities, 65532 or the user that runs the harness under bubblewrap.
// It is trusted; candidates are not, and cannot.
//
// # What outlives a process
//
// Boxes have no System V and no POSIX message queues, semaphores and shared memory:
// limits forbid them in containers, a filter of system calls does in boxes of
// bubblewrap. That filter also refuses kernel keys, attributes of files, tracing,
// new namespaces, setting the limits or the scheduling of other processes, and what
// only administrators and attackers use. In containers the engine's own filter refuses
// part of this, and the second user the rest: a container without one does not keep
// candidates from the limits of the service.
//
// # What enforces the limits
//
// Driver docker: the container engine's cgroup, swap off. Driver bubblewrap: a
// cgroup (version 1 or 2) if this process may create one, as root nearly always may,
// and a systemd user session that delegates; otherwise resource limits, which are per
// process and weaker (data segment, size of files, number of the user's processes; CPU
// time is not limited, nor is memory that processes share without a file), and
// which do not tell running out of memory from another crash. With a cgroup, the size of
// /box counts as memory.
package sandbox
