// SPDX-License-Identifier: Apache-2.0
#include "ui/save.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/io.h"
#include "base/out_file.h"
#include "base/util.h"
#include "export/export.h"
#include "ui/app.h"
#include "ui/text.h"

#define MAX_SCREENS 9999
#define COPY_BYTES (1u << 20)	/* at once */

/* ---- one file ---- */

/* Say why nothing was written; false if that is because the name is taken. */
static bool say_failure(struct app *a, const char *path, const struct error *err)
{
	if (err->code == EEXIST)
		return false;
	if (err->code == EINVAL)
		app_refuse(a, "%s is no regular file; nothing was changed", path);
	else
		app_refuse(a, "%s; nothing was changed", err->msg);
	return true;
}

/* Give a whole file its name; what is to be known about it is said too. */
static bool finish(struct app *a, struct out_file *file, const char *path, const char *note)
{
	FILE *stream = out_file_stream(file);
	long bytes = ftell(stream);
	char size[TEXT_NUMBER];
	struct error err;

	if (out_file_commit(file, &err) < 0)
		return say_failure(a, path, &err);
	app_say(a, "saved %s to %s%s%s%s", text_bytes(size, bytes > 0 ? (uint64_t)bytes : 0),
		strchr(path, '/') ? "" : "./", path, note ? ": " : "", note ? note : "");
	return true;
}

/* Copy `size` bytes; says how far it came if that was not all of them. */
static int copy(int fd, uint64_t size, FILE *to, struct error *err)
{
	_cleanup_(freep) char *bytes = xmalloc(COPY_BYTES);
	char done[TEXT_NUMBER], all[TEXT_NUMBER];
	uint64_t at = 0;
	const char *what;

	text_bytes(all, size);
	while (at < size) {
		ssize_t n = io_pread_full(fd, bytes, min_of(size - at, (uint64_t)COPY_BYTES), at);

		what = n < 0 ? "read" : "write";
		if (n == 0)
			return error_set(err, EIO, "read: the recording became shorter");
		if (n < 0 || fwrite(bytes, 1, (size_t)n, to) != (size_t)n || fflush(to) != 0)
			return error_sys(err, "%s: %s of %s done", what, text_bytes(done, at), all);
		at += (uint64_t)n;
	}
	return 0;
}

bool save_recording(struct app *a, const char *path, bool force)
{
	struct out_file *file;
	struct error err;
	struct stat st;

	if (a->recording_fd < 0 || fstat(a->recording_fd, &st) < 0) {
		app_refuse(a, "there is no recording file to copy");
		return true;
	}
	if (out_file_open(path, force ? OUT_FILE_FORCE : 0, &file, &err) < 0)
		return say_failure(a, path, &err);
	if (copy(a->recording_fd, (uint64_t)st.st_size, out_file_stream(file), &err) < 0) {
		out_file_abort(file);
		return say_failure(a, path, &err);
	}
	return finish(a, file, path, NULL);
}

bool save_export(struct app *a, const struct export_format *format, const char *path, bool force)
{
	struct export_job job = { .p = a->model->p, .selection = &a->model->scope };
	struct out_file *file;
	struct error err;
	int ret;

	if (out_file_open(path, force ? OUT_FILE_FORCE : 0, &file, &err) < 0)
		return say_failure(a, path, &err);
	app_scope_fold(a, false);
	ret = export_write(format, &job, out_file_stream(file), &err);
	app_scope_fold(a, true);
	if (ret < 0) {
		out_file_abort(file);
		return say_failure(a, path, &err);
	}
	return finish(a, file, path, export_note(format, job.p));
}

/* ---- screens ---- */

/* As it is without prompt, dialog and message. */
static void draw_screen(struct app *a, struct buf *out)
{
	struct grid g;

	free(steal(a->message));
	grid_init(&g, a->width, a->height, a->utf8);
	app_draw(a, &g);
	for (unsigned int y = 0; y < g.height; y++) {
		grid_row_text(&g, y, out);
		buf_put_u8(out, '\n');
	}
	grid_deinit(&g);
}

bool save_screen(struct app *a, const char *path, bool force)
{
	struct out_file *file;
	struct buf text = { 0 };
	struct error err;

	if (!a->height) {
		app_refuse(a, "there is no screen yet: the terminal is too small");
		return true;
	}
	if (out_file_open(path, force ? OUT_FILE_FORCE : 0, &file, &err) < 0)
		return say_failure(a, path, &err);
	draw_screen(a, &text);
	fwrite(text.data, 1, text.len, out_file_stream(file));
	buf_deinit(&text);
	return finish(a, file, path, NULL);
}

