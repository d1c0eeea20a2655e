// SPDX-License-Identifier: GPL-2.0
/*
 * pkram preserve [--all|MOUNT...]
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pkram.h"

static int preserve_one(struct mount *m)
{
	char *what = format("pkram=%s, %s in %llu files", m->name,
			    human(m->used), (unsigned long long)m->files);
	int err = 0, status = EXIT_FAIL;

	if (!m->where) {
		problem(m->name, "is mounted where it cannot be reached: below another mount");
		err = EBUSY;
	} else if (opt.dry_run) {
		/* All that can be known without trying */
		err = !m->preserved && busy_report(m, true) ? EBUSY : 0;
	} else {
		err = mount_preserve(m);
		if (err == EBUSY)
			busy_report(m, true);
	}
	if (!err) {
		/*
		 * Of those that were, the node may have been dropped: asking once
		 * more costs nothing when it is there, and there is nothing to undo.
		 */
		m->ours = !m->was_preserved;
		step(m->ours ? "preserve" : "keep", m->where, "%s", what);
	}
	free(what);
	if (err == EBUSY) {
		hint("stop what uses it, or unmount and mount it again, then try again");
		status = EXIT_BUSY;
	} else if (err == EPERM || err == EACCES) {
		status = EXIT_PERM;
	}
	return err ? status : 0;
}

int preserve_mounts(struct mounts *mounts)
{
	int status = 0, one;
	size_t i;

	for (i = 0; i < mounts->nr; i++) {
		struct mount *m = &mounts->mount[i];

		if (!m->wanted)
			continue;
		m->was_preserved = m->preserved;
		one = preserve_one(m);
		if (!status)
			status = one;
		if ((status && !opt.keep_going) || interrupted)
			break;
	}
	if (interrupted && !status) {
		problem(NULL, "interrupted");
		status = EXIT_FAIL;
	}
	if (status && !opt.keep_going)
		status = preserve_undo(mounts, status);
	return status;
}

/* Returns the status, or that not all could be undone */
int preserve_undo(struct mounts *mounts, int status)
{
	size_t i;

	for (i = mounts->nr; i-- && !opt.dry_run;) {
		struct mount *m = &mounts->mount[i];

		if (!m->ours)
			continue;
		m->ours = false;
		if (!mount_unpreserve(m)) {
			step("undo", m->where, "is %s again, and not preserved",
			     m->ro ? "as it was" : "writable");
			continue;
		}
		hint("%s is still preserved and read-only: mount -o remount,rw,nopreserve %s",
		     m->where, m->where);
		status = EXIT_UNDONE;
	}
	return status;
}

static int want(struct mounts *mounts, const char *path)
{
	struct mount *m = mounts_find(mounts, path);

	if (m) {
		m->wanted = true;
		return 0;
	}
	if (access(path, F_OK))
		return no_file(path);
	problem(path, "is not where a tmpfs is mounted with pkram=NAME");
	hint("only a new mount can take a name: mount -t tmpfs -o pkram=NAME none DIRECTORY");
	return EXIT_NOT_FOUND;
}

static int choose(struct mounts *mounts, int argc, char **argv)
{
	int i, status = 0;
	size_t n;

	for (n = 0; n < mounts->nr; n++)
		mounts->mount[n].wanted = opt.all;
	for (i = 0; i < argc && !status; i++)
		status = want(mounts, argv[i]);
	return status;
}

/* Of what is loaded: it would lose what is preserved, or there is nothing */
static int check_loaded(struct mounts *mounts)
{
	const bool lost = image_lost();

	if (lost && force_given()) {
		warning(NULL, "the image that is loaded will lose what is preserved: --force was given");
		return 0;
	}
	if (lost)
		problem(NULL, "the image that is loaded would lose what is preserved");
	else if (opt.on_kexec && !kexec_loaded())
		problem(NULL, "no image is loaded: this would be an ordinary reboot");
	else
		return 0;
	hint("load another one: pkram kexec --load --at-shutdown IMAGE");
	return preserve_undo(mounts, EXIT_LOST);
}

static int abort_kexec(int status)
{
	if (systemd_abort_kexec()) {
		problem(NULL, "there is no kexec: the machine stays up, and services are started again");
		return status;
	}
	problem(NULL, "the kexec cannot be stopped: what is not preserved will be lost");
	return EXIT_UNDONE;
}

int cmd_preserve(int argc, char **argv)
{
	struct mounts mounts = { };
	int status, mark;

	if (opt.all == !!argc) {
		problem(NULL, "preserve: either --all or the mounts to preserve");
		return report("preserve", EXIT_USAGE);
	}
	if (opt.on_kexec && !systemd_kexec_queued())
		return report("preserve", EXIT_OK);
	status = mounts_begin(&mounts, true);
	if (!status)
		status = choose(&mounts, argc, argv);
	if (!status) {
		mark = kmsg_mark();
		catch_signals();
		status = preserve_mounts(&mounts);
		kmsg_report(mark);
		/* Also when there was nothing to do: by hand any image can be loaded */
		if (!status && opt.or_abort)
			status = check_loaded(&mounts);
	}
	if (status && opt.or_abort && !opt.dry_run) {
		/* Also what --keep-going has kept: services are started again */
		status = preserve_undo(&mounts, status);
		status = abort_kexec(status);
	}
	mounts_free(&mounts);
	return report("preserve", status);
}
