// SPDX-License-Identifier: GPL-2.0
/*
 * QEMU plugin: instructions by the address of the code, between two functions.
 *
 * -plugin profile.so,from=ADDR,to=ADDR,out=FILE: counts from the first instruction
 * at address FROM on, from nothing, and appends the counts to FILE when it comes to
 * TO: lines "ADDR TIMES INSTRUCTIONS", one for each piece of straight code, and one
 * that says "end".
 *
 * Debian packages no header for plugins. This is the part of QEMU's interface that
 * is needed, as docs/devel/tcg-plugins.rst describes it.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct qemu_plugin_tb;

typedef void (*trans_cb)(uint64_t id, struct qemu_plugin_tb *tb);
typedef void (*exec_cb)(unsigned int cpu, void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, trans_cb cb);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, exec_cb cb,
					  int flags, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);

int qemu_plugin_version = PLUGIN_VERSION;
int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv);

/* A piece of straight code; one may be translated more than once */
struct piece {
	uint64_t addr, insns, count;
	struct piece *next;
};

static struct piece *pieces;
static uint64_t from, to;
static const char *out;
static bool on;

static void start(void)
{
	struct piece *p;

	for (p = pieces; p; p = p->next)
		p->count = 0;
	on = true;
}

static void stop(void)
{
	struct piece *p;
	FILE *f;

	on = false;
	f = fopen(out, "a");
	if (!f) {
		perror(out);
		exit(1);
	}
	for (p = pieces; p; p = p->next) {
		if (p->count)
			fprintf(f, "%" PRIx64 " %" PRIu64 " %" PRIu64 "\n",
				p->addr, p->count, p->count * p->insns);
	}
	fprintf(f, "end\n");
	fclose(f);
}

static void executed(unsigned int cpu, void *data)
{
	struct piece *p = data;

	if (p->addr == from)
		start();
	else if (p->addr == to && on)
		stop();
	p->count += on;
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
	struct piece *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	p->addr = qemu_plugin_tb_vaddr(tb);
	p->insns = qemu_plugin_tb_n_insns(tb);
	p->next = pieces;
	pieces = p;
	qemu_plugin_register_vcpu_tb_exec_cb(tb, executed, 0, p);
}

int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
	int i;

	for (i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "from=", 5))
			from = strtoull(argv[i] + 5, NULL, 0);
		else if (!strncmp(argv[i], "to=", 3))
			to = strtoull(argv[i] + 3, NULL, 0);
		else if (!strncmp(argv[i], "out=", 4))
			out = strdup(argv[i] + 4);
	}
	if (!from || !to || !out)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
