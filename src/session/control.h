// SPDX-License-Identifier: Apache-2.0
/*
 * session/control.h - the channel between a session and who looks at it.
 *
 * It carries no samples: those are in the recording, which the viewer reads.
 * The session says that sampling began, that the file grew and that it ended;
 * viewers can ask it for what is below C_STOP.  A message is one struct,
 * followed by text where said.
 *
 * Several viewers can look at one session: the command that started it, over a
 * channel that it was given, and others over the socket of the session
 * (opener_spec.listener).  What happens is told to all of them.  Whoever comes
 * later is told first what they missed: C_STARTED, then C_GREW.
 *
 * CONTROL_VERSION counts changes that an older side would misunderstand.  A
 * viewer of another version than C_STARTED says makes no requests; a request of
 * a type that the session does not know is answered with C_REFUSED.
 */
#ifndef CPROFD_SESSION_CONTROL_H
#define CPROFD_SESSION_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/msg.h"
#include "record/record.h"

#define CONTROL_VERSION 1
#define CONTROL_MAX_VIEWERS 16
#define CONTROL_MAX_RATE_HZ 20000

enum control_type {
	/* session to viewer */
	C_STARTED = 1,
	C_FAILED,	/* nothing was sampled; the session is over */
	C_GREW,
	C_NOTE,
	C_ENDED,
	C_REFUSED,
	C_FILE,
	/* viewer to session */
	C_STOP = 101,
	C_TARGET_STATUS,
	C_RATE,
	C_MARK,
	C_RESOLVE,
	C_SOURCE,
	C_CODE = 120,
	C_PROBE,
	C_COUNTS = 130,
};

struct c_started {
	uint32_t type;
	uint32_t version;	/* CONTROL_VERSION */
	uint32_t rate_hz;
	uint32_t kernel;	/* kernel samples are delivered */
	char engine[16];	/* "perf", "ptrace" */
};

/* Followed by one line: why, and what to do. */
struct c_failed {
	uint32_t type;
	uint32_t exit_code;	/* enum cmd_exit */
	char text[];
};

struct c_grew {
	uint32_t type;
	uint32_t pad;
	uint64_t bytes;		/* of the file that can be read now */
	uint64_t n_samples, n_lost;	/* of CPU time */
};

/* Followed by one line for people. */
struct c_note {
	uint32_t type;
	uint32_t level;		/* enum record_note_level */
	char text[];
};

/* Followed by what went wrong with the recording; empty if nothing did. */
struct c_ended {
	uint32_t type;
	uint32_t why;		/* enum record_end_why */
	uint32_t write_errno;	/* 0: the recording is whole */
	uint32_t how;		/* enum record_end_how of the target */
	uint32_t status;
	uint32_t pad;
	uint64_t n_samples, n_lost;	/* of CPU time */
	char text[];
};

/* A request that is not granted.  Followed by one line: why. */
struct c_refused {
	uint32_t type;
	uint32_t request;	/* enum control_type */
	char text[];
};

/* The answer to C_SOURCE: the file as descriptor, if it could be opened. */
struct c_file {
	uint32_t type;
	uint32_t request;	/* of the C_SOURCE */
};

/* Any of them, to be taken apart once control_is_sound(). */
union control_said {
	uint32_t type;
	struct c_started started;
	struct c_failed failed;
	struct c_grew grew;
	struct c_note note;
	struct c_ended ended;
	struct c_refused refused;
	struct c_file file;
};

/* What the session says is checked like what anybody says. */
static inline bool control_is_sound(const struct msg *m)
{
	if (!msg_holds(m, sizeof(uint32_t)))
		return false;
	switch (*(const uint32_t *)m->data) {
	case C_STARTED:
		return msg_holds(m, sizeof(struct c_started));
	case C_FAILED:
		return msg_holds_text(m, sizeof(struct c_failed));
	case C_GREW:
		return msg_holds(m, sizeof(struct c_grew));
	case C_NOTE:
		return msg_holds_text(m, sizeof(struct c_note));
	case C_ENDED:
		return msg_holds_text(m, sizeof(struct c_ended));
	case C_REFUSED:
		return msg_holds_text(m, sizeof(struct c_refused));
	case C_FILE:
		return msg_holds(m, sizeof(struct c_file));
	}
	return false;
}

/* End sampling and seal the recording; asked again: without the missing names. */
struct c_stop {
	uint32_t type;
};

/* How the target ended, from who started it and is told by wait(2). */
struct c_target_status {
	uint32_t type;
	uint32_t how;		/* enum record_end_how */
	uint32_t status;
};

/* Sample at another rate from here on. */
struct c_rate {
	uint32_t type;
	uint32_t rate_hz;	/* 1 to CONTROL_MAX_RATE_HZ */
};

/* Put a mark at this moment into the recording.  Followed by its text. */
struct c_mark {
	uint32_t type;
	char text[];
};

/* Find the names of this module before those of others. */
struct c_resolve {
	uint32_t type;
	uint32_t module;	/* its number in the recording */
};

/*
 * Open a source file as the target sees it and with its rights.  Followed by its
 * absolute path.  Answered with C_FILE.
 */
struct c_source {
	uint32_t type;
	uint32_t request;	/* any number, to know the answer by */
	char path[];
};

/*
 * Count how often a Python function is called, for so long: sampling is off meanwhile, and
 * the program slower.  Followed by its name, or "*" for all.  That it cannot be done may be
 * told later, by C_REFUSED to all.
 */
#define CONTROL_MIN_PROBE_NS (NS_PER_S / 10)
#define CONTROL_MAX_PROBE_NS (60 * NS_PER_S)
struct c_probe {
	uint32_t type;
	uint32_t pad;
	uint64_t duration_ns;
	char function[];
};

/* Record the machine code of the function at that address of a module. */
struct c_code {
	uint32_t type;
	uint32_t module;	/* number in the recording */
	uint64_t vaddr;
};

/*
 * From the command, once a program that counts its calls has ended: what a process of it has
 * counted, as a recording (descriptor).  Without a descriptor: there are no more.
 */
struct c_counts {
	uint32_t type;
	uint32_t n_lost;	/* at the end: processes whose counts cannot be read */
	uint64_t cpu_ns;	/* at the end: that the program used */
};

#endif
