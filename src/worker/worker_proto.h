// SPDX-License-Identifier: Apache-2.0
/*
 * worker/worker_proto.h - what a session asks its workers.
 *
 * A worker parses what strangers wrote: ELF files, call frame information,
 * debug information, what programs say of code that they generate.  It may crash, hang or run into its limits; the session
 * then marks the file as unreadable and has another worker started.  So it
 * holds nothing but the descriptors of the request, and the session treats
 * every answer as untrusted.
 *
 * One request is answered before the next is read.  A message is one struct;
 * what is long comes as a memory file.  `module` is the session's number.
 */
#ifndef CPROFD_WORKER_WORKER_PROTO_H
#define CPROFD_WORKER_WORKER_PROTO_H

#include <stdint.h>

#include "python/python_elf.h"
#include "record/record.h"
#include "unwind/arch.h"

enum worker_type {
	/* requests */
	W_TABLE = 1,
	W_OPEN_SYMBOLS,
	W_SYMBOLS,
	W_STEP,
	W_CODE,
	W_IMPORT,
	/* answers */
	R_TABLE = 101,
	R_OPEN_SYMBOLS,
	R_SYMBOLS,
	R_STEP,
	R_CODE,
	R_IMPORT,
};

#define WORKER_MAX_SEGMENTS 16
#define WORKER_MAX_BUILD_ID 32
#define WORKER_MAX_NOTE 256
#define WORKER_MAX_NAMES 4096
#define WORKER_MAX_ADDRESSES 4096

/* Build the unwind table of the file that comes along.  Followed by its path,
 * beside which debug files may be. */
struct w_table {
	uint32_t type;
	uint32_t module;
	char path[];
};

/* The table as memory file, unless `error` says why there is none. */
struct r_table {
	uint32_t type;
	uint32_t module;
	uint32_t machine;	/* EM_*, 0 if not readable */
	uint32_t n_segments;	/* executable ones */
	struct r_segment {
		uint64_t vaddr, off, bytes;
	} segment[WORKER_MAX_SEGMENTS];
	uint32_t has_table;	/* it covers anything */
	uint32_t build_id_len;
	uint8_t build_id[WORKER_MAX_BUILD_ID];
	uint32_t debuglink_crc;
	uint32_t names_len;
	uint32_t has_python;
	struct python_elf python;
	char error[WORKER_MAX_NOTE];	/* "" if the file could be read */
	/* where debug files may be, each terminated, best first */
	char names[WORKER_MAX_NAMES];
};

/*
 * Get ready to name addresses of a module.  Descriptors: the file (or the text
 * of /proc/kallsyms, or a perf map), then its debug file (or a jitdump) and the
 * file shared by debug files, as far as has_file, has_debug and has_alt say.
 * Followed by the path of the debug file.
 */
struct w_open_symbols {
	uint32_t type;
	uint32_t module;
	uint32_t kind;		/* enum record_module_kind */
	uint32_t has_file, has_debug, has_alt;
	char debug_path[];
};

struct r_open_symbols {
	uint32_t type;
	uint32_t module;
	uint32_t ok;		/* else: note says why */
	uint32_t flags;		/* enum record_module_flags */
	char note[WORKER_MAX_NOTE];
	uint32_t names_len;	/* a file that the debug file refers to */
	char names[WORKER_MAX_NAMES];
};

/*
 * Make a recording of the file that comes along (import/import.h).  Asked by a
 * command, not by a session.  Answered with the recording as memory file, unless `error`
 * says why there is none.
 */
struct w_import {
	uint32_t type;
	uint32_t pad;
	uint64_t time_ns;	/* when the file was written, since 1970 */
};

struct r_import {
	uint32_t type;
	int32_t code;		/* of the error, or 0 */
	char error[WORKER_MAX_NOTE];
};

/* Name addresses; answered with a memory file (worker/symbol_answer.h). */
struct w_symbols {
	uint32_t type;
	uint32_t module;
	uint32_t n;
	uint32_t pad;
	/* A bit for each address: it is 1 before a return address, what call is that of? */
	uint64_t returns[WORKER_MAX_ADDRESSES / 64];
	uint64_t vaddrs[WORKER_MAX_ADDRESSES];
};

struct r_symbols {
	uint32_t type;
	uint32_t module;
	uint32_t flags;			/* as in r_open_symbols; reading may show damage */
	char note[WORKER_MAX_NOTE];
};

/*
 * Disassemble the function that an address of a module is in, which was opened for
 * names.  Answered with a memory file (worker/code_answer.h).
 */
struct w_code {
	uint32_t type;
	uint32_t module;
	uint32_t number;	/* never 0; the answer has it too */
	uint32_t pad;
	uint64_t vaddr;
};

struct r_code {
	uint32_t type;
	uint32_t module;
	uint32_t number;
	char note[WORKER_MAX_NOTE];	/* why there are no instructions; "": there are */
};

/*
 * Step over one frame with libunwind.  Descriptors: the file.  The stack copy
 * follows the struct.
 */
struct w_step {
	uint32_t type;
	uint32_t module;
	uint32_t number;	/* never 0; the answer has it too */
	uint32_t pad;
	uint64_t vaddr;		/* where to look for the rule */
	uint64_t bias;		/* address - vaddr */
	struct unwind_regs regs;
	uint64_t stack_start;
	uint64_t stack_len;
};

struct r_step {
	uint32_t type;
	uint32_t module;
	uint32_t ok;
	uint32_t number;
	struct unwind_regs regs;
};

#endif
