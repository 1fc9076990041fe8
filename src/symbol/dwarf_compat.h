// SPDX-License-Identifier: Apache-2.0
/*
 * symbol/dwarf_compat.h - the two generations of libdwarf's interface.
 *
 * 20210528 and before (LIBDWARF_OLD_API, from configure) and 0.x/2.x differ, as far
 * as we use them, in how a caller offers sections and in dwarf_object_finish().
 * The new names are used everywhere; this file gives them to the old library.
 */
#ifndef CPROFD_SYMBOL_DWARF_COMPAT_H
#define CPROFD_SYMBOL_DWARF_COMPAT_H

#include "config.h"

#include <libdwarf.h>
#include <dwarf.h>

/* Names for what DWARF 6 brings. */
#ifndef DW_LANG_C_plus_plus_17
#define DW_LANG_C_plus_plus_17 0x2a
#endif
#ifndef DW_LANG_C_plus_plus_20
#define DW_LANG_C_plus_plus_20 0x2b
#endif
#ifndef DW_LANG_C_plus_plus_23
#define DW_LANG_C_plus_plus_23 0x3a
#endif

#ifdef LIBDWARF_OLD_API

typedef Dwarf_Obj_Access_Interface Dwarf_Obj_Access_Interface_a;
typedef Dwarf_Obj_Access_Methods Dwarf_Obj_Access_Methods_a;
typedef Dwarf_Obj_Access_Section Dwarf_Obj_Access_Section_a;
typedef Dwarf_Half dw_section_index;
typedef Dwarf_Endianness dw_byte_order;
#define DW_BYTE_ORDER_LITTLE DW_OBJECT_LSB
#define ai_object object
#define ai_methods methods
#define as_name name
#define as_size size
#define om_get_section_info get_section_info
#define om_get_byte_order get_byte_order
#define om_get_length_size get_length_size
#define om_get_pointer_size get_pointer_size
#define om_get_section_count get_section_count
#define om_load_section load_section

static inline void dw_object_finish(Dwarf_Debug dbg)
{
	Dwarf_Error ignored = NULL;

	dwarf_object_finish(dbg, &ignored);
}

#else

typedef Dwarf_Unsigned dw_section_index;
typedef Dwarf_Small dw_byte_order;
#define DW_BYTE_ORDER_LITTLE DW_END_little
#define DW_HAVE_FILESIZE 1	/* om_get_filesize() is asked for */

static inline void dw_object_finish(Dwarf_Debug dbg)
{
	dwarf_object_finish(dbg);
}

#endif

#endif
