// SPDX-License-Identifier: Apache-2.0
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/util.h"
#include "cmd/cmd.h"
#include "cmd/verify_run.h"
#include "export/json_writer.h"
#include "ui/text.h"

#define DEFAULT_SECONDS 2
#define MAX_SECONDS 3600
#define MAX_RATE_HZ 20000

/* Every engine that there is. */
static const struct verify_engine engines[] = {
	{ "bpf", ENGINE_BPF, .sees_kernel = true },
	{ "perf", ENGINE_PERF, .sees_kernel = true },
	{ "ptrace", ENGINE_PTRACE },
};

struct verify_options {
	const char *engine;	/* NULL: all */
	char *const *cases;	/* NULL: all */
	int n_cases;
	double seconds;
	uint32_t rate_hz;
	bool as_json;
};

/* What came of the cases of one engine, and of all. */
struct tally {
	unsigned int n, n_right;
	unsigned int n_shares, n_covered;
	double error, bias;	/* the largest; the sum over cases that were compared */
	unsigned int n_compared;
};

/* ---- saying ---- */

/* Names and reasons can hold bytes of the target. */
static void print_clean(const char *text)
{
	struct buf clean = { 0 };

	text_clean(&clean, text, strlen(text), true);
	fputs((const char *)clean.data, stdout);
	buf_deinit(&clean);
}

static bool is_right(const struct verify_result *r)
{
	return r->ran == RAN_COMPARED && r->verdict.ok;
}

/* The reason of what is not right. */
static const char *reason(const struct verify_result *r)
{
	return r->ran == RAN_COMPARED ? r->verdict.why : r->why;
}

static double rusage_kernel_share(const struct truth *t)
{
	return t->rusage_kernel_s / (t->rusage_user_s + t->rusage_kernel_s);
}

static void print_result(const struct verify_engine *e, const struct verify_case *c,
			 const struct verify_result *r)
{
	const struct verdict *v = &r->verdict;

	printf("%-8s %-10s", e->name, c->name);
	if (r->ran == RAN_COMPARED) {
		printf(" %7llu %6.1f%%  %4.1f +-%-4.1f %+5.1f  %5.1f%%  %s", (unsigned long long)v->n_samples,
		       100 * v->seen, 100 * v->error, 100 * v->error_half, 100 * v->bias,
		       100 * v->complete, v->ok ? "ok   " : "OFF  ");
		printf("%s", c->shows);
	} else {
		printf(" %41s  OFF  %s", "", c->shows);
	}
	if (!is_right(r)) {
		printf("\n%19s ", "");
		print_clean(reason(r));
	}
	printf("\n");
	if (r->ran == RAN_COMPARED && r->truth.rusage_kernel_s > 0 && e->sees_kernel)
		for (size_t i = 0; i < v->n_shares; i++)
			if (v->shares[i].line->kind == TRUTH_KERNEL)
				printf("%19s in the kernel: %.1f %% shown, %.1f %% true; getrusage, which counts ticks, says %.1f %%\n",
				       "", 100 * v->shares[i].shown.share, 100 * v->shares[i].truth,
				       100 * rusage_kernel_share(&r->truth));
	fflush(stdout);
}

static void print_tally(const struct verify_engine *e, uint32_t rate_hz, const struct tally *t)
{
	printf("%-8s at %u Hz: %u of %u right; largest error %.1f points, bias %+.1f; %u of %u intervals\n%8s have the truth, 95 %% are meant to\n\n",
	       e->name, rate_hz, t->n_right, t->n, 100 * t->error,
	       t->n_compared ? 100 * t->bias / t->n_compared : 0, t->n_covered, t->n_shares, "");
}

