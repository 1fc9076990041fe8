// SPDX-License-Identifier: Apache-2.0
/*
 * A file of pstats, or counts of calls: what is made of it is a recording that can be read,
 * whose sums are those that the functions have, or nothing.
 */
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/util.h"
#include "import/import.h"
#include "profile/butterfly.h"
#include "profile/profile_load.h"

static void check(int fd)
{
	const struct selection all = { 0 };
	struct profile_load *load;
	struct summary sum;
	struct error err;

	if (profile_load_open(fd, &load, &err) < 0)
		abort();
	/* More calls or time than a sum can hold are refused there. */
	if (profile_load_more(load, &err) < 0) {
		if (err.code != EBADMSG || !strstr(err.msg, "cannot be"))
			abort();
		profile_load_close(load);
		return;
	}

	const struct profile *p = profile_load_profile(load);

	if (!p->n_measured || !p->ended)
		abort();
	summary_make(p, &all, &sum);
	if (!sum.measured)
		abort();
	for (uint32_t i = 0; i < p->n_functions && i < 8; i++) {
		struct butterfly b;

		butterfly_make(p, &sum, i, 2, &b);
		if (b.total.weight_ns != sum.functions[i].total.weight_ns)
			abort();
		butterfly_deinit(&b);
	}
	summary_deinit(&sum);
	profile_load_close(load);
}

/* No more calls than can be are in it. */
static void check_counts(int fd)
{
	struct profile_load *load;
	struct error err;

	if (profile_load_open(fd, &load, &err) < 0 || profile_load_more(load, &err) < 0 ||
	    !profile_load_profile(load)->ended || profile_load_profile(load)->n_measured)
		abort();
	profile_load_close(load);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	_cleanup_(closep) int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct error err;

	if (import_is_counts(data, len)) {
		if (import_counts(data, len, fd, &err) == 0)
			check_counts(fd);
		return 0;
	}
	if (import_pstats(data, len, 1, fd, &err) == 0)
		check(fd);
	else if (err.code != EBADMSG && err.code != EFBIG)
		abort();
	return 0;
}

/* ---- seeds: as the versions of Python write them ---- */

static void put_text(struct buf *b, char letter, const char *text)
{
	buf_put_u8(b, (uint8_t)letter);
	buf_put_u32(b, (uint32_t)strlen(text));
	buf_put(b, text, strlen(text));
}

static void put_int(struct buf *b, uint32_t v)
{
	buf_put_u8(b, 'i');
	buf_put_u32(b, v);
}

static void put_float(struct buf *b, double v)
{
	buf_put_u8(b, 'g');
	buf_put(b, &v, sizeof(v));
}

static void put_list(struct buf *b, uint32_t n)
{
	buf_put_u8(b, '(');
	buf_put_u32(b, n);
}

static void put_sums(struct buf *b, uint32_t n, uint32_t calls)
{
	put_list(b, n);
	put_int(b, calls);
	put_int(b, calls / 2);
	put_float(b, .25);
	put_float(b, 1.5);
}

static void put_key(struct buf *b, const char *file, uint32_t line, const char *name)
{
	put_list(b, 3);
	put_text(b, 'u', file);
	put_int(b, line);
	put_text(b, 'u', name);
}

static void plain_seed(struct buf *b)
{
	buf_put_u8(b, '{');
	put_key(b, "a.py", 7, "f");
	put_sums(b, 5, 12);
	buf_put_u8(b, '{');
	put_key(b, "~", 0, "<built-in method time.sleep>");
	put_sums(b, 4, 4);
	put_key(b, "a.py", 7, "f");
	put_int(b, 3);
	buf_put(b, "00", 2);
}

/* What is referred to has bit 7. */
static void reference_seed(struct buf *b)
{
	static const uint8_t key[] = "\xa9\x03\xda\x04""a.py\xe9\x07\0\0\0\xda\x01""f";
	static const uint8_t long_calls[] = "l\x03\0\0\0\x01\0\x02\0\x03\0l\x02\0\0\0\x01\0\x02\0";

	buf_put_u8(b, '{');
	buf_put(b, key, sizeof(key) - 1);
	put_list(b, 5);
	buf_put(b, long_calls, sizeof(long_calls) - 1);
	put_float(b, 1);
	buf_put(b, "f\x03""2.5", 5);
	buf_put_u8(b, '{');
	buf_put(b, "r\0\0\0\0", 5);
	put_int(b, 3);
	buf_put(b, "00", 2);
}

static void python2_seed(struct buf *b)
{
	buf_put_u8(b, '{');
	put_list(b, 3);
	put_text(b, 't', "a.py");
	buf_put(b, "I\x07\0\0\0\0\0\0\0R\0\0\0\0", 14);
	put_sums(b, 5, 2);
	buf_put(b, "{00", 3);
}

static void counts_seed(struct buf *b)
{
	const uint64_t words[] = { 0x030c02, 64 + 24 + 16, 3, 1000, 1000, 0, 0,
				   17, 3 | 4ull << 32 | 1ull << 48 };

	buf_put(b, IMPORT_COUNTS_MAGIC, 8);
	buf_put(b, words, sizeof(words));
	buf_put(b, "a.pyf\0\0\0", 8);
	buf_put(b, (uint64_t[2]){ 1, 9 }, 16);
}

size_t fuzz_seed(unsigned int i, uint8_t *buf, size_t cap)
{
	static void (*const seeds[])(struct buf *b) = { plain_seed, reference_seed, python2_seed,
						counts_seed };
	struct buf b = { 0 };
	size_t n;

	if (i >= array_len(seeds))
		return 0;
	seeds[i](&b);
	n = min_of(b.len, cap);
	memcpy(buf, b.data, n);
	buf_deinit(&b);
	return n;
}
