// SPDX-License-Identifier: Apache-2.0
#include "symbol/dw_info.h"

#include <errno.h>

#include "base/error.h"
#include "base/util.h"
#include "elf/elf_file.h"

/* Number 0 is the empty section that ELF files begin with. */
static const char *const section_names[] = {
	"",
	".debug_info",
	".debug_abbrev",
	".debug_str",
	".debug_line_str",
	".debug_str_offsets",
	".debug_addr",
};

struct dw_info {
	struct elf_file *file;
	Dwarf_Debug dbg;
	Dwarf_Obj_Access_Interface_a access;
	unsigned int n_damaged;
	bool has_alt;
};

/* ---- sections for libdwarf ---- */

static int get_section_info(void *obj, dw_section_index i,
			    Dwarf_Obj_Access_Section_a *out, int *error)
{
	struct dw_info *info = obj;

	(void)error;
	if (i >= array_len(section_names))
		return DW_DLV_NO_ENTRY;
	*out = (Dwarf_Obj_Access_Section_a){
		.as_name = section_names[i],
		.as_size = i ? elf_file_section_bytes(info->file, section_names[i]) : 0 };
	return DW_DLV_OK;
}

static int load_section(void *obj, dw_section_index i, Dwarf_Small **out, int *error)
{
	struct dw_info *info = obj;
	struct elf_section s;
	struct error ignored;

	if (i >= array_len(section_names))
		return DW_DLV_NO_ENTRY;
	int found = elf_file_section(info->file, section_names[i], &s, &ignored);

	if (found < 0) {
		*error = DW_DLE_MDE;	/* "the object file could not be decoded" */
		return DW_DLV_ERROR;
	}
	if (found == 0)
		return DW_DLV_NO_ENTRY;
	*out = (Dwarf_Small *)(uintptr_t)s.data;	/* libdwarf only reads it */
	return DW_DLV_OK;
}

static dw_byte_order get_byte_order(void *obj)
{
	(void)obj;
	return DW_BYTE_ORDER_LITTLE;
}

static Dwarf_Small get_word_bytes(void *obj)
{
	(void)obj;
	return 8;
}

static Dwarf_Unsigned get_section_count(void *obj)
{
	(void)obj;
	return array_len(section_names);
}

#ifdef DW_HAVE_FILESIZE
/* libdwarf checks section sizes against this; ours may be larger than the file. */
static Dwarf_Unsigned get_filesize(void *obj)
{
	(void)obj;
	return array_len(section_names) * ELF_MAX_SECTION;
}
#endif

static const Dwarf_Obj_Access_Methods_a access_methods = {
	.om_get_section_info = get_section_info,
	.om_get_byte_order = get_byte_order,
	.om_get_length_size = get_word_bytes,
	.om_get_pointer_size = get_word_bytes,
	.om_get_section_count = get_section_count,
	.om_load_section = load_section,
#ifdef DW_HAVE_FILESIZE
	.om_get_filesize = get_filesize,
#endif
};

/* ---- opening ---- */

/* Was it there?  An error object is ours to free. */
static bool ok(struct dw_info *info, int result, Dwarf_Error *err)
{
	if (result == DW_DLV_ERROR) {
		info->n_damaged++;
		dwarf_dealloc_error(info->dbg, *err);
	}
	return result == DW_DLV_OK;
}

int dw_info_open(struct elf_file *file, struct dw_info **out, struct error *err)
{
	struct dw_info *info;
	struct elf_section ignored;
	Dwarf_Error dw_err = NULL;

	/* It is read first of all; here we can say what is wrong with it. */
	int found = elf_file_section(file, ".debug_info", &ignored, err);

	if (found <= 0)
		return found;
	info = xcalloc(1, sizeof(*info));
	info->file = file;
	info->access = (Dwarf_Obj_Access_Interface_a){ .ai_object = info,
						       .ai_methods = &access_methods };
	/* Otherwise libdwarf enters each object that it makes into a tree. */
	dwarf_set_de_alloc_flag(0);
	if (dwarf_object_init_b(&info->access, NULL, NULL, DW_GROUPNUMBER_BASE,
				&info->dbg, &dw_err) != DW_DLV_OK) {
		error_set(err, EBADMSG, "debug information: %s",
			  dw_err ? dwarf_errmsg(dw_err) : "none");
		if (dw_err)
			dwarf_dealloc_error(NULL, dw_err);
		free(info);
		return -1;
	}
	*out = info;
	return 1;
}