static void json_result(struct json *j, const struct verify_case *c, const struct verify_result *r)
{
	static const char *const kinds[] = { "total", "self", "thread", "kernel" };
	const struct verdict *v = &r->verdict;

	json_object(j, NULL);
	json_text(j, "name", c->name);
	json_bool(j, "right", is_right(r));
	json_text(j, "reason", is_right(r) ? NULL : reason(r));
	if (r->ran == RAN_COMPARED) {
		json_u64(j, "rate_hz", r->rate_hz);
		json_u64(j, "samples", v->n_samples);
		json_double(j, "cpu_s", r->truth.cpu_s);
		json_double(j, "cpu_seen", v->seen);
		json_double(j, "cpu_told", v->told);
		json_double(j, "error", v->error);
		json_double(j, "error_half_width", v->error_half);
		json_double(j, "bias", v->bias);
		json_double(j, "complete", v->complete);
		json_double(j, "wrong", v->wrong);
		json_double(j, "pending", v->pending);
		if (r->truth.rusage_kernel_s > 0)
			json_double(j, "rusage_kernel", rusage_kernel_share(&r->truth));
		json_array(j, "shares");
		for (size_t i = 0; i < v->n_shares; i++) {
			const struct verify_share *s = &v->shares[i];

			json_object(j, NULL);
			json_text(j, "of", kinds[s->line->kind]);
			json_text(j, "name", s->line->name);
			json_double(j, "truth", s->truth);
			json_double(j, "shown", s->shown.share);
			json_double(j, "low", s->shown.low);
			json_double(j, "high", s->shown.high);
			json_bool(j, "covered", s->covered);
			json_double(j, "allowed_low", fmax(0, s->low));
			json_double(j, "allowed_high", fmin(1, s->high));
			json_bool(j, "right", s->ok);
			json_end(j);
		}
		json_end(j);
	}
	json_end(j);
}

/* ---- doing ---- */

static bool wanted(const struct verify_options *o, const char *name)
{
	for (int i = 0; i < o->n_cases; i++)
		if (strcmp(o->cases[i], name) == 0)
			return true;
	return !o->n_cases;
}

static void add(struct tally *t, const struct verify_result *r)
{
	t->n++;
	t->n_right += is_right(r);
	if (r->ran != RAN_COMPARED)
		return;
	t->n_compared++;
	t->n_shares += (unsigned int)r->verdict.n_shares;
	t->n_covered += (unsigned int)r->verdict.n_covered;
	t->error = fmax(t->error, r->verdict.error);
	t->bias += r->verdict.bias;
}

/* All cases; an engine that does not even begin the first has none. */
static void verify_engine(const struct verify_options *o, const struct verify_engine *e,
			  struct json *j, struct tally *all)
{
	struct verify_result *r = xmalloc(sizeof(*r));
	struct tally t = { 0 };
	const char *why = NULL;
	uint32_t rate_hz = 0;

	if (j) {
		json_object(j, NULL);
		json_text(j, "name", e->name);
		json_array(j, "cases");
	}
	for (size_t i = 0; i < verify_n_cases && !why; i++) {
		const struct verify_case *c = &verify_cases[i];

		if (!wanted(o, c->name))
			continue;
		verify_run(e, c, o->seconds, o->rate_hz, r);
		if (r->ran == RAN_NO_ENGINE && !t.n) {
			why = r->why;
			continue;
		}
		add(&t, r);
		rate_hz = r->rate_hz ? r->rate_hz : rate_hz;
		if (j)
			json_result(j, c, r);
		else
			print_result(e, c, r);
	}
	if (j) {
		json_end(j);
		json_bool(j, "works", !why);
		json_text(j, "note", why);
		json_end(j);
	} else if (why) {
		printf("%-8s does not work here: ", e->name);
		print_clean(why);
		printf("\n\n");
	} else {
		print_tally(e, rate_hz, &t);
	}
	all->n += t.n;
	all->n_right += t.n_right;
	free(r);
}

