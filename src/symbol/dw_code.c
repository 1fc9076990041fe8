// SPDX-License-Identifier: Apache-2.0
#include "symbol/dw_code.h"

#include "base/util.h"

/* How deep entries may be nested; compilers stay below 100. */
#define MAX_DEPTH 256

#define FUNCTION_ALIGN 16	/* what compilers align functions to */

static void body_deinit(struct dw_body *body)
{
	dw_die_free(body->die);
	range_map_deinit(&body->calls);
}

void dw_code_deinit(struct dw_code *code)
{
	for (size_t i = 0; i < code->n_units; i++) {
		dw_die_free(code->units[i].die);
		range_map_deinit(&code->units[i].functions);
	}
	for (size_t i = 0; i < code->n_functions; i++)
		body_deinit(&code->functions[i].body);
	for (size_t i = 0; i < code->n_calls; i++)
		body_deinit(&code->calls[i].body);
	free(code->units);
	free(code->functions);
	free(code->calls);
	range_map_deinit(&code->by_addr);
	u64map_deinit(&code->by_entry);
	*code = (struct dw_code){ 0 };
}

/* ---- pieces of code ---- */

/* A map that pieces are entered into under one number. */
struct pieces {
	struct range_map *map;
	uint32_t value;
	uint64_t first_low, first_bytes;
};

/* What the linker threw away lies at 0 (bfd, gold) or near the end (lld). */
static void add_piece(void *ctx, uint64_t low, uint64_t high)
{
	struct pieces *p = ctx;

	if (low == 0 || high <= low)
		return;
	if (p->first_bytes == 0) {
		p->first_low = low;
		p->first_bytes = high - low;
	}
	range_map_add(p->map, low, high, p->value);
}

/* All pieces of the code of an entry. */
static void add_pieces(struct dw_code *code, const struct dw_unit *unit, Dwarf_Die die,
		       struct pieces *p)
{
	uint64_t low, high, off;
	bool is_index;

	if (dw_low_high(code->info, die, &low, &high))
		add_piece(p, low, high);
	else if (dw_section_offset(code->info, die, DW_AT_ranges, &off, &is_index))
		dw_ranges_walk(&code->ranges, &unit->base, off, is_index, add_piece, p);
}

/* ---- units ---- */

static void add_unit(struct dw_code *code, const struct dw_unit_header *h)
{
	struct dw_unit unit = { .die = h->die, .off = h->off, .base = { .version = h->version,
							 .offset_bytes = h->offset_bytes } };
	struct pieces pieces = { .map = &code->by_addr, .value = (uint32_t)code->n_units };
	bool ignored;

	dw_address(code->info, h->die, DW_AT_low_pc, &unit.base.low_pc);
	if (!dw_section_offset(code->info, h->die, DW_AT_addr_base, &unit.base.addr_base, &ignored))
		dw_section_offset(code->info, h->die, DW_AT_GNU_addr_base,
				  &unit.base.addr_base, &ignored);
	dw_section_offset(code->info, h->die, DW_AT_rnglists_base, &unit.base.lists_base, &ignored);
	unit.is_skeleton = dw_has(code->info, h->die, DW_AT_dwo_name) ||
			   dw_has(code->info, h->die, DW_AT_GNU_dwo_name);
	code->n_skeletons += unit.is_skeleton;
	add_pieces(code, &unit, h->die, &pieces);
	array_reserve(code->units, code->n_units + 1, code->cap_units);
	code->units[code->n_units++] = unit;
}

void dw_code_init(struct dw_code *code, struct dw_info *info, struct elf_file *file)
{
	struct dw_unit_header h;

	*code = (struct dw_code){ .info = info };
	dw_ranges_init(&code->ranges, file);
	while (dw_info_next_unit(info, &h)) {
		if (h.has_functions)
			add_unit(code, &h);
		else
			dw_die_free(h.die);
	}
	range_map_seal(&code->by_addr);
}

uint32_t dw_code_unit_at(const struct dw_code *code, uint64_t vaddr)
{
	const struct range *r = range_map_find(&code->by_addr, vaddr);

	return r ? r->value : DW_NONE;
}

uint32_t dw_code_unit_by_off(const struct dw_code *code, uint64_t off)
{
	size_t low = 0, high = code->n_units;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (code->units[mid].off < off)
			low = mid + 1;
		else
			high = mid;
	}
	return low < code->n_units && code->units[low].off == off ? (uint32_t)low : DW_NONE;
}

/* ---- functions ---- */

/* The number of the function that an entry stands for, new or not. */
static uint32_t function_of(struct dw_code *code, struct dw_ref entry)
{
	uint32_t *number = u64map_slot(&code->by_entry,
				       entry.off | (uint64_t)entry.alt << 63);

	if (*number == U64MAP_NONE) {
		*number = (uint32_t)code->n_functions;
		array_reserve(code->functions, code->n_functions + 1, code->cap_functions);
		code->functions[code->n_functions++] = (struct dw_function){ .entry = entry };
	}
	return *number;
}

