// SPDX-License-Identifier: Apache-2.0
/*
 * export/json_writer.h - write JSON to a stream without keeping it in memory.
 *
 *	struct json j = json_start(out);
 *
 *	json_object(&j, NULL);
 *	json_string(&j, "name", name, strlen(name));
 *	json_array(&j, "values");
 *	json_u64(&j, NULL, 42);
 *	json_end(&j);			the array
 *	json_end(&j);			the object
 *	json_finish(&j);
 *
 * Keys are literals, NULL within an array.  What comes out is always valid: bytes
 * that are no UTF-8 become U+FFFD, numbers that are not finite become null.  Write
 * errors are the stream's: ask ferror().
 */
#ifndef CPROFD_EXPORT_JSON_WRITER_H
#define CPROFD_EXPORT_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_MAX_DEPTH 32

struct json {
	FILE *out;
	unsigned int depth;
	bool any[JSON_MAX_DEPTH];	/* something was written at this depth */
	char closing[JSON_MAX_DEPTH];
};

struct json json_start(FILE *out);

/* End with a newline; everything has to be ended. */
void json_finish(struct json *j);

void json_object(struct json *j, const char *key);
void json_array(struct json *j, const char *key);
void json_end(struct json *j);

void json_string(struct json *j, const char *key, const char *s, size_t len);
void json_text(struct json *j, const char *key, const char *s);	/* NULL: null */
void json_u64(struct json *j, const char *key, uint64_t n);
void json_double(struct json *j, const char *key, double v);
void json_bool(struct json *j, const char *key, bool v);
void json_null(struct json *j, const char *key);

#endif
