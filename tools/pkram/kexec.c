// SPDX-License-Identifier: GPL-2.0
/*
 * pkram kexec IMAGE: everything that can fail comes before anything is changed, and
 * what was changed is changed back when something fails all the same.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pkram.h"

#define UNIT	"pkram-preserve.service"

struct plan {
	const char *path;
	const char *kexec;
	const char *systemctl;
	char *cmdline;
	struct image image;
	struct mounts mounts;
	struct nodes nodes;
	bool replaces;		/* there is an image that is loaded */
};

/* -------------------------------------------------------------- checks */

/* Is there anything that the image could lose? */
static bool at_stake(const struct plan *p)
{
	return p->nodes.total || p->mounts.nr;
}

static int check_marker(const struct plan *p)
{
	const char *why = NULL;
	char *versions = NULL;
	int status = 0;

	if (!p->image.marked)
		why = "has no PKRAM: the kernel in it would not take over what is preserved";
	else if (!p->image.understood)
		versions = format("knows only version %u of PKRAM's format, which is not this kernel's",
				  p->image.version);
	else if (cmdline_off(p->cmdline))
		why = "would find pkram=off on its command line";
	if (versions)
		why = versions;
	if (why && at_stake(p) && !opt.force) {
		problem(p->path, "%s", why);
		hint("another image, or --force to lose everything that is preserved");
		status = EXIT_LOST;
	} else if (why) {
		warning(p->path, "%s", why);
	}
	free(versions);
	return status;
}

static int check_initrd(void)
{
	if (!opt.initrd || !access(opt.initrd, R_OK))
		return 0;
	return no_file(opt.initrd);
}

static int check_cmdline(struct plan *p)
{
	/* The kernel or this puts pkram=0x and 16 digits in front, and a blank */
	const size_t more = strlen("pkram=0x0123456789abcdef ");

	p->cmdline = cmdline_next();
	if (!p->cmdline)
		return EXIT_FAIL;
	if (!p->image.cmdline_max ||
	    strlen(p->cmdline) + more <= p->image.cmdline_max)
		return 0;
	problem(p->path, "the command line is too long: %zu bytes, the kernel takes %u",
		strlen(p->cmdline) + more, p->image.cmdline_max);
	return EXIT_FAIL;
}

static int check_kexec(struct plan *p)
{
	uint64_t disabled;

	p->kexec = program_find("kexec");
	if (!p->kexec) {
		problem("kexec", "not found");
		hint("install kexec-tools");
		return EXIT_NOT_FOUND;
	}
	if (file_u64("/proc/sys/kernel/kexec_load_disabled", &disabled) &&
	    disabled) {
		problem(NULL, "kexec_load_disabled is set: no image can be loaded before the next boot");
		return EXIT_PERM;
	}
	return 0;
}

static int check_systemd(struct plan *p)
{
	if (systemd_runs())
		p->systemctl = program_find("systemctl");
	if (!opt.at_shutdown)
		return 0;
	if (!p->systemctl) {
		problem(NULL, "--at-shutdown: systemd does not run");
		return EXIT_FAIL;
	}
	if (!systemd_unit_active(UNIT)) {
		problem(UNIT, "does not run, so nothing would preserve at shutdown");
		hint("systemctl enable --now " UNIT);
		return EXIT_FAIL;
	}
	return 0;
}

static int check_busy(struct plan *p)
{
	size_t i, busy = 0;

	for (i = 0; i < p->mounts.nr; i++) {
		struct mount *m = &p->mounts.mount[i];

		m->wanted = true;
		if (m->preserved || opt.at_shutdown)
			continue;
		if (!m->where) {
			problem(m->name, "is mounted where it cannot be reached: below another mount");
			busy++;
		} else {
			busy += busy_report(m, true);
		}
	}
	if (!busy)
		return 0;
	hint("stop what uses it, or have it preserved when services have been stopped: --at-shutdown");
	return EXIT_BUSY;
}

static int check(struct plan *p)
{
	int status = need_pkram();

	if (!status && !opt.dry_run)
		status = need_root();
	if (!status)
		status = image_check(p->path, &p->image);
	if (!status)
		status = check_initrd();
	if (!status)
		status = check_kexec(p);
	if (!status)
		status = check_cmdline(p);
	if (!status)
		status = check_systemd(p);
	if (!status)
		status = mounts_read(&p->mounts);
	if (!status)
		status = nodes_read(&p->nodes);
	if (!status)
		status = check_marker(p);
	if (!status)
		status = check_busy(p);
	return status;
}

/* --------------------------------------------------------------- doing */

