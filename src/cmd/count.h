// SPDX-License-Identifier: Apache-2.0
/*
 * cmd/count.h - exact counts of a program's calls of Python functions (--count).
 *
 *	count_open()  ──► a folder for nobody else, with what is in count/
 *	PYTHONPATH    ──► each Python of the program loads that, and leaves its counts there
 *	count_send()  ──► a worker makes recordings of them, which the session takes in
 *
 * Only a program that we start has that environment, and only with --count.
 */
#ifndef CPROFD_CMD_COUNT_H
#define CPROFD_CMD_COUNT_H

struct cmd;
struct count;
struct rusage;

/* Returns 0, or an exit code after the message. */
int count_open(const struct cmd *cmd, struct count **out);

/* In the child that becomes the program: from now on Pythons count. */
void count_set_environment(const struct count *c);

/* The program has ended, having used that: send the session what there is. */
void count_send(const struct count *c, const struct rusage *usage, int control);

/* Remove the folder.  NULL is none. */
void count_close(struct count *c);

#endif