void dw_info_close(struct dw_info *info)
{
	if (!info)
		return;
	dw_object_finish(info->dbg);
	free(info);
}

void dw_info_set_alt(struct dw_info *info, struct dw_info *alt)
{
	Dwarf_Error err = NULL;

	info->has_alt = ok(info, dwarf_set_tied_dbg(info->dbg, alt->dbg, &err), &err);
}

unsigned int dw_info_n_damaged(const struct dw_info *info)
{
	return info->n_damaged;
}

/* ---- entries ---- */

bool dw_info_next_unit(struct dw_info *info, struct dw_unit_header *out)
{
	Dwarf_Half version, address_bytes, offset_bytes, extension, type;
	Dwarf_Unsigned length, type_off, next;
	Dwarf_Off abbrev_off;
	Dwarf_Sig8 signature;
	Dwarf_Error err = NULL;

	do {
		if (!ok(info, dwarf_next_cu_header_d(info->dbg, true, &length, &version,
						     &abbrev_off, &address_bytes, &offset_bytes,
						     &extension, &signature, &type_off, &next,
						     &type, &err), &err))
			return false;
	} while (!ok(info, dwarf_siblingof_b(info->dbg, NULL, true, &out->die, &err), &err));
	out->off = dw_die_off(info, out->die);
	out->version = version;
	out->offset_bytes = (uint8_t)offset_bytes;
	out->has_functions = type == DW_UT_compile || type == DW_UT_partial ||
			     type == DW_UT_skeleton;
	return true;
}

bool dw_die_at(struct dw_info *info, uint64_t off, Dwarf_Die *out)
{
	Dwarf_Error err = NULL;

	*out = NULL;
	return ok(info, dwarf_offdie_b(info->dbg, off, true, out, &err), &err);
}

bool dw_child(struct dw_info *info, Dwarf_Die die, Dwarf_Die *out)
{
	Dwarf_Error err = NULL;

	*out = NULL;
	return ok(info, dwarf_child(die, out, &err), &err);
}

bool dw_next(struct dw_info *info, Dwarf_Die die, Dwarf_Die *out)
{
	Dwarf_Error err = NULL;

	*out = NULL;
	return ok(info, dwarf_siblingof_b(info->dbg, die, true, out, &err), &err);
}

void dw_die_free(Dwarf_Die die)
{
	if (die)
		dwarf_dealloc_die(die);
}

uint64_t dw_die_off(struct dw_info *info, Dwarf_Die die)
{
	Dwarf_Error err = NULL;
	Dwarf_Off off = 0;

	ok(info, dwarf_dieoffset(die, &off, &err), &err);
	return off;
}

uint64_t dw_die_unit_off(struct dw_info *info, Dwarf_Die die)
{
	Dwarf_Error err = NULL;
	Dwarf_Off off = 0;

	ok(info, dwarf_CU_dieoffset_given_die(die, &off, &err), &err);
	return off;
}

uint16_t dw_tag(struct dw_info *info, Dwarf_Die die)
{
	Dwarf_Error err = NULL;
	Dwarf_Half tag = 0;

	ok(info, dwarf_tag(die, &tag, &err), &err);
	return tag;
}

/* ---- attributes ---- */

static bool get_attr(struct dw_info *info, Dwarf_Die die, uint16_t attr, Dwarf_Attribute *out)
{
	Dwarf_Error err = NULL;

	return ok(info, dwarf_attr(die, attr, out, &err), &err);
}

static void attr_freep(Dwarf_Attribute *attr)
{
	if (*attr)
		dwarf_dealloc_attribute(*attr);
}

static bool get_form(struct dw_info *info, Dwarf_Attribute a, Dwarf_Half *form)
{
	Dwarf_Error err = NULL;

	return ok(info, dwarf_whatform(a, form, &err), &err);
}

bool dw_has(struct dw_info *info, Dwarf_Die die, uint16_t attr)
{
	Dwarf_Error err = NULL;
	Dwarf_Bool has = false;

	return ok(info, dwarf_hasattr(die, attr, &has, &err), &err) && has;
}

static bool get_number(struct dw_info *info, Dwarf_Attribute a, Dwarf_Half form, uint64_t *out)
{
	Dwarf_Error err = NULL;
	Dwarf_Unsigned value;
	Dwarf_Signed constant;

	if (form == DW_FORM_implicit_const) {	/* libdwarf takes it for signed only */
		if (!ok(info, dwarf_formsdata(a, &constant, &err), &err))
			return false;
		value = (Dwarf_Unsigned)constant;
	} else if (!ok(info, dwarf_formudata(a, &value, &err), &err)) {
		return false;
	}
	*out = value;
	return true;
}