static int verify(const struct verify_options *o)
{
	struct json json = json_start(stdout), *j = o->as_json ? &json : NULL;
	struct tally all = { 0 };

	if (j) {
		json_object(j, NULL);
		json_text(j, "schema", "cprofd-verify");
		json_u64(j, "schema_version", 1);
		json_array(j, "engines");
	} else {
		printf("ENGINE   CASE       SAMPLES    CPU  ERROR      BIAS   STACKS       (programs of %g s)\n",
		       o->seconds);
	}
	for (size_t i = 0; i < array_len(engines); i++)
		if (!o->engine || strcmp(o->engine, engines[i].name) == 0)
			verify_engine(o, &engines[i], j, &all);
	if (j) {
		json_end(j);
		json_u64(j, "right", all.n_right);
		json_u64(j, "of", all.n);
		json_end(j);
		json_finish(j);
	} else {
		printf("%u of %u right\n", all.n_right, all.n);
	}
	return cmd_finish_stdout(&cmd_verify, !all.n ? EXIT_UNSUPPORTED
					      : all.n_right < all.n ? EXIT_INTERNAL : EXIT_OK);
}

/* ---- options ---- */

static bool is_engine(const char *name)
{
	for (size_t i = 0; i < array_len(engines); i++)
		if (strcmp(engines[i].name, name) == 0)
			return true;
	return false;
}

static bool is_case(const char *name)
{
	for (size_t i = 0; i < verify_n_cases; i++)
		if (strcmp(verify_cases[i].name, name) == 0)
			return true;
	return false;
}

static int run(int argc, char **argv)
{
	enum { OPT_ENGINE = 1000, OPT_JSON };
	static const struct option long_options[] = {
		{ "engine", required_argument, NULL, OPT_ENGINE },
		{ "help", no_argument, NULL, 'h' },
		{ "json", no_argument, NULL, OPT_JSON },
		{ NULL, 0, NULL, 0 },
	};
	struct verify_options o = { .seconds = DEFAULT_SECONDS };
	int opt, code = 0;

	opterr = 0;
	while ((opt = getopt_long(argc, argv, "hd:F:", long_options, NULL)) != -1) {
		switch (opt) {
		case 'h':
			cmd_print_help(&cmd_verify);
			return cmd_finish_stdout(&cmd_verify, EXIT_OK);
		case 'd':
			o.seconds = cmd_number(&cmd_verify, "-d", optarg, 0.1, MAX_SECONDS, &code);
			break;
		case 'F':
			o.rate_hz = (uint32_t)cmd_number(&cmd_verify, "-F", optarg, 1, MAX_RATE_HZ, &code);
			break;
		case OPT_ENGINE:
			if (strcmp(optarg, "auto") != 0 && !is_engine(optarg))
				return cmd_usage(&cmd_verify, "--engine %s: there is no such engine", optarg);
			o.engine = strcmp(optarg, "auto") == 0 ? NULL : optarg;
			break;
		case OPT_JSON:
			o.as_json = true;
			break;
		default:
			return cmd_usage(&cmd_verify, "an option is unknown or lacks its value");
		}
		if (code)
			return code;
	}
	o.cases = argv + optind;
	o.n_cases = argc - optind;
	for (int i = 0; i < o.n_cases; i++)
		if (!is_case(o.cases[i]))
			return cmd_usage(&cmd_verify, "%s: there is no such case", o.cases[i]);
	return verify(&o);
}

const struct cmd cmd_verify = {
	.name = "verify",
	.synopsis = "[OPTIONS] [CASE...]",
	.summary = "try every engine on programs whose profile is known",
	.help =
		"Records programs of its own that measure themselves, with every engine that\n"
		"works here, and says how far each is from the truth.  The cases: shares,\n"
		"recursion, deep, deeper, lockstep, threads, signal, syscalls.  Ends with 70 if\n"
		"anything is off.\n\n"
		"  --engine NAME      this one; auto (the default) is all\n"
		"  -d SECONDS         CPU time of each program (default 2)\n"
		"  -F HZ              samples a second (default the engine's own)\n"
		"  --json             for programs\n"
		"  -h, --help         this text\n",
	.run = run,
};
