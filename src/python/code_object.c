// SPDX-License-Identifier: Apache-2.0
#include "python/code_object.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "base/util.h"
#include "python/line_table.h"

#define MAX_STRUCT 512u		/* bytes of a structure that are looked at */
#define MAX_LENGTH (1u << 30)	/* of a str; what claims to be longer is none */

static uint64_t u64_at(const uint8_t *object, uint32_t at)
{
	uint64_t v;

	memcpy(&v, object + at, sizeof(v));
	return v;
}

static uint32_t u32_at(const uint8_t *object, uint32_t at)
{
	uint32_t v;

	memcpy(&v, object + at, sizeof(v));
	return v;
}

static uint32_t code_name_at(const struct layout *layout)
{
	return layout->code_qualname != LAYOUT_NONE ? layout->code_qualname : layout->code_name;
}

/* Up to where the line table is, which is the last field in every version; 0: not read. */
static size_t read_code(const struct layout *layout, const struct python_memory *memory,
			uint64_t addr, uint8_t code[MAX_STRUCT])
{
	const uint32_t last = layout->code_linetable;
	const uint32_t before[] = { layout->object_type, layout->code_firstlineno,
				    layout->code_filename, code_name_at(layout) };

	if (last > MAX_STRUCT - 8)
		return 0;
	for (size_t i = 0; i < array_len(before); i++)
		if (before[i] > last - min_of(last, 8u))
			return 0;
	return memory_read(memory, addr, code, last + 8) ? last + 8 : 0;
}

static bool read_line_table(const struct layout *layout, const struct python_memory *memory,
			    uint64_t addr, struct code_object *out)
{
	uint64_t len;

	if (layout->object_var_size == LAYOUT_NONE || layout->bytes_data == LAYOUT_NONE ||
	    !memory_read_u64(memory, addr + layout->object_var_size, &len) || len > INT64_MAX)
		return false;
	if (len == 0 || len > CODE_MAX_LINE_TABLE)
		return true;
	out->line_table = xmalloc(len);
	out->line_table_len = len;
	return memory_read(memory, addr + layout->bytes_data, out->line_table, len);
}

bool code_object_read(const struct layout *layout, const struct python_memory *memory,
		      uint64_t code_type, uint64_t addr, struct code_object *out)
{
	uint8_t code[MAX_STRUCT];

	*out = (struct code_object){ 0 };
	if (!read_code(layout, memory, addr, code) ||
	    u64_at(code, layout->object_type) != code_type)
		return false;
	out->first_line = (int32_t)u32_at(code, layout->code_firstlineno);
	if (layout->code_code_adaptive != LAYOUT_NONE)
		out->instructions = addr + layout->code_code_adaptive;
	out->name = python_str_read(layout, memory, u64_at(code, code_name_at(layout)));
	out->file = python_str_read(layout, memory, u64_at(code, layout->code_filename));
	if (out->name && out->file &&
	    read_line_table(layout, memory, u64_at(code, layout->code_linetable), out))
		return true;
	code_object_deinit(out);
	return false;
}

void code_object_deinit(struct code_object *code)
{
	free(code->name);
	free(code->file);
	free(code->line_table);
	*code = (struct code_object){ 0 };
}

uint64_t code_object_name_hash(const struct layout *layout, const struct python_memory *memory,
			       uint64_t name)
{
	uint64_t hash = 0;

	if (layout->str_length == LAYOUT_NONE ||
	    !memory_read_u64(memory, name + layout->str_length + 8, &hash))
		return 0;
	return hash;
}

/* In place of the number of references, an object thrown away has a pointer, or 0. */
static bool is_alive(const struct layout *layout, const uint8_t *code)
{
	uint64_t references = u64_at(code, 0);

	/* From 3.14 on the upper 16 bits are flags. */
	return layout->free_threaded || ((uint32_t)references && !(references >> 32 & 0xffff));
}

/*
 * Everything from the type to the line table: no field of it changes, but for the counter
 * of calls behind the flags of 3.11.  Of code that is made and thrown away in a loop all of
 * them may come again, so that the name is looked at, too.
 */
bool code_object_stamp(const struct layout *layout, const struct python_memory *memory,
		       uint64_t addr, uint64_t *stamp)
{
	uint8_t code[MAX_STRUCT];
	size_t len = read_code(layout, memory, addr, code);

	uint64_t hash;

	if (len == 0 || !is_alive(layout, code))
		return false;
	hash = layout->code_name <= layout->code_linetable
	       ? code_object_name_hash(layout, memory, u64_at(code, layout->code_name)) : 0;
	if (layout->version == 0x030b && layout->code_flags < layout->code_linetable)
		memset(code + layout->code_flags + 4, 0, 4);
	*stamp = XXH3_64bits_withSeed(code + layout->object_type, len - layout->object_type, hash);
	return true;
}

int32_t code_object_line(const struct layout *layout, const struct code_object *code,
			 int64_t offset)
{
	return line_table_find(layout->version, code->line_table, code->line_table_len,
			       code->first_line, offset);
}

/*
 * The state of a str: how it was interned, in 2 bits or a byte of its own; from this bit on
 * 3 bits for the bytes of a character, whether all is in one piece, whether all is ASCII.
 */
static unsigned int state_bit(const struct layout *layout)
{
	return layout->free_threaded && layout->version >= 0x030e ? 8 : 2;
}

static void put_character(struct buf *out, uint32_t character)
{
	char utf8[4];
	size_t n = character ? utf8_encode(character, utf8) : 0;

	buf_put(out, n ? utf8 : "\xef\xbf\xbd", n ? n : 3);
}

/* Where the characters are; false: not to be found. */
static bool find_data(const struct layout *layout, const struct python_memory *memory,
		      uint64_t addr, bool compact, bool ascii, uint64_t *data)
{
	uint32_t at = !compact ? layout->str_data
			       : ascii ? layout->str_ascii_data : layout->str_compact_data;

	if (at == LAYOUT_NONE)
		return false;
	*data = addr + at;
	return compact || memory_read_u64(memory, *data, data);
}

char *python_str_read(const struct layout *layout, const struct python_memory *memory,
		      uint64_t addr)
{
	const uint32_t last = max_of(layout->str_length, layout->str_state);
	uint8_t head[MAX_STRUCT], raw[CODE_MAX_NAME * 4];
	unsigned int state, width;
	uint64_t length, n, data;
	struct buf out = { 0 };
	bool ascii;

	if (last > MAX_STRUCT - 8 || !memory_read(memory, addr, head, last + 8))
		return NULL;
	length = u64_at(head, layout->str_length);
	state = u32_at(head, layout->str_state) >> state_bit(layout);
	width = state & 7;
	ascii = state & 16;
	if (length > MAX_LENGTH || (width != 1 && width != 2 && width != 4) ||
	    (ascii && width != 1))
		return NULL;
	if (!find_data(layout, memory, addr, state & 8, ascii, &data))
		return NULL;
	n = min_of(length, (uint64_t)CODE_MAX_NAME);
	if (n > 0 && !memory_read(memory, data, raw, n * width))
		return NULL;
	for (uint64_t i = 0; i < n; i++) {
		uint32_t character = 0;

		memcpy(&character, raw + i * width, width);	/* the machine is little-endian */
		put_character(&out, character);
	}
	if (length > n)
		buf_put(&out, "...", 3);
	buf_put_u8(&out, '\0');
	return (char *)out.data;
}
