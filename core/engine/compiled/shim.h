// A PJRT plugin in front of another one, whose programs it keeps (see doc.go).
#ifndef HARNESS_SHIM_H
#define HARNESS_SHIM_H

// wrap loads a runtime and returns its table of calls, in which compile is this
// package's; NULL and a message, to be freed, where that is not possible.
void *wrap(const char *library, char **message);

#endif