/* Enter a function that has code.  Returns true if `die` was kept. */
static bool add_function(struct dw_code *code, uint32_t unit, Dwarf_Die die)
{
	struct dw_ref entry = { .off = dw_die_off(code->info, die) };
	struct range_map *map = &code->units[unit].functions;
	struct pieces pieces = { .map = map };
	size_t n = map->n;

	add_pieces(code, &code->units[unit], die, &pieces);
	if (map->n == n)
		return false;	/* a declaration, or only ever inlined */

	uint32_t number = function_of(code, entry);
	struct dw_function *f = &code->functions[number];

	while (n < map->n)
		map->ranges[n++].value = number;
	if (f->body.die)
		return false;	/* from the first walk */
	f->vaddr = pieces.first_low;
	f->size = pieces.first_bytes;
	f->body.die = die;
	f->body.unit = unit;
	return true;
}

/* May entries of this kind hold functions? */
static bool is_scope(uint16_t tag, bool nested)
{
	switch (tag) {
	case DW_TAG_namespace:
	case DW_TAG_module:
		return true;
	case DW_TAG_subprogram:
	case DW_TAG_lexical_block:
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_union_type:
		return nested;
	}
	return false;
}

static void scan(struct dw_code *code, uint32_t unit, Dwarf_Die parent, bool nested,
		 unsigned int depth)
{
	Dwarf_Die die, next;

	if (depth > MAX_DEPTH)
		return;
	for (bool more = dw_child(code->info, parent, &die); more; die = next) {
		uint16_t tag = dw_tag(code->info, die);
		bool kept = tag == DW_TAG_subprogram && add_function(code, unit, die);

		if (is_scope(tag, nested))
			scan(code, unit, die, nested, depth + 1);
		more = dw_next(code->info, die, &next);
		if (!kept)
			dw_die_free(die);
	}
}

static void scan_unit(struct dw_code *code, uint32_t unit, bool nested)
{
	struct dw_unit *u = &code->units[unit];

	u->read = nested ? DW_UNIT_ALL : DW_UNIT_OUTER;
	range_map_deinit(&u->functions);
	scan(code, unit, u->die, nested, 0);
	range_map_seal(&u->functions);
}

/*
 * Nearly all functions are found at the top and in namespaces.  The others are
 * inside of functions (lambdas and local classes as gcc has them, nested
 * functions) or types, which is where most entries are.  So they are looked for only
 * when an address is in none of the first, nor in the padding between two of them.
 */
uint32_t dw_code_function_at(struct dw_code *code, uint32_t unit, uint64_t vaddr)
{
	struct dw_unit *u = &code->units[unit];

	if (u->read == DW_UNIT_UNREAD)
		scan_unit(code, unit, false);

	const struct range *r = range_map_find(&u->functions, vaddr);

	if (!r && u->read == DW_UNIT_OUTER &&
	    range_map_gap(&u->functions, vaddr) >= FUNCTION_ALIGN) {
		scan_unit(code, unit, true);
		r = range_map_find(&u->functions, vaddr);
	}
	return r ? r->value : DW_NONE;
}

/* ---- inlined calls ---- */

/* Enter a call that has code.  Returns true if `die` was kept. */
static bool add_call(struct dw_code *code, uint32_t unit, Dwarf_Die die, struct range_map *map)
{
	struct pieces pieces = { .map = map, .value = (uint32_t)code->n_calls };
	struct dw_ref origin = { .off = dw_die_off(code->info, die) };
	uint64_t file = 0, line = 0;

	add_pieces(code, &code->units[unit], die, &pieces);
	if (pieces.first_bytes == 0)
		return false;
	dw_number(code->info, die, DW_AT_call_file, &file);
	dw_number(code->info, die, DW_AT_call_line, &line);
	dw_reference(code->info, die, DW_AT_abstract_origin, &origin);
	array_reserve(code->calls, code->n_calls + 1, code->cap_calls);
	code->calls[code->n_calls++] = (struct dw_call){
		.function = function_of(code, origin), .file = (uint32_t)file,
		.line = (uint32_t)line, .body = { .die = die, .unit = unit } };
	return true;
}

static void read_calls(struct dw_code *code, uint32_t unit, Dwarf_Die parent,
		       struct range_map *map, unsigned int depth)
{
	Dwarf_Die die, next;

	if (depth > MAX_DEPTH)
		return;
	for (bool more = dw_child(code->info, parent, &die); more; die = next) {
		bool kept = false;

		switch (dw_tag(code->info, die)) {
		case DW_TAG_inlined_subroutine:
			kept = add_call(code, unit, die, map);
			break;
		case DW_TAG_lexical_block:
		case DW_TAG_try_block:
		case DW_TAG_catch_block:
			read_calls(code, unit, die, map, depth + 1);
			break;
		}
		more = dw_next(code->info, die, &next);
		if (!kept)
			dw_die_free(die);
	}
}

static struct dw_body *body_of(struct dw_code *code, uint32_t function, uint32_t call)
{
	return function == DW_NONE ? &code->calls[call].body : &code->functions[function].body;
}

uint32_t dw_code_call_at(struct dw_code *code, uint32_t function, uint32_t call,
			 uint64_t vaddr)
{
	struct dw_body *body = body_of(code, function, call);

	if (!body->read) {
		struct range_map map = { 0 };

		body->read = true;
		read_calls(code, body->unit, body->die, &map, 0);
		range_map_seal(&map);
		body = body_of(code, function, call);	/* reading adds others, so it may move */
		body->calls = map;
	}
	const struct range *r = range_map_find(&body->calls, vaddr);

	return r ? r->value : DW_NONE;
}
