// SPDX-License-Identifier: Apache-2.0
#include "export/flame_page.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/text_number.h"
#include "base/utf8.h"
#include "base/util.h"
#include "profile/filter.h"

int flame_page_init(struct flame_page *page, const struct export_job *job, uint32_t columns,
		    struct error *err)
{
	*page = (struct flame_page){ .job = job };
	summary_make(job->p, job->selection, &page->sum);
	if (!page->sum.base_ns) {
		summary_deinit(&page->sum);
		return error_set(err, ENODATA, "there is no CPU time to draw");
	}
	ledger_make(job->p, job->selection, &page->sum, &page->ledger);
	flame_init(&page->flame, job->p, &page->sum);
	flame_lay(&page->flame, &(struct flame_how){ .columns = columns });
	return 0;
}

void flame_page_deinit(struct flame_page *page)
{
	flame_deinit(&page->flame);
	ledger_deinit(&page->ledger);
	summary_deinit(&page->sum);
}

/* ---- text ---- */

static void put(struct buf *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void put(struct buf *out, const char *fmt, ...)
{
	char text[256];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	buf_put(out, text, min_of((size_t)n, sizeof(text) - 1));
}

/* Bytes of the target: what cannot be shown as it is, is shown as a code like \x1b. */
static void put_clean(struct buf *out, const char *s)
{
	const char *end = s + strlen(s);

	while (s < end) {
		uint32_t cp = 0;
		size_t n = utf8_decode(s, end, &cp);

		if (n == 0)
			put(out, "\\x%02x", (unsigned char)*s);
		else if (cp < 0x80 && utf8_is_control(cp))
			put(out, "\\x%02x", cp);
		else if (utf8_is_control(cp) || (cp & 0xfffe) == 0xfffe)	/* not XML's */
			put(out, cp > 0xffff ? "\\U%08x" : "\\u%04x", cp);
		else
			buf_put(out, s, n);
		s += n ? n : 1;
	}
}

static char *text_of(struct buf *b)
{
	buf_put_u8(b, '\0');
	return (char *)b->data;
}

static char *clean(const char *s)
{
	struct buf b = { 0 };

	put_clean(&b, s);
	return text_of(&b);
}

void flame_page_escape(FILE *out, const char *text)
{
	for (; *text; text++)
		switch (*text) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\'':
			fputs("&#39;", out);
			break;
		default:
			fputc(*text, out);
		}
}

/* ---- the whole ---- */

char *flame_page_title(const struct flame_page *page)
{
	const struct profile *p = page->job->p;
	const struct profile_process *process = profile_main_process(p);
	const char *title = profile_title(p);
	struct buf b = { 0 };

	put_clean(&b, title ? title : "nothing that has a name");
	if (process)
		put(&b, " (pid %u)", process->pid);
	return text_of(&b);
}

static void put_samples(const struct flame_page *page, struct buf *b)
{
	const struct summary *sum = &page->sum;
	char n[TEXT_NUMBER], time[TEXT_NUMBER];

	put(b, "; %s sample%s = %s of CPU", text_count(n, sum->received.count),
	    sum->received.count == 1 ? "" : "s", text_time(time, sum->received.weight_ns));
	if (sum->hidden_ns)
		put(b, " and %s in the kernel without samples", text_time(time, sum->hidden_ns));
}

static void put_lost(const struct flame_page *page, struct buf *b)
{
	const struct summary *sum = &page->sum;
	struct sum cut = page->ledger.cut;
	char n[TEXT_NUMBER], share[TEXT_NUMBER];

	put(b, "; lost %s", text_count(n, sum->lost.count ? sum->lost.count
							  : sum->lost_of_all.count));
	if (sum->lost.count)
		put(b, " (%s%%)", text_percent(share, summary_lost(sum).share, false));
	else if (sum->lost_of_all.count)
		put(b, " of all threads");
	put(b, "; cut %s", text_count(n, cut.count));
	if (cut.count)
		put(b, " (%s%%)", text_percent(share, (double)cut.weight_ns /
					       (double)sum->received.weight_ns, false));
}

