// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <string.h>

#include "base/util.h"
#include "ui/app.h"
#include "ui/dialogs.h"
#include "ui/text.h"

static const char *whose(char kind)
{
	switch (kind) {
	case 'P':
		return "written in Python";
	case 'N':
		return "code of the program itself";
	case 'L':
		return "code of a library, or the interpreter";
	case 'K':
		return "code of the kernel";
	default:
		return "nobody knows whose code this is";
	}
}

static void say_function(struct dialog *d, const struct profile *p, uint32_t function)
{
	const struct profile_function *f = &p->functions[function];
	const char *file = profile_string(p, f->file);

	dialog_say(d, "%s", profile_string(p, f->name));
	if (function == FUNCTION_EMPTY || f->outcome) {
		dialog_say(d, "no function: it stands for what is missing of stacks");
		return;
	}
	if (*file && f->line)
		dialog_say(d, "declared in %s:%u", file, f->line);
	else if (*file)
		dialog_say(d, "in %s", file);
	if (f->module != RECORD_NONE) {
		const char *path = profile_string(p, p->modules[f->module].path);

		dialog_say(d, "%s: %s", *path ? path : profile_module_name(p, f->module),
			   whose(profile_function_kind(p, function)));
	}
	if (f->source == SYMBOL_PYTHON)
		return;		/* it is at no address */
	if (f->vaddr && f->size)
		dialog_say(d, "address 0x%" PRIx64 ", %" PRIu64 " bytes", f->vaddr, f->size);
	else if (f->vaddr)
		dialog_say(d, "address 0x%" PRIx64, f->vaddr);
}

void name_show(struct app *a)
{
	const struct profile *p = a->model->p;

	if (a->function == RECORD_NONE) {
		app_say(a, "no function is selected");
		return;
	}
	dialog_open(&a->dialog, "Function", a->set[APP_SET_CLIPBOARD]
		    ? "its name is in the clipboard now; Esc closes" : "Esc closes");
	say_function(&a->dialog, p, a->function);
	app_ask(a, NULL);
	if (a->set[APP_SET_CLIPBOARD]) {
		const char *name = profile_string(p, p->functions[a->function].name);
		struct buf clean = { 0 };

		text_clean(&clean, name, strlen(name), a->utf8);
		free(a->asked_copy);
		a->asked_copy = (char *)clean.data;
	}
}
