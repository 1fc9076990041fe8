// SPDX-License-Identifier: Apache-2.0
/*
 * profile/functions.h - make functions out of what the recording knows.
 *
 * For profile.c and tree.c.  A function is the same one if module, name, source
 * file and line are the same, or module, name and address: the inlined copies and
 * the real one of a function come together, static functions of the same name
 * stay apart, and a function whose body #includes another file is one.
 */
#ifndef CPROFD_PROFILE_FUNCTIONS_H
#define CPROFD_PROFILE_FUNCTIONS_H

#include <stdint.h>

struct profile;
struct profile_function;

/* The number of this function, which is entered if it is new. */
uint32_t function_intern(struct profile *p, const struct profile_function *f);

/* Prepare for function_of_frame() after mappings of no file were added. */
void functions_sort_anon(struct profile *p);

/* The function that stands for a frame without a name. */
uint32_t function_of_frame(struct profile *p, uint32_t frame);

/*
 * The name of code that is known by its bounds only: "cc1+0x5f3a20".  All such code of an
 * interpreter is one: "[python3.11 internals]", and *vaddr becomes 0.
 */
uint32_t function_range_name(struct profile *p, uint32_t module, uint64_t *vaddr);

/* The pseudo function of stacks that end so in `module` (or RECORD_NONE). */
uint32_t function_of_outcome(struct profile *p, uint32_t outcome, uint32_t module);

#endif