bool dw_number(struct dw_info *info, Dwarf_Die die, uint16_t attr, uint64_t *out)
{
	_cleanup_(attr_freep) Dwarf_Attribute a = NULL;
	Dwarf_Half form;

	return get_attr(info, die, attr, &a) && get_form(info, a, &form) &&
	       get_number(info, a, form, out);
}

static bool get_address(struct dw_info *info, Dwarf_Attribute a, uint64_t *out)
{
	Dwarf_Error err = NULL;
	Dwarf_Addr value;

	if (!ok(info, dwarf_formaddr(a, &value, &err), &err))
		return false;
	*out = value;
	return true;
}

bool dw_address(struct dw_info *info, Dwarf_Die die, uint16_t attr, uint64_t *out)
{
	_cleanup_(attr_freep) Dwarf_Attribute a = NULL;

	return get_attr(info, die, attr, &a) && get_address(info, a, out);
}

const char *dw_string(struct dw_info *info, Dwarf_Die die, uint16_t attr)
{
	_cleanup_(attr_freep) Dwarf_Attribute a = NULL;
	Dwarf_Error err = NULL;
	Dwarf_Half form;
	char *value;

	if (!get_attr(info, die, attr, &a) || !get_form(info, a, &form))
		return NULL;
	/* libdwarf would make up a string that says so. */
	if (!info->has_alt && (form == DW_FORM_GNU_strp_alt || form == DW_FORM_strp_sup))
		return NULL;
	if (!ok(info, dwarf_formstring(a, &value, &err), &err))
		return NULL;
	return value;
}

bool dw_reference(struct dw_info *info, Dwarf_Die die, uint16_t attr, struct dw_ref *out)
{
	_cleanup_(attr_freep) Dwarf_Attribute a = NULL;
	Dwarf_Error err = NULL;
	Dwarf_Half form;
	Dwarf_Off off;

	if (!get_attr(info, die, attr, &a) || !get_form(info, a, &form) ||
	    !ok(info, dwarf_global_formref(a, &off, &err), &err))
		return false;
	*out = (struct dw_ref){ .off = off, .alt = form == DW_FORM_GNU_ref_alt ||
						   form == DW_FORM_ref_sup4 ||
						   form == DW_FORM_ref_sup8 };
	return true;
}

bool dw_section_offset(struct dw_info *info, Dwarf_Die die, uint16_t attr,
		       uint64_t *out, bool *is_index)
{
	_cleanup_(attr_freep) Dwarf_Attribute a = NULL;
	Dwarf_Error err = NULL;
	Dwarf_Half form;
	Dwarf_Unsigned value;

	if (!get_attr(info, die, attr, &a) || !get_form(info, a, &form))
		return false;
	*is_index = form == DW_FORM_rnglistx;
	/* Until DWARF 3 offsets had the forms of numbers. */
	if (*is_index || form == DW_FORM_data4 || form == DW_FORM_data8 ?
	    !ok(info, dwarf_formudata(a, &value, &err), &err) :
	    !ok(info, dwarf_global_formref(a, &value, &err), &err))
		return false;
	*out = value;
	return true;
}

/* Is it an address, in the entry or in .debug_addr? */
static bool is_address_form(Dwarf_Half form)
{
	switch (form) {
	case DW_FORM_addr:
	case DW_FORM_addrx:
	case DW_FORM_addrx1:
	case DW_FORM_addrx2:
	case DW_FORM_addrx3:
	case DW_FORM_addrx4:
	case DW_FORM_GNU_addr_index:
		return true;
	}
	return false;
}

bool dw_low_high(struct dw_info *info, Dwarf_Die die, uint64_t *low, uint64_t *high)
{
	_cleanup_(attr_freep) Dwarf_Attribute a = NULL;
	Dwarf_Half form;

	if (!dw_address(info, die, DW_AT_low_pc, low) ||
	    !get_attr(info, die, DW_AT_high_pc, &a) || !get_form(info, a, &form))
		return false;
	if (is_address_form(form))
		return get_address(info, a, high);
	if (!get_number(info, a, form, high))
		return false;
	*high += *low;	/* since DWARF 4 a length */
	return true;
}
