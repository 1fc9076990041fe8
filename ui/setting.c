// SPDX-License-Identifier: Apache-2.0
#include "ui/setting.h"

#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "ui/app.h"

const struct setting settings[APP_SETTINGS] = {
	[APP_SET_ASCII] = { "ascii", { "off", "on" }, "draw with ASCII only" },
	[APP_SET_COLOR] = { "color", { "auto", "always", "never" }, "colours" },
	[APP_SET_THEME] = { "theme", { "safe", "dark", "light" }, "the terminal's background" },
	[APP_SET_PALETTE] = { "palette", { "usual", "solarized", "distinct" }, "hues" },
	[APP_SET_CLIPBOARD] = { "clipboard", { "off", "on" }, "y copies the name" },
	[APP_SET_MOUSE] = { "mouse", { "off", "on" }, "clicks and the wheel" },
	[APP_SET_FLAME] = { "flame", { "kind", "hash", "module" }, "shade of boxes" },
};

/* Words with something between them. */
static void put_word(struct buf *list, const char *separator, const char *word)
{
	if (list->len)
		buf_put(list, separator, strlen(separator));
	buf_put(list, word, strlen(word) + 1);
	list->len--;
}

/* "safe|dark|light"; the caller frees it. */
static char *all_values(const struct setting *s)
{
	struct buf list = { 0 };

	for (int v = 0; v < SETTING_VALUES && s->values[v]; v++)
		put_word(&list, "|", s->values[v]);
	return (char *)list.data;
}

/* The number of its value; what was not set is as the terminal is. */
static int value_of(const struct app *a, int i)
{
	if (a->set[i] >= 0)
		return a->set[i];
	return i == APP_SET_ASCII && !a->utf8;
}

static char *columns_text(const struct app *a)
{
	struct buf text = { 0 };

	function_columns_write(&a->columns, &text);
	buf_put_u8(&text, '\0');
	return (char *)text.data;
}

/* ---- the box of all ---- */

static void ask(struct app *a, uint32_t at);

/* The next value of a setting, or a line to edit where it has no few. */
static void chosen(struct app *a)
{
	uint32_t i = a->dialog.list.cursor;
	_cleanup_(freep) char *line = NULL, *columns = NULL;
	int next;

	if (i >= APP_SETTINGS) {
		columns = columns_text(a);
		line = xasprintf("set %s %s", SETTING_COLUMNS, columns);
		prompt_open(&a->prompt, ':', line);
		app_say(a, "Tab completes; \"usual\" is what there is room for");
		return;
	}
	next = value_of(a, (int)i) + 1;
	if (next == SETTING_VALUES || !settings[i].values[next])
		next = 0;
	line = xasprintf("%s %s", settings[i].name, settings[i].values[next]);
	setting_take(a, line);
	ask(a, i);
}

static void ask(struct app *a, uint32_t at)
{
	_cleanup_(freep) char *columns = columns_text(a);

	dialog_open(&a->dialog, "Settings", "Enter: the next value; Esc closes");
	for (int i = 0; i < APP_SETTINGS; i++) {
		_cleanup_(freep) char *values = all_values(&settings[i]);

		dialog_offer(&a->dialog, 0, DIALOG_PICK, "%-10s %-8s %-24s %s", settings[i].name,
			     settings[i].values[value_of(a, i)], values, settings[i].help);
	}
	dialog_offer(&a->dialog, 0, DIALOG_PICK, "%-10s %s", SETTING_COLUMNS, columns);
	a->dialog.list.cursor = at;
	app_ask(a, chosen);
}

/* ---- one ---- */

static void take_columns(struct app *a, const char *value)
{
	_cleanup_(freep) char *text = NULL;
	struct function_columns shown;
	struct error err;

	if (function_columns_parse(value, &a->columns, &err) < 0) {
		app_refuse(a, "%s", err.msg);
		return;
	}
	text = columns_text(a);
	if (a->view_width)
		function_columns_lay(&a->columns, a->model->p, &a->model->sum, a->view_width, &shown);
	if (a->view_width && shown.n < a->columns.n)
		app_say(a, "columns are %s; there is room for %u, or nothing to show", text, shown.n);
	else
		app_say(a, "columns are %s", text);
}

static void take_value(struct app *a, int i, const char *value)
{
	const struct setting *s = &settings[i];
	_cleanup_(freep) char *values = all_values(s);

	for (int v = 0; v < SETTING_VALUES && s->values[v]; v++) {
		if (strcmp(s->values[v], value) != 0)
			continue;
		a->set[i] = v;
		a->asked_look |= i != APP_SET_CLIPBOARD && i != APP_SET_FLAME;
		app_say(a, "%s is %s%s", s->name, value,
			i == APP_SET_MOUSE && v ? " (Shift-drag selects text)" :
			i == APP_SET_FLAME && v ? ", where a colour has two shades" : "");
		return;
	}
	app_refuse(a, "there is :set %s %s", s->name, values);
}

static void say_names(struct app *a, const char *name, size_t len)
{
	struct buf list = { 0 };

	for (int i = 0; i < APP_SETTINGS; i++)
		put_word(&list, ", ", settings[i].name);
	app_refuse(a, "\"%.*s\" is no setting; there are %s, %s", (int)len, name,
		   (const char *)list.data, SETTING_COLUMNS);
	buf_deinit(&list);
}

void setting_take(struct app *a, const char *text)
{
	size_t len = strcspn(text, " ");
	const char *value = text + len + strspn(text + len, " ");

	if (!len) {
		ask(a, 0);
		return;
	}
	if (strlen(SETTING_COLUMNS) == len && memcmp(text, SETTING_COLUMNS, len) == 0) {
		take_columns(a, value);
		return;
	}
	for (int i = 0; i < APP_SETTINGS; i++) {
		if (strlen(settings[i].name) == len && memcmp(settings[i].name, text, len) == 0) {
			take_value(a, i, value);
			return;
		}
	}
	say_names(a, text, len);
}

/* FNV-1a, and its bits mixed: one that is even is as likely as one that is not. */
uint32_t setting_hash(const char *name)
{
	uint32_t hash = 0x811c9dc5;

	for (const char *c = name; *c; c++)
		hash = (hash ^ (uint8_t)*c) * 0x01000193;
	return hash ^ hash >> 16;
}