void save_next_screen(struct app *a)
{
	for (unsigned int i = 1; i <= MAX_SCREENS; i++) {
		_cleanup_(freep) char *path = xasprintf("cprofd-screen-%u.txt", i);

		if (access(path, F_OK) < 0 && save_screen(a, path, false))
			return;
	}
	app_refuse(a, "cprofd-screen-1.txt to -%u.txt are all there", MAX_SCREENS);
}

/* ---- asking ---- */

/* What the choice at hand stands for: the recording, the exports, the screen. */
struct kind {
	enum { KIND_RECORDING, KIND_EXPORT, KIND_SCREEN } what;
	const struct export_format *format;
	const char *suffix;
};

static struct kind kind_of(uint32_t choice)
{
	uint32_t n = 0;

	while (export_formats[n])
		n++;
	if (choice == 0)
		return (struct kind){ KIND_RECORDING, NULL, ".cprof" };
	if (choice > n)
		return (struct kind){ KIND_SCREEN, NULL, ".txt" };
	return (struct kind){ KIND_EXPORT, export_formats[choice - 1],
			      export_formats[choice - 1]->suffix };
}

/* "shop-20260122-1402": the program, and when the recording began. */
static char *default_name(const struct profile *p)
{
	const char *title = profile_title(p);
	char *name = xstrdup(title ? title : "cprofd");
	time_t start = (time_t)(p->start_real_ns / NS_PER_S);
	char when[32] = "", *with_time;
	struct tm tm;

	for (char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && !(strchr("-_.", *c) && c > name))
			*c = '_';
	if (localtime_r(&start, &tm))
		strftime(when, sizeof(when), "-%Y%m%d-%H%M", &tm);
	with_time = xasprintf("%.64s%s", *name ? name : "cprofd", when);
	free(name);
	return with_time;
}

static bool save(struct app *a, const char *path, bool force)
{
	struct kind kind = kind_of(a->save_kind);

	if (kind.what == KIND_RECORDING)
		return save_recording(a, path, force);
	if (kind.what == KIND_SCREEN)
		return save_screen(a, path, force);
	return save_export(a, kind.format, path, force);
}

static void ask_name(struct app *a, const char *name);

/* 0: overwrite it, 1: take another name */
static void overwrite_chosen(struct app *a)
{
	_cleanup_(freep) char *path = xstrdup(prompt_text(&a->dialog.field));

	if (a->dialog.list.cursor == 0)
		save(a, path, true);
	else
		ask_name(a, path);
}

static void name_entered(struct app *a)
{
	_cleanup_(freep) char *path = xstrdup(prompt_text(&a->dialog.field));

	if (!*path) {
		app_refuse(a, "nothing was saved: there was no name");
		return;
	}
	if (save(a, path, false))
		return;
	dialog_open(&a->dialog, "It exists", "");
	dialog_say(&a->dialog, "%s is there already.", path);
	dialog_offer(&a->dialog, 'o', DIALOG_PICK, "overwrite it");
	dialog_offer(&a->dialog, 'n', DIALOG_PICK, "another name");
	app_ask(a, overwrite_chosen);
	a->dialog.list.cursor = 1;
}

static void ask_name(struct app *a, const char *name)
{
	dialog_open(&a->dialog, "Save as", "Enter saves, Esc does not");
	prompt_open(&a->dialog.field, '>', name);
	app_ask(a, name_entered);
}

static void kind_chosen(struct app *a)
{
	_cleanup_(freep) char *base = default_name(a->model->p), *name = NULL;

	a->save_kind = a->dialog.list.cursor;
	name = xasprintf("%s%s", base, kind_of(a->save_kind).suffix);
	ask_name(a, name);
}

void save_ask(struct app *a)
{
	char size[TEXT_NUMBER] = "no file";
	struct stat st;

	if (a->recording_fd >= 0 && fstat(a->recording_fd, &st) == 0)
		text_bytes(size, (uint64_t)st.st_size);
	dialog_open(&a->dialog, "Save", "Enter asks for a name, Esc saves nothing");
	dialog_offer(&a->dialog, 'c', DIALOG_PICK, "the recording as it is, all of it (%s)", size);
	for (size_t i = 0; export_formats[i]; i++)
		dialog_offer(&a->dialog, (uint32_t)export_formats[i]->key, DIALOG_PICK,
			     "%s: what is in scope, no function folded", export_formats[i]->name);
	dialog_offer(&a->dialog, 't', DIALOG_PICK, "this screen as text");
	app_ask(a, kind_chosen);
}
