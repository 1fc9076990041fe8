// SPDX-License-Identifier: Apache-2.0
/*
 * {(file, line, name): (cc, nc, tt, ct, {caller: (nc, cc, tt, ct)})}
 *
 * as export/export_pstats.c has it; the two numbers of calls change places.  What cProfile calls ('~', 0, '<built-in ...>') has
 * no file.  The module `profile` of old has ('', 0, name) for it, and writes of callers only
 * how often they called.
 */
#include "import/import.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/strtab.h"
#include "base/util.h"
#include "import/marshal.h"
#include "record/writer.h"

#define MAX_SECONDS 1e9		/* 31 years */

struct import {
	struct marshal m;
	struct record_writer *w;
	uint32_t python, builtin;	/* modules */
	struct strtab keys;		/* what makes a function -> its number */
	bool untimed;			/* some callers have no times */
};

static int wrong(struct error *err, const char *what)
{
	return error_set(err, EBADMSG, "it is no file of pstats: %s", what);
}

static bool is_list(const struct marshal_value *v, uint32_t n)
{
	return v->kind == MARSHAL_LIST && v->n == n;
}

static uint32_t put_text(struct import *im, const struct marshal_value *v, const char *none)
{
	return v->n ? record_put_string(im->w, v->text, v->n)
		    : record_put_string(im->w, none, strlen(none));
}

static bool is_builtin(const struct marshal_value *file, uint32_t line)
{
	return !line && (!file->n || (file->n == 1 && *file->text == '~'));
}

static int find_function(struct import *im, const struct marshal_value *key, uint32_t *out,
			 struct error *err)
{
	struct record_function f = { .module = im->python, .source = SYMBOL_PYTHON };
	const struct marshal_value *file, *line, *name;
	size_t n = im->keys.n;

	if (!is_list(key, 3))
		return wrong(err, "a key is not (file, line, name)");
	file = marshal_item(&im->m, key, 0);
	line = marshal_item(&im->m, key, 1);
	name = marshal_item(&im->m, key, 2);
	if (file->kind != MARSHAL_TEXT || line->kind != MARSHAL_INT || name->kind != MARSHAL_TEXT)
		return wrong(err, "a key is not (file, line, name)");
	f.line = line->integer > 0 && line->integer < UINT32_MAX ? (uint32_t)line->integer : 0;
	f.name = put_text(im, name, "[no name]");
	if (is_builtin(file, f.line))
		f.module = im->builtin;
	else
		f.file = put_text(im, file, "");

	const uint32_t is[] = { f.module, f.file, f.line, f.name };

	*out = strtab_add(&im->keys, (const char *)is, sizeof(is));
	if (im->keys.n > n)
		record_put_function(im->w, &f);
	return 0;
}

/* A number of calls, or -1. */
static int64_t calls_of(const struct marshal_value *v)
{
	return v->kind == MARSHAL_INT && v->integer >= 0 ? v->integer : -1;
}

/* Seconds as ns: what is below 0, as when a clock is set back, counts as 0. */
static bool read_time(const struct marshal_value *v, uint64_t *ns)
{
	double s = v->kind == MARSHAL_FLOAT ? v->real : (double)v->integer;

	if ((v->kind != MARSHAL_FLOAT && v->kind != MARSHAL_INT) || !(fabs(s) < MAX_SECONDS))
		return false;
	*ns = (uint64_t)llround(fmax(s, 0) * NS_PER_S);
	return true;
}

/* Two numbers of calls, which may be of either order, and two times. */
static int read_sums(const struct import *im, const struct marshal_value *v,
		     struct record_measured *out, struct error *err)
{
	int64_t a = calls_of(marshal_item(&im->m, v, 0)), b = calls_of(marshal_item(&im->m, v, 1));

