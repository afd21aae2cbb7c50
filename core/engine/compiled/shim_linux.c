#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "_cgo_export.h"
#include "shim.h"

// The part of PJRT's C interface that this package uses, as in xla/pjrt/c/
// pjrt_c_api.h of OpenXLA, major version 0. Within a major version fields are only
// added, at the end, so an older or newer runtime agrees on these.

typedef struct error error;
typedef struct client client;
typedef struct program program;     // PJRT_LoadedExecutable
typedef struct description description; // PJRT_Executable
typedef struct serialized serialized;

typedef struct {
	size_t size;
	void *extensions;
	const char *code;
	size_t code_size;
	const char *format;
	size_t format_size;
} source; // PJRT_Program

typedef struct {
	size_t size;
	void *extensions;
	client *client;
	const source *source;
	const char *options;
	size_t options_size;
	program *program; // out
} compile_args;

typedef struct {
	size_t size;
	void *extensions;
	program *program;
	description *description; // out
} description_args;

typedef struct {
	size_t size;
	void *extensions;
	const description *description;
	const char *bytes; // out, as are the rest
	size_t bytes_size;
	serialized *serialized;
	void (*free)(serialized *);
} serialize_args;

typedef struct {
	size_t size;
	void *extensions;
	client *client;
	const char *bytes;
	size_t bytes_size;
	program *program; // out
	const char *options; // NULL: those of the serialized program
	size_t options_size;
} load_args;

typedef struct {
	size_t size;
	void *extensions;
	void *freed;
} free_args; // of errors and descriptions

// Places of calls in PJRT_Api, counted in pointers. Before the calls stand its
// size, its extensions and a version of four words.
enum {
	first_call = 2 + 3, // two pointers; size, pointer and two ints
	error_destroy = first_call,
	client_compile = first_call + 20,
	executable_destroy = first_call + 40,
	executable_serialize = first_call + 49,
	loaded_get_executable = first_call + 51,
	executable_load = first_call + 56,
	needed = first_call + 57,
	most = 1024,
};

typedef error *call(void *args);

static void *table[most];
static call *original;

static void drop_error(error *e) {
	free_args args = {sizeof args, NULL, e};
	((void (*)(free_args *))table[error_destroy])(&args);
}

// load makes a program of what was kept; 0 where the runtime refuses it.
static int load(compile_args *args, const char *bytes, size_t size) {
	load_args l = {sizeof l, NULL, args->client, bytes, size, NULL, NULL, 0};
	error *e = ((call *)table[executable_load])(&l);
	if (e != NULL) {
		drop_error(e);
		return 0;
	}
	args->program = l.program;
	return 1;
}

// keep hands a program over to be kept. A runtime that cannot serialize it loses
// nothing but time.
static void keep(const char *key, program *p) {
	description_args d = {sizeof d, NULL, p, NULL};
	error *e = ((call *)table[loaded_get_executable])(&d);
	if (e != NULL) {
		drop_error(e);
		return;
	}
	serialize_args s = {sizeof s, NULL, d.description, NULL, 0, NULL, NULL};
	e = ((call *)table[executable_serialize])(&s);
	if (e != NULL) {
		drop_error(e);
	} else {
		keepProgram((char *)key, (void *)s.bytes, s.bytes_size);
		if (s.free != NULL) {
			s.free(s.serialized);
		}
	}
	free_args f = {sizeof f, NULL, d.description};
	e = ((call *)table[executable_destroy])(&f);
	if (e != NULL) {
		drop_error(e);
	}
}

static error *compile(void *pointer) {
	compile_args *args = pointer;
	const source *s = args->source;
	size_t size = 0;
	void *bytes = NULL;
	char *key = findProgram((void *)s->code, s->code_size, (void *)s->format, s->format_size,
				(void *)args->options, args->options_size, &bytes, &size);
	int loaded = bytes != NULL && load(args, bytes, size);
	free(bytes);
	error *e = NULL;
	if (!loaded) {
		e = original(pointer);
		if (e == NULL && key != NULL) {
			keep(key, args->program);
		}
	}
	free(key);
	return e;
}

void *wrap(const char *library, char **message) {
	void *handle = dlopen(library, RTLD_LAZY | RTLD_LOCAL);
	if (handle == NULL) {
		*message = strdup(dlerror());
		return NULL;
	}
	const void *(*get)(void) = (const void *(*)(void))dlsym(handle, "GetPjrtApi");
	const void **api = get == NULL ? NULL : (const void **)get();
	if (api == NULL) {
		*message = strdup("it has no GetPjrtApi, or one that answers nothing");
		return NULL;
	}
	size_t size = (size_t)api[0];
	int major = *(const int *)&api[4];
	if (major != 0 || size < needed * sizeof(void *)) {
		*message = strdup("it speaks another version of PJRT");
		return NULL;
	}
	// A caller never reads behind the table that it was compiled with.
	memcpy(table, api, size < sizeof table ? size : sizeof table);
	original = (call *)table[client_compile];
	table[client_compile] = compile;
	return table;
}
