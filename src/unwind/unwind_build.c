// SPDX-License-Identifier: Apache-2.0
/*
 * FDEs come sorted (from the header's table, or sorted here), each gives rows,
 * and rows go straight into the image: a row that says what the one before it
 * said is dropped, and so is the end of an FDE when the next one begins within
 * 16 bytes, because between functions lies only padding that is never executed.
 */
#include "unwind/unwind_build.h"

#include <errno.h>

#include "base/error.h"
#include "base/u64map.h"
#include "base/util.h"
#include "elf/elf_file.h"
#include "unwind/arch.h"
#include "unwind/cfi.h"
#include "unwind/unwind_table.h"
#define XXH_INLINE_ALL
#include <xxhash.h>

#define PADDING_BYTES 16
#define HEAD_WORDS (sizeof(struct unwind_table_header) / 4)

enum { EH_FRAME, DEBUG_FRAME };

/* An FDE by where it begins and where its entry is. */
struct place {
	uint64_t start;
	uint64_t off;		/* of its entry in the section */
	int section;
};

/* The FDEs of a file in ascending order of address. */
struct fde_list {
	struct cfi cfi[2];	/* .eh_frame, .debug_frame */
	struct place *places;
	size_t n, cap;
	bool unsorted;		/* while it is being made */
	bool by_index;		/* .eh_frame came from the header's table */
};

struct builder {
	const struct unwind_arch *arch;
	struct elf_file *elf;
	struct buf *image;
	uint64_t text_vaddr, text_end;
	uint32_t n_blocks;
	uint32_t block;		/* being filled */
	size_t block_at;	/* byte offset of its first word */
	uint32_t page;		/* of the last row in it */
	uint32_t n_in_block;
	uint32_t n_rows;
	uint64_t last_vaddr;	/* of the last row */
	uint32_t last_rule;
	uint64_t clip;		/* rows of the FDE being read end here */
	uint32_t n_bad;
	struct unwind_rule *dict;
	size_t n_dict, cap_dict;
	struct u64map dict_by_hash;
};

/* ---- the image ---- */

static uint16_t *block_first(struct builder *b)
{
	return (uint16_t *)(b->image->data + b->block_at);
}

/* Pages up to and including `page` begin behind the rows there are. */
static void fill_pages(struct builder *b, uint32_t page)
{
	uint16_t *first = block_first(b);

	while (b->page < page)
		first[++b->page] = (uint16_t)b->n_in_block;
}

static void append_row(struct builder *b, uint64_t vaddr, uint32_t rule)
{
	uint32_t page = vaddr >> UNWIND_PAGE_SHIFT & (UNWIND_PAGES - 1);

	fill_pages(b, page);
	buf_put_u32(b->image, (uint32_t)(vaddr & 0xff) << 24 | rule);
	b->n_in_block++;
	b->n_rows++;
}

static void end_block(struct builder *b)
{
	uint16_t *first;

	fill_pages(b, UNWIND_PAGES - 1);
	first = block_first(b);
	first[UNWIND_PAGES] = (uint16_t)b->n_in_block;
}

/* Every block begins with the rule that holds there. */
static void begin_block(struct builder *b, uint32_t block)
{
	uint32_t *block_at;

	b->block = block;
	b->block_at = b->image->len;
	memset(buf_add(b->image, UNWIND_BLOCK_HEAD * 4), 0, UNWIND_BLOCK_HEAD * 4);
	block_at = (uint32_t *)(b->image->data) + HEAD_WORDS;
	block_at[block] = (uint32_t)(b->block_at / 4);
	b->page = 0;
	b->n_in_block = 0;
	append_row(b, b->text_vaddr + ((uint64_t)block << UNWIND_BLOCK_SHIFT), b->last_rule);
}

/* From `vaddr` on `rule` holds.  Addresses do not descend. */
static void put_rule(struct builder *b, uint64_t vaddr, uint32_t rule)
{
	uint32_t block = (uint32_t)((vaddr - b->text_vaddr) >> UNWIND_BLOCK_SHIFT);

	if (rule == b->last_rule)
		return;
	while (b->block < block) {
		end_block(b);
		begin_block(b, b->block + 1);
	}
	/* The same address again (or the start of a block): the later holds. */
	if (b->last_vaddr == vaddr ||
	    (b->n_in_block == 1 && vaddr == b->text_vaddr + ((uint64_t)block << UNWIND_BLOCK_SHIFT))) {
		uint32_t *last = (uint32_t *)(b->image->data + b->image->len) - 1;
		*last = (*last & 0xff000000) | rule;
	} else {
		append_row(b, vaddr, rule);
	}
	b->last_vaddr = vaddr;
	b->last_rule = rule;
}

