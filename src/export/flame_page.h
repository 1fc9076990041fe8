// SPDX-License-Identifier: Apache-2.0
/*
 * export/flame_page.h - what the flame graphs in files have in common: the boxes, and
 * everything that is said about them.
 *
 *	if (flame_page_init(&page, job, columns, err) < 0)
 *		return -1;		ENODATA: there is nothing to draw
 *	title = flame_page_title(&page);
 *	flame_page_deinit(&page);
 *
 * The caller frees each text.  All of them are UTF-8 without control characters, whatever
 * the target's names are, but not escaped: flame_page_escape() does that for XML and HTML.
 */
#ifndef CPROFD_EXPORT_FLAME_PAGE_H
#define CPROFD_EXPORT_FLAME_PAGE_H

#include "export/export.h"
#include "profile/flame.h"
#include "profile/ledger.h"

struct flame_page {
	const struct export_job *job;
	struct summary sum;
	struct ledger ledger;
	struct flame flame;
};

int flame_page_init(struct flame_page *page, const struct export_job *job, uint32_t columns,
		    struct error *err);
void flame_page_deinit(struct flame_page *page);

/* "shop (pid 4242)" */
char *flame_page_title(const struct flame_page *page);

/* What it is of, and how good: "30.0 s; 4,812 samples = 24.2 s of CPU; lost 0; cut 0" */
char *flame_page_scope(const struct flame_page *page);

/* Functions that have no box, and their share; NULL: none. */
char *flame_page_narrow(const struct flame_page *page);

/* What a box is called, without its recursion, and where its code is ("" if not known). */
char *flame_page_name(const struct flame_page *page, const struct flame_box *box);
char *flame_page_place(const struct flame_page *page, const struct flame_box *box);

/* What the letter of a kind stands for: "Python", "kernel" ... */
const char *flame_page_kind(char kind);

/* The kinds of code that there are in this profile, as letters. */
const char *flame_page_kinds(const struct flame_page *page);

/* Clean text as the content of an XML element or attribute. */
void flame_page_escape(FILE *out, const char *text);

#endif
