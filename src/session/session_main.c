// SPDX-License-Identifier: Apache-2.0
/*
 * cprofd-session: samples one target into one recording.
 *
 * Started by an opener, with descriptors (opener/opener_proto.h) and no
 * rights; lives as long as the session.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "opener/opener_proto.h"
#include "session/session.h"

int main(void)
{
	const struct rlimit no_core = { 0, 0 };

	prctl(PR_SET_DUMPABLE, 0);	/* nobody of the same uid may look in here */
	setrlimit(RLIMIT_CORE, &no_core);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	return session_run(SESSION_FD_OPENER, SESSION_FD_CONTROL, SESSION_FD_RECORDING,
			   fcntl(SESSION_FD_LISTENER, F_GETFD) < 0 ? -1 : SESSION_FD_LISTENER);
}