/* The number of `rule` in the dictionary. */
static uint32_t dict_index(struct builder *b, const struct unwind_rule *rule)
{
	uint64_t hash = XXH3_64bits(rule, sizeof(*rule));
	uint32_t *slot;

	for (;; hash++) {
		slot = u64map_slot(&b->dict_by_hash, hash);
		if (*slot == U64MAP_NONE)
			break;
		if (memcmp(&b->dict[*slot], rule, sizeof(*rule)) == 0)
			return *slot;
	}
	*slot = (uint32_t)b->n_dict;
	array_reserve(b->dict, b->n_dict + 1, b->cap_dict);
	b->dict[b->n_dict] = *rule;
	return (uint32_t)b->n_dict++;
}

static void on_row(void *ctx, const struct cfi_row *row)
{
	struct builder *b = ctx;
	struct unwind_rule general;
	uint32_t rule;

	if (!b->arch->encode(row, &rule, &general))
		rule = (uint32_t)RULE_DICT | dict_index(b, &general) << 2;
	if (row->start < min_of(b->clip, b->text_end))
		put_rule(b, row->start, rule);
}

/* ---- code that no FDE speaks of ---- */

/* Look for one pattern in [from, to) and mark what was found. */
static bool find_sigreturn(struct builder *b, uint64_t from, uint64_t to,
			   const uint8_t *pattern, size_t len)
{
	struct elf_section text;
	struct error ignored;
	const uint8_t *found;

	if (elf_file_bytes_at(b->elf, from, (size_t)(to - from), &text, &ignored) <= 0)
		return false;
	found = memmem(text.data, text.len, pattern, len);
	if (!found)
		return false;
	/* Handlers return to its first byte, and lookups go one before. */
	uint64_t at = from + (uint64_t)(found - text.data);
	put_rule(b, max_of(at - 1, from), rule_make(RULE_SPECIAL, SPECIAL_SIGNAL, 0));
	put_rule(b, at + len, RULE_UNCOVERED);
	return true;
}

/*
 * Some libraries return from signals by code without CFI: find it by its bytes,
 * in what sections call code (segments often hold much else).
 */
static void find_sigreturns(struct builder *b, uint64_t from, uint64_t to)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;

	while ((scn = elf_nextscn(elf_file_elf(b->elf), scn))) {
		if (!gelf_getshdr(scn, &sh) || !(sh.sh_flags & SHF_EXECINSTR))
			continue;
		uint64_t start = max_of(from, sh.sh_addr);
		uint64_t end = min_of(to, sh.sh_addr + sh.sh_size);

		for (size_t k = 0; end >= start + PADDING_BYTES && b->arch->sigreturns[k]; k++)
			if (find_sigreturn(b, start, end, b->arch->sigreturns[k],
					   b->arch->sigreturn_lens[k]))
				return;
	}
}

/* Nothing is known about [from, to). */
static void put_gap(struct builder *b, uint64_t from, uint64_t to)
{
	from = max_of(from, b->text_vaddr);
	to = min_of(to, b->text_end);
	if (to < from + PADDING_BYTES)
		return;
	put_rule(b, from, RULE_UNCOVERED);
	find_sigreturns(b, from, to);
}

/* ---- FDEs in order ---- */

/* By address; of two for the same address the first of .eh_frame counts. */
static int by_start(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (x->section != y->section)
		return x->section - y->section;
	return x->off < y->off ? -1 : x->off > y->off;
}

static void add_place(struct fde_list *list, struct place place)
{
	array_reserve(list->places, list->n + 1, list->cap);
	if (list->n && by_start(&place, &list->places[list->n - 1]) < 0)
		list->unsorted = true;
	list->places[list->n++] = place;
}

static void list_by_walking(struct fde_list *list, int section)
{
	struct cfi_fde fde;
	size_t off = 0;

	while (cfi_next(&list->cfi[section], &off, &fde))
		add_place(list, (struct place){ fde.start, fde.off, section });
}