	if (a < 0 || b < 0)
		return wrong(err, "calls are no number");
	if (!read_time(marshal_item(&im->m, v, 2), &out->self_ns) ||
	    !read_time(marshal_item(&im->m, v, 3), &out->total_ns))
		return wrong(err, "a time is none");
	out->calls = (uint64_t)max_of(a, b);	/* never fewer than the outermost of them */
	out->outermost = (uint64_t)min_of(a, b);
	out->total_ns = max_of(out->self_ns, out->total_ns);	/* both are rounded */
	return 0;
}

static int put_caller(struct import *im, uint32_t function, const struct marshal_value *key,
		      const struct marshal_value *v, struct error *err)
{
	struct record_measured m = { .function = function };

	if (find_function(im, key, &m.caller, err) < 0)
		return -1;
	if (is_list(v, 4)) {
		if (read_sums(im, v, &m, err) < 0)
			return -1;
	} else if (calls_of(v) >= 0) {
		m.calls = m.outermost = (uint64_t)v->integer;
		im->untimed = true;
	} else {
		return wrong(err, "a caller has no calls");
	}
	record_put_measured(im->w, &m);
	return 0;
}

static int put_function(struct import *im, const struct marshal_value *key,
			const struct marshal_value *v, struct error *err)
{
	struct record_measured m = { .caller = RECORD_NONE };
	const struct marshal_value *callers;

	if (find_function(im, key, &m.function, err) < 0)
		return -1;
	if (!is_list(v, 5) || marshal_item(&im->m, v, 4)->kind != MARSHAL_DICT)
		return wrong(err, "a value is not (calls, calls, seconds, seconds, callers)");
	if (read_sums(im, v, &m, err) < 0)
		return -1;
	record_put_measured(im->w, &m);
	callers = marshal_item(&im->m, v, 4);
	for (uint32_t i = 0; i + 1 < callers->n; i += 2)
		if (put_caller(im, m.function, marshal_item(&im->m, callers, i),
			       marshal_item(&im->m, callers, i + 1), err) < 0)
			return -1;
	return 0;
}

static int put_all(struct import *im, struct error *err)
{
	const struct marshal_value *root = &im->m.values[im->m.root];

	if (root->kind != MARSHAL_DICT || !root->n)
		return wrong(err, "no functions are in it");
	for (uint32_t i = 0; i + 1 < root->n; i += 2)
		if (put_function(im, marshal_item(&im->m, root, i),
				 marshal_item(&im->m, root, i + 1), err) < 0)
			return -1;
	return 0;
}

static uint32_t put_module(struct import *im, enum record_module_kind kind)
{
	return record_put_module(im->w, &(struct record_module){
		.kind = kind, .path = record_put_string(im->w, "python", 6) });
}

static int write_recording(struct import *im, struct error *err)
{
	static const char untimed[] =
		"the file has no times by caller: it is of the module profile, not of cProfile";

	record_put_meta(im->w, "imported", "pstats");
	im->python = put_module(im, MODULE_PYTHON);
	im->builtin = put_module(im, MODULE_FILE);
	if (put_all(im, err) < 0)
		return -1;
	if (im->untimed)
		record_put_note(im->w, 0, NOTE_WARNING, untimed);
	record_put_end(im->w, &(struct record_end){ .why = END_STOPPED });
	return 0;
}

int import_pstats(const void *data, size_t len, uint64_t time_ns, int out_fd,
		  struct error *err)
{
	struct import im = { 0 };
	int fd = fcntl(out_fd, F_DUPFD_CLOEXEC, 0), ret;

	if (fd < 0)
		return error_sys(err, "cannot write a recording");
	if (marshal_read(data, len, &im.m, err) < 0) {
		close(fd);
		return -1;
	}
	ret = record_writer_open(fd, 0, time_ns, &im.w, err);
	if (ret == 0) {
		struct error writing;

		ret = write_recording(&im, err);
		if (record_writer_close(im.w, &writing) < 0 && ret == 0) {
			*err = writing;
			ret = -1;
		}
	}
	strtab_deinit(&im.keys);
	marshal_deinit(&im.m);
	return ret;
}