/* The selection, as far as it is not everything. */
static void put_selection(const struct flame_page *page, struct buf *b)
{
	const struct profile *p = page->job->p;
	const struct selection *s = page->job->selection;

	if (s->from_ns || s->to_ns)
		put(b, "; only %.3f s to %.3f s",
		    (double)(page->sum.from_ns - p->start_ns) / NS_PER_S,
		    (double)(page->sum.to_ns - p->start_ns) / NS_PER_S);
	for (size_t i = 0; i < s->n_threads; i++) {
		const struct profile_thread *t = &p->threads[s->threads[i]];

		put(b, "; %sthread %u ", i ? "" : "only ", t->tid);
		put_clean(b, profile_string(p, t->name));
	}
	if (s->filter) {
		put(b, "; filter ");
		put_clean(b, filter_pattern(s->filter));
	}
	if (s->by_module) {
		put(b, "; only ");
		put_clean(b, profile_module_name(p, s->module));
	}
}

char *flame_page_scope(const struct flame_page *page)
{
	const struct profile *p = page->job->p;
	char time[TEXT_NUMBER];
	struct buf b = { 0 };

	put(&b, "%s", text_time(time, page->sum.to_ns - page->sum.from_ns));
	put_samples(page, &b);
	put_lost(page, &b);
	put_selection(page, &b);
	if (profile_has_python(p))
		put(&b, "; %s frames", frame_mode_name(p->shown.mode));
	return text_of(&b);
}

char *flame_page_narrow(const struct flame_page *page)
{
	const struct flame *f = &page->flame;
	char n[TEXT_NUMBER], share[TEXT_NUMBER];

	if (!f->narrow.n)
		return NULL;
	return xasprintf("%s function%s too narrow for a box of %s (%s%% in all)",
			 text_count(n, f->narrow.n), f->narrow.n == 1 ? " is" : "s are",
			 f->narrow.n == 1 ? "its own" : "their own",
			 text_percent(share, summary_share(&page->sum, f->narrow.sum.weight_ns),
				      false));
}

/* ---- a box ---- */

char *flame_page_name(const struct flame_page *page, const struct flame_box *box)
{
	const struct profile *p = page->job->p;
	char n[TEXT_NUMBER];

	switch (box->kind) {
	case FLAME_ALL:
		return xstrdup("all");
	case FLAME_REST:
		return xasprintf("%s more", text_count(n, box->n));
	case FLAME_HIDDEN:
		return xstrdup(EXPORT_HIDDEN);
	case FLAME_FILTERED:
		return xstrdup("[filtered out]");
	case FLAME_FUNCTION:
		break;
	}
	return clean(profile_string(p, p->functions[box->function].name));
}

char *flame_page_place(const struct flame_page *page, const struct flame_box *box)
{
	const struct profile *p = page->job->p;
	const struct profile_function *f;
	struct buf b = { 0 };
	const char *file;

	if (box->kind != FLAME_FUNCTION)
		return xstrdup("");
	f = &p->functions[box->function];
	file = profile_string(p, f->file);
	put_clean(&b, *file ? file : f->module == RECORD_NONE ? ""
			    : profile_string(p, p->modules[f->module].path));
	if (*file && f->line)
		put(&b, ":%u", f->line);
	return text_of(&b);
}

const char *flame_page_kind(char kind)
{
	switch (kind) {
	case 'P':
		return "Python";
	case 'N':
		return "native";
	case 'L':
		return "library";
	case 'K':
		return "kernel";
	default:
		return "unknown";
	}
}

const char *flame_page_kinds(const struct flame_page *page)
{
	return profile_has_python(page->job->p) ? "PNLK?" : "NLK?";
}