static void list_by_index(struct fde_list *list, const struct cfi_index *index)
{
	for (size_t i = 0; i < index->n; i++) {
		uint64_t start, fde_vaddr;

		cfi_index_entry(index, i, &start, &fde_vaddr);
		add_place(list, (struct place){
			start, fde_vaddr - list->cfi[EH_FRAME].vaddr, EH_FRAME });
	}
}

/* List .eh_frame: by its header's table if there is one and `use_index`. */
static int list_eh_frame(struct elf_file *elf, struct fde_list *list, bool use_index,
			 struct error *err)
{
	struct elf_section eh, hdr;
	struct cfi_index index = { 0 };
	int has_hdr = elf_file_program_header(elf, PT_GNU_EH_FRAME, &hdr, err);
	int has_eh = elf_file_section(elf, ".eh_frame", &eh, err);
	bool indexed = has_hdr > 0 &&
		       cfi_index_init(&index, hdr.data, hdr.len, hdr.vaddr) && index.n;

	/* Without section headers: it lies where its header says. */
	if (has_eh == 0 && indexed)
		has_eh = elf_file_bytes_at(elf, index.eh_frame_vaddr, SIZE_MAX, &eh, err);
	if (has_eh <= 0)
		return has_eh;
	cfi_init(&list->cfi[EH_FRAME], eh.data, eh.len, eh.vaddr, CFI_EH_FRAME,
		 elf_file_machine(elf));
	if (indexed && use_index)
		list_by_index(list, &index);
	else
		list_by_walking(list, EH_FRAME);
	list->by_index = indexed && use_index;
	return 0;
}

static int list_debug_frame(struct elf_file *elf, struct fde_list *list,
			    struct error *err)
{
	struct elf_section df;
	int has = elf_file_section(elf, ".debug_frame", &df, err);

	if (has <= 0)
		return has;
	cfi_init(&list->cfi[DEBUG_FRAME], df.data, df.len, df.vaddr, CFI_DEBUG_FRAME,
		 elf_file_machine(elf));
	list_by_walking(list, DEBUG_FRAME);
	return 0;
}

static void fde_list_deinit(struct fde_list *list)
{
	free(list->places);
}

static int fde_list_init(struct fde_list *list, struct elf_file *elf, bool use_index,
			 struct error *err)
{
	*list = (struct fde_list){ 0 };
	if (list_eh_frame(elf, list, use_index, err) < 0 ||
	    list_debug_frame(elf, list, err) < 0)
		return -1;
	if (list->unsorted)
		qsort(list->places, list->n, sizeof(*list->places), by_start);
	return 0;
}

/*
 * Read FDE `i` of the list, cut where the next one begins: 1, or 0 if it has
 * nothing to say (repeated, or inside what .eh_frame covers), -1 if it is bad.
 */
static int fde_list_get(struct fde_list *list, size_t i, uint64_t covered_to,
			struct cfi_fde *fde, uint64_t *end)
{
	const struct place *p = &list->places[i];

	if (i && list->places[i - 1].start == p->start)
		return 0;
	if (p->section == DEBUG_FRAME && p->start < covered_to)
		return 0;
	if (!cfi_fde_at(&list->cfi[p->section], (size_t)p->off, fde) || fde->start != p->start)
		return -1;
	*end = fde->end;
	if (i + 1 < list->n && list->places[i + 1].start > p->start)
		*end = min_of(*end, list->places[i + 1].start);
	return 1;
}

/* Where addresses can be: the executable segments. */
static bool find_text(struct elf_file *elf, uint64_t *start, uint64_t *end)
{
	*start = UINT64_MAX;
	*end = 0;
	for (size_t i = 0; i < elf_file_n_segments(elf); i++) {
		const struct elf_segment *s = elf_file_segment(elf, i);

		if (!s->exec || s->vaddr + s->mem_bytes < s->vaddr)
			continue;
		*start = min_of(*start, s->vaddr);
		*end = max_of(*end, s->vaddr + s->mem_bytes);
	}
	return *start < *end;
}

/* ---- all together ---- */

static void begin_image(struct builder *b)
{
	size_t bytes = (HEAD_WORDS + b->n_blocks + 1) * 4;

	memset(buf_add(b->image, bytes), 0, bytes);
	b->last_rule = RULE_UNCOVERED;
	b->last_vaddr = UINT64_MAX;
	if (b->n_blocks)
		begin_block(b, 0);
}

