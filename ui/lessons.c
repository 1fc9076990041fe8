// SPDX-License-Identifier: Apache-2.0
#include "ui/lessons.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/io.h"
#include "base/util.h"

/* Beside the running program (build tree), or where they are installed. */
static char *find_folder(void)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	struct stat st;

	if (n > 0) {
		path[n] = '\0';
		char *folder = xasprintf("%.*s/lessons", (int)(strrchr(path, '/') - path), path);

		if (stat(folder, &st) == 0)
			return folder;
		free(folder);
	}
	return xstrdup(PKGDATADIR "/lessons");
}

/* Why it cannot be shown, or NULL. */
static char *load(const char *path, struct lesson *out)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct lesson_faults faults;
	struct buf text = { 0 };
	struct error err;
	char *trouble = NULL;

	if (fd < 0)
		return xasprintf("The lesson %s is not there.", path);
	if (io_read_all(fd, LESSON_MAX_BYTES, &text, &err) < 0) {
		buf_deinit(&text);
		return xasprintf("The lesson %s cannot be read: %s", path, err.msg);
	}
	if (!lesson_parse((const char *)text.data, text.len, out, &faults))
		trouble = xasprintf("%s:%u: %s", path, faults.v[0].line, faults.v[0].reason);
	lesson_faults_deinit(&faults);
	buf_deinit(&text);
	return trouble;
}

const struct lesson *lessons_find(struct lessons *l, const char *name, const char **trouble)
{
	struct lessons_item *item = NULL;

	for (size_t i = 0; i < l->n && !item; i++)
		if (strcmp(l->v[i].name, name) == 0)
			item = &l->v[i];
	if (!item) {
		_cleanup_(freep) char *path = NULL;

		if (!l->folder)
			l->folder = find_folder();
		path = xasprintf("%s/%s.txt", l->folder, name);
		array_reserve(l->v, l->n + 1, l->cap);
		item = &l->v[l->n++];
		*item = (struct lessons_item){ .name = name };
		item->trouble = load(path, &item->lesson);
	}
	*trouble = item->trouble;
	return item->trouble ? NULL : &item->lesson;
}

void lessons_deinit(struct lessons *l)
{
	for (size_t i = 0; i < l->n; i++) {
		lesson_deinit(&l->v[i].lesson);
		free(l->v[i].trouble);
	}
	free(l->v);
	free(l->folder);
	*l = (struct lessons){ 0 };
}
