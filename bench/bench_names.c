// SPDX-License-Identifier: Apache-2.0
/*
 * bench_names MODULE [DEBUG-FILE] <addresses - the names of addresses a second time.
 *
 * Does what a session does: the first time the worker's answer is learned and goes
 * to the cache, the second time another session names the same addresses from the
 * cache, into a recording.  Prints "key value" lines, CPU time in ms:
 *
 *	addresses, cache_bytes
 *	worker_ms	names by the symbolizer, as the worker makes them
 *	cached_ms	names by the cache: median of ROUNDS sessions
 *	named		addresses that the cache had a name for
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/io.h"
#include "session/session.h"
#include "symbol/symbolizer.h"
#include "worker/symbol_answer.h"

#define ROUNDS 15

static double cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void die(const char *what, const struct error *err)
{
	fprintf(stderr, "bench_names: %s: %s\n", what, err->msg);
	exit(1);
}

/* As much of a session as naming needs, with one module. */
struct stage {
	struct session session;
	struct module module, *modules[1];
	struct o_spec spec;
	int opener[2];		/* its end is [1] */
};

static struct stage *stage_new(const char *path, const uint64_t *vaddrs, size_t n)
{
	struct stage *st = xcalloc(1, sizeof(*st));
	struct session *s = &st->session;
	struct module *m = &st->module;
	struct error err;
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (msg_pair(st->opener, &err) < 0 ||
	    record_writer_open(fd, 1, 1, &s->writer, &err) < 0)
		die("/dev/null", &err);
	s->opener = st->opener[0];
	s->spec = &st->spec;
	st->modules[0] = m;
	s->modules = st->modules;
	s->n_modules = 1;
	*m = (struct module){ .kind = MODULE_FILE, .state = MODULE_READY, .fd = -1,
			      .debug_fd = -1, .alt_fd = -1 };
	m->number = record_put_module(s->writer, &(struct record_module){
		.kind = MODULE_FILE, .path = record_put_string(s->writer, path, strlen(path)) });
	for (size_t i = 0; i < n; i++)
		stacks_frame(s, m, vaddrs[i], 0);
	return st;
}

static void stage_free(struct stage *st)
{
	struct error err;

	record_writer_close(st->session.writer, &err);
	stacks_free(&st->session);
	symbols_free_module(&st->module);
	close(st->opener[0]);
	close(st->opener[1]);
	free(st);
}

/* The worker's answer, as a memory file. */
static int ask_symbolizer(char **argv, const uint64_t *vaddrs, size_t n)
{
	struct symbolizer_files files = {
		.main_fd = open(argv[1], O_RDONLY | O_CLOEXEC),
		.debug_fd = argv[2] ? open(argv[2], O_RDONLY | O_CLOEXEC) : -1,
		.alt_fd = -1, .kind = MODULE_FILE };
	struct symbol_answer_writer w = { 0 };
	struct symbol_sink sink = symbol_answer_sink(&w);
	struct buf answer = { 0 };
	struct symbolizer *symbolizer;
	struct error err;
	int fd;

	if (symbolizer_open(&files, &symbolizer, &err) < 0)
		die(argv[1], &err);
	symbolizer_resolve(symbolizer, vaddrs, n, &sink);
	symbol_answer_finish(&w, &answer);
	symbol_answer_deinit(&w);
	symbolizer_close(symbolizer);
	fd = io_memfd("answer", answer.data, answer.len, &err);
	if (fd < 0)
		die("answer", &err);
	buf_deinit(&answer);
	return fd;
}

/* The first session: learns the answer and gives its cache file away. */
static int learn(const char *path, const uint64_t *vaddrs, size_t n, int answer)
{
	struct stage *st = stage_new(path, vaddrs, n);
	struct msg *m = xcalloc(1, sizeof(*m));
	struct r_symbols head = { .type = R_SYMBOLS, .module = st->module.number };
	struct error err;
	int fd;

	memcpy(m->data, &head, sizeof(head));
	m->len = sizeof(head);
	m->n_fds = 1;
	m->fds[0] = answer;
	st->module.naming = NAMING_ASKED;
	st->module.has_key = true;
	st->session.asked[WORKER_SYMBOL].at[0].module = &st->module;
	st->session.asked[WORKER_SYMBOL].n = 1;
	symbols_on_message(&st->session, m);
	symbols_save(&st->session);
	if (msg_recv(st->opener[1], m, &err) <= 0 || (fd = msg_take_fd(m, 0)) < 0)
		die("cache", &err);
	free(m);
	stage_free(st);
	return fd;
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int main(int argc, char **argv)
{
	uint64_t *vaddrs = NULL, vaddr;
	size_t n = 0, cap = 0, named = 0;
	double ms[ROUNDS], start;
	int answer, cache;

	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: bench_names MODULE [DEBUG-FILE] <addresses\n");
		return 2;
	}
	while (scanf("%" SCNx64, &vaddr) == 1) {
		array_reserve(vaddrs, n + 1, cap);
		vaddrs[n++] = vaddr;
	}
	start = cpu_ms();
	answer = ask_symbolizer(argv, vaddrs, n);
	printf("worker_ms %.2f\n", cpu_ms() - start);
	cache = learn(argv[1], vaddrs, n, answer);
	for (int i = 0; i < ROUNDS; i++) {
		struct stage *st = stage_new(argv[1], vaddrs, n);

		start = cpu_ms();
		symbols_on_cache(&st->session, &st->module, cache);
		ms[i] = cpu_ms() - start;
		named = n - st->module.n_unnamed;
		stage_free(st);
	}
	qsort(ms, ROUNDS, sizeof(*ms), by_value);
	printf("addresses %zu\nnamed %zu\ncache_bytes %lld\ncached_ms %.3f\n", n, named,
	       (long long)lseek(cache, 0, SEEK_END), ms[ROUNDS / 2]);
	free(vaddrs);
	return named == n ? 0 : 1;
}