static void end_image(struct builder *b)
{
	struct unwind_table_header *h;

	if (b->n_blocks) {
		while (b->block + 1 < b->n_blocks) {
			end_block(b);
			begin_block(b, b->block + 1);
		}
		end_block(b);
	}
	uint32_t dict_at = (uint32_t)(b->image->len / 4);
	/* Entries hold 4-byte fields only: any word will do for them. */
	buf_put(b->image, b->dict, b->n_dict * sizeof(*b->dict));

	h = (struct unwind_table_header *)b->image->data;
	*h = (struct unwind_table_header){
		.magic = UNWIND_TABLE_MAGIC,
		.machine = b->arch->machine,
		.text_vaddr = b->text_vaddr,
		.n_blocks = b->n_blocks,
		.n_rows = b->n_rows,
		.n_dict = (uint32_t)b->n_dict,
		.dict_at = dict_at,
		.n_words = (uint32_t)(b->image->len / 4),
		.n_bad = b->n_bad,
	};
	((uint32_t *)b->image->data)[HEAD_WORDS + b->n_blocks] = dict_at;
}

static void put_fdes(struct builder *b, struct fde_list *list)
{
	uint64_t covered_to = b->text_vaddr;
	struct cfi_fde fde;

	for (size_t i = 0; i < list->n; i++) {
		int got = fde_list_get(list, i, covered_to, &fde, &b->clip);

		if (got > 0 && (fde.start < b->text_vaddr || fde.start >= b->text_end))
			continue;
		if (got > 0) {
			if (fde.start > covered_to)
				put_gap(b, covered_to, fde.start);
			uint64_t to = cfi_rows(&list->cfi[list->places[i].section], &fde,
					       on_row, b);
			if (to < b->clip && to < b->text_end) {
				put_rule(b, to, rule_make(RULE_SPECIAL, SPECIAL_UNSUPPORTED, 0));
				got = -1;
			}
			covered_to = max_of(covered_to, b->clip);
		}
		b->n_bad += got < 0;
	}
	put_gap(b, covered_to, b->text_end);
}

static int build(struct elf_file *elf, struct fde_list *list, struct buf *out,
		 uint32_t *n_bad, struct error *err)
{
	struct builder b = { .elf = elf, .image = out };
	uint64_t start;

	b.arch = unwind_arch_find(elf_file_machine(elf));
	if (!b.arch)
		return error_set(err, ENOTSUP, "machine %u", elf_file_machine(elf));
	if (find_text(elf, &start, &b.text_end)) {
		const uint64_t block = 1u << UNWIND_BLOCK_SHIFT;

		b.text_vaddr = start & ~(block - 1);
		if (b.text_end - b.text_vaddr > UNWIND_MAX_TEXT)
			return error_set(err, EFBIG, "text of %llu bytes",
					 (unsigned long long)(b.text_end - b.text_vaddr));
		b.n_blocks = (uint32_t)((b.text_end - b.text_vaddr + block - 1) / block);
	}
	begin_image(&b);
	if (b.n_blocks)
		put_fdes(&b, list);
	end_image(&b);
	*n_bad = b.n_bad;
	free(b.dict);
	u64map_deinit(&b.dict_by_hash);
	return 0;
}

int unwind_build(struct elf_file *elf, struct buf *out, struct error *err)
{
	_cleanup_(fde_list_deinit) struct fde_list list = { 0 };
	uint32_t n_bad;

	if (fde_list_init(&list, elf, true, err) < 0 ||
	    build(elf, &list, out, &n_bad, err) < 0)
		return -1;
	if (!n_bad || !list.by_index)
		return 0;
	/* The header's table pointed at what is no FDE: do without it. */
	fde_list_deinit(&list);
	out->len = 0;
	if (fde_list_init(&list, elf, false, err) < 0)
		return -1;
	return build(elf, &list, out, &n_bad, err);
}

int unwind_ranges(struct elf_file *elf, struct unwind_range **out, size_t *n,
		  struct error *err)
{
	_cleanup_(fde_list_deinit) struct fde_list list = { 0 };
	uint64_t covered_to = 0, end;
	struct cfi_fde fde;

	if (fde_list_init(&list, elf, false, err) < 0)
		return -1;
	*out = xcalloc(list.n, sizeof(**out));
	*n = 0;
	for (size_t i = 0; i < list.n; i++) {
		if (fde_list_get(&list, i, covered_to, &fde, &end) <= 0)
			continue;
		(*out)[(*n)++] = (struct unwind_range){ fde.start, end };
		covered_to = end;
	}
	return 0;
}
