// SPDX-License-Identifier: Apache-2.0
/*
 * Stacks that lead nowhere, or round and round; it runs in spin() for a time.
 *
 *	smash pointer SECONDS	the stack pointer points at nothing
 *	smash return SECONDS	the return address is of no code
 *	smash loop SECONDS	by its CFI the caller of a frame is the same frame
 *	smash climb SECONDS	as if it had called itself all the way up its stack
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Each comes with the stack pointer as it is to be, and never returns. */
__asm__(".text\n"
	".type spin_at, @function\n"
	"spin_at:\n"
	"	.cfi_startproc\n"
	"	mov %rdi, %rsp\n"
	"1:	jmp 1b\n"
	"	.cfi_endproc\n"
	".size spin_at, .-spin_at\n"
	/* CFA = rsp, so that nothing is popped; the return address is its own. */
	".type spin_loop, @function\n"
	"spin_loop:\n"
	"	.cfi_startproc\n"
	"	.cfi_def_cfa_offset 0\n"
	"	.cfi_offset rip, 0\n"
	"	lea 1f(%rip), %rax\n"
	"	mov %rax, (%rsp)\n"
	"1:	jmp 1b\n"
	"	nop\n"
	"	.cfi_endproc\n"
	".size spin_loop, .-spin_loop\n");
void spin_at(void *sp);
void spin_loop(void);

static void climb(void)
{
	static void *words[1 << 16];

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		words[i] = (char *)spin_at + 4;		/* behind its first instruction */
	spin_at(words);
}

int main(int argc, char **argv)
{
	static void *nowhere[16] = { (void *)8, (void *)8, (void *)8 };
	const char *what = argc > 1 ? argv[1] : "";

	alarm(argc > 2 ? (unsigned int)atoi(argv[2]) : 1);
	if (strcmp(what, "pointer") == 0)
		spin_at((void *)64);
	else if (strcmp(what, "return") == 0)
		spin_at(nowhere);
	else if (strcmp(what, "loop") == 0)
		spin_loop();
	else if (strcmp(what, "climb") == 0)
		climb();
	return 2;
}