static int try_load(struct plan *p, bool file, char **said)
{
	char *super = file ? NULL : file_line(PKRAM_SYSFS "/super_block");
	/* In front: behind "--" it would be for init */
	char *line = format("--command-line=%s%s%s%s", super ? "pkram=" : "",
			    super ? super : "", super ? " " : "", p->cmdline);
	char *initrd = opt.initrd ? format("--initrd=%s", opt.initrd) : NULL;
	char *path = format("%s%s", *p->path == '-' ? "./" : "", p->path);
	char *argv[] = {
		(char *)p->kexec, file ? "-s" : "-c", "-l", path, line, initrd,
		NULL,
	};
	char *text = command_text(argv);
	int status = 0;

	*said = NULL;
	if (!opt.dry_run)
		status = child_run(argv, said);
	if (!status)
		step("run", NULL, "%s", text);
	free(super);
	free(line);
	free(initrd);
	free(path);
	free(text);
	return status;
}

static int unload(const struct plan *p)
{
	char *argv[] = { (char *)p->kexec, "-u", NULL }, *said = NULL;
	int status = child_run(argv, &said);

	if (status)
		problem("kexec -u", "%s", said);
	free(said);
	if (p->replaces)
		warning(NULL, "the image that was loaded before is gone");
	return status ? EXIT_UNDONE : 0;
}

static int load(struct plan *p)
{
	char *file_said, *load_said = NULL;
	int mark, status = 0;
	bool lost;

	p->replaces = kexec_loaded();
	if (!opt.dry_run && !force_set(false)) {
		problem(PKRAM_FORCE, "%s", strerror(errno));
		return EXIT_FAIL;
	}
	mark = kmsg_mark();
	if (try_load(p, true, &file_said) &&
	    (interrupted || try_load(p, false, &load_said))) {
		problem(p->path, "kexec -s: %s", *file_said ? file_said : "failed");
		problem(p->path, "kexec -c: %s",
			load_said && *load_said ? load_said : "failed");
		status = EXIT_FAIL;
	} else if (!opt.dry_run && load_said) {
		warning(p->path, "kexec_file_load did not work, kexec_load did: %s",
			file_said);
	}
	lost = kmsg_report(mark);
	if (!status && !opt.dry_run && !kexec_loaded()) {
		problem(p->path, "kexec says that it is loaded, the kernel does not");
		status = EXIT_FAIL;
	}
	/* The kernel knows better than we do */
	if (!status && lost && !opt.force) {
		problem(p->path, "the kernel would lose what is preserved");
		status = unload(p);
		status = status ? status : EXIT_LOST;
	}
	if (!status && !opt.dry_run && opt.force && !force_set(true))
		warning(PKRAM_FORCE, "%s: " UNIT " may stop the kexec", strerror(errno));
	free(file_said);
	free(load_said);
	return status;
}

static int execute(struct plan *p)
{
	char *systemd[] = { (char *)p->systemctl, "kexec", NULL };
	char *direct[] = { (char *)p->kexec, "-e", NULL };
	char **argv = p->systemctl ? systemd : direct;
	char *said = NULL, *text = command_text(argv);
	int status;

	step("run", NULL, "%s", text);
	if (opt.dry_run) {
		free(text);
		return 0;
	}
	fflush(NULL);
	if (!p->systemctl)
		sync();
	status = child_run(argv, &said);
	/* systemd has only begun; kexec -e does not come back */
	if (status || !p->systemctl) {
		problem(text, "%s", said && *said ? said : "failed");
		status = EXIT_FAIL;
	}
	free(said);
	free(text);
	return status;
}

static int carry_out(struct plan *p)
{
	int status, undone;

	catch_signals();
	status = opt.at_shutdown ? 0 : preserve_mounts(&p->mounts);
	if (status)
		return status;
	status = load(p);
	if (!status && interrupted) {
		problem(NULL, "interrupted");
		status = opt.dry_run ? 0 : unload(p);
		status = status ? status : EXIT_FAIL;
	}
	if (status)
		return preserve_undo(&p->mounts, status);
	if (opt.load) {
		if (!opt.dry_run)
			hint("loaded; now: %s", p->systemctl ? "systemctl kexec" :
			     "kexec -e");
		return 0;
	}
	status = execute(p);
	if (!status)
		return 0;
	undone = unload(p);
	return preserve_undo(&p->mounts, undone ? undone : status);
}

int cmd_kexec(int argc, char **argv)
{
	struct plan p = { };
	int status;

	if (argc != 1) {
		problem(NULL, argc ? "kexec: one image" : "kexec: which image?");
		return report("kexec", EXIT_USAGE);
	}
	p.path = argv[0];
	status = check(&p);
	if (!status)
		status = carry_out(&p);
	mounts_free(&p.mounts);
	nodes_free(&p.nodes);
	free(p.cmdline);
	free((char *)p.kexec);
	free((char *)p.systemctl);
	return report("kexec", status);
}
