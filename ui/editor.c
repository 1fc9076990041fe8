// SPDX-License-Identifier: Apache-2.0
#include "ui/editor.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/util.h"
#include "ui/code_rows.h"
#include "ui/view.h"

/* The file and line that are looked at; 0: no line is known. */
static const char *find_place(const struct app *a, uint32_t *line)
{
	const struct profile *p = a->model->p;
	const struct app_source *s = &a->source;

	if (a->view == &view_source && s->n_rows && s->function == a->function) {
		const struct app_source_row *row = &s->rows[s->list.cursor];
		const struct profile_level *level =
			s->in_code ? code_line(a, s->code_list.cursor) : NULL;

		if (level && level->line) {
			*line = level->line;
			return profile_string(p, code_file(p, level));
		}
		*line = row->line;
		return row->sum ? profile_string(p, row->sum->file) : s->path;
	}
	*line = p->functions[a->function].line;
	if (a->detail.function == a->function && a->detail.line) {
		*line = a->detail.line;
		return profile_string(p, a->detail.file);
	}
	return profile_string(p, p->functions[a->function].file);
}

void editor_ask(struct app *a)
{
	uint32_t line = 0;
	const char *path;

	if (a->function == RECORD_NONE) {
		app_refuse(a, "no function is selected");
		return;
	}
	path = find_place(a, &line);
	if (!*path) {
		app_refuse(a, "no source file is known of it");
		return;
	}
	free(a->asked_edit);
	a->asked_edit = sources_place(&a->source.sources, path);
	a->asked_line = max_of(line, 1u);
	if (!a->asked_edit)
		app_refuse(a, "%s is not on this machine", path);
}

/* The path is one argument, and absolute: no option, whatever its bytes are. */
static void become_editor(const char *path, uint32_t line)
{
	char at[16];
	sigset_t none;

	snprintf(at, sizeof(at), "+%u", line);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGINT, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	execl("/bin/sh", "sh", "-c", "exec ${VISUAL:-${EDITOR:-vi}} \"$@\"", "sh", at, path, NULL);
	_exit(127);
}

void editor_run(const char *path, uint32_t line)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, interrupt, quit;
	pid_t child;

	/* ^C is for the editor. */
	sigaction(SIGINT, &ignore, &interrupt);
	sigaction(SIGQUIT, &ignore, &quit);
	child = fork();
	if (child == 0)
		become_editor(path, line);
	while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	sigaction(SIGINT, &interrupt, NULL);
	sigaction(SIGQUIT, &quit, NULL);
}
