// SPDX-License-Identifier: Apache-2.0
/* The document is described in cprofd-report-json(5); change both together. */
#include "base/util.h"
#include "export/json_writer.h"
#include "ui/compare_text.h"
#include "ui/report_compare.h"

#define SCHEMA_VERSION 1

static void put_side(struct json *j, const struct report_compare *r, const char *key, int side)
{
	const struct compare_side *s = &r->sides[side];
	const struct compare_total *t = &r->c->total[side];

	json_object(j, key);
	json_text(j, "file", r->files[side]);
	json_text(j, "program", profile_title(s->p));
	json_u64(j, "start_unix_ns", s->p->start_real_ns);
	json_u64(j, "from_ns", s->sum->from_ns - s->p->start_ns);
	json_u64(j, "to_ns", s->sum->to_ns - s->p->start_ns);
	json_u64(j, "samples", t->samples);
	json_double(j, "lost", t->lost);
	json_u64(j, "cpu_ns", t->cpu_ns);
	json_u64(j, "blocks", t->n_blocks);
	json_double(j, "value", t->value);
	json_end(j);
}

static void put_change(struct json *j, const char *key, bool known, double value, double low,
		       double high)
{
	if (!known) {
		json_null(j, key);
		return;
	}
	json_object(j, key);
	json_double(j, "value", value);
	json_double(j, "low", low);
	json_double(j, "high", high);
	json_end(j);
}

static const char *verdict_name(enum compare_verdict verdict)
{
	static const char *const names[] = {
		[COMPARE_NO_EVIDENCE] = "no-evidence", [COMPARE_LESS] = "less",
		[COMPARE_GONE] = "gone", [COMPARE_MORE] = "more", [COMPARE_NEW] = "new",
		[COMPARE_UNTESTED] = "not-tested",
	};

	return names[verdict];
}

static const char *kind_name(enum compare_kind kind)
{
	static const char *const names[] = {
		[COMPARE_FUNCTION] = "function", [COMPARE_UNNAMED] = "unnamed",
		[COMPARE_KERNEL] = "kernel", [COMPARE_OTHERS] = "others",
		[COMPARE_FILTERED] = "filtered-out",
	};

	return names[kind];
}

static void put_row_side(struct json *j, const struct report_compare *r,
			 const struct compare_row *row, const char *key, int side)
{
	const struct profile *p = r->sides[side].p;
	const struct profile_function *f = row->function[side] == RECORD_NONE
		? NULL : &p->functions[row->function[side]];

	json_object(j, key);
	json_u64(j, "samples", row->samples[side]);
	json_double(j, "value", row->value[side]);
	json_u64(j, "functions", row->n_functions[side]);
	json_text(j, "module", f && f->module != RECORD_NONE
		  ? profile_string(p, p->modules[f->module].path) : NULL);
	json_text(j, "file", f && f->file ? profile_string(p, f->file) : NULL);
	json_u64(j, "line", f ? f->line : 0);
	json_end(j);
}

static void put_row(struct json *j, const struct report_compare *r, const struct compare_row *row)
{
	_cleanup_(freep) char *name = compare_row_name(r->sides, row);
	const char kind[] = { compare_row_kind(r->sides, row), '\0' };

	json_object(j, NULL);
	json_text(j, "row", kind_name(row->kind));
	json_text(j, "name", name);
	json_text(j, "kind", *kind == ' ' ? NULL : kind);
	put_row_side(j, r, row, "a", COMPARE_A);
	put_row_side(j, r, row, "b", COMPARE_B);
	put_change(j, "change", row->low < row->high, row->change, row->low, row->high);
	json_text(j, "verdict", verdict_name(row->verdict));
	json_bool(j, "matched_by_name", row->by_name);
	json_end(j);
}

void report_compare_json(const struct report_compare *r)
{
	static const char *const trouble[] = {
		[COMPARE_FINE] = NULL, [COMPARE_FEW] = "few-samples", [COMPARE_LOST] = "lost",
		[COMPARE_SHORT] = "short",
	};
	const struct compare *c = r->c;
	struct json j = json_start(r->page->out);

	json_object(&j, NULL);
	json_text(&j, "schema", "cprofd-compare");
	json_u64(&j, "schema_version", SCHEMA_VERSION);
	json_text(&j, "unit", compare_unit_name(c->unit));
	put_side(&j, r, "a", COMPARE_A);
	put_side(&j, r, "b", COMPARE_B);
	put_change(&j, "change", c->change_known, c->change.share, c->change.low, c->change.high);
	json_text(&j, "trouble", trouble[c->trouble]);
	json_bool(&j, "rough", c->rough);
	json_bool(&j, "alike", c->alike);
	json_u64(&j, "tested", c->n_tested);
	json_array(&j, "rows");
	for (uint32_t i = 0; i < c->n_rows; i++)
		if ((!r->only_evidence || compare_has_evidence(&c->rows[i])) &&
		    (!r->limit || i < r->limit))
			put_row(&j, r, &c->rows[i]);
	json_end(&j);
	json_end(&j);
	json_finish(&j);
}
