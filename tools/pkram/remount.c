// SPDX-License-Identifier: GPL-2.0
/*
 * Remount through the mount API, whose message log says what was wrong.
 *
 * A process of its own makes the system call: it may take long, and what is not
 * finished can be given up by killing it. This one tells how far it has got.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pkram.h"

volatile sig_atomic_t interrupted;

static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

static void on_signal(int sig)
{
	interrupted = sig;
}

/* What was done has to be undone before this ends */
void catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal }, old;
	size_t i;

	/* What nohup has ignored stays so */
	for (i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		if (!sigaction(signals[i], NULL, &old) && old.sa_handler != SIG_IGN)
			sigaction(signals[i], &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* In a process of our own: signals of the terminal come there too */
void ignore_signals(void)
{
	size_t i;

	for (i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		signal(signals[i], SIG_IGN);
}

static int sys_fspick(const char *path)
{
	return syscall(SYS_fspick, AT_FDCWD, path,
		       FSPICK_CLOEXEC | FSPICK_NO_AUTOMOUNT);
}

static int sys_fsconfig(int fd, unsigned int cmd, const char *key)
{
	return syscall(SYS_fsconfig, fd, cmd, key, NULL, 0);
}

/* Messages, each with a letter and a blank in front, to the pipe */
static void pass_on(int fs, int pipe)
{
	char buf[8192];
	ssize_t nr;

	while ((nr = read(fs, buf, sizeof(buf) - 1)) > 0) {
		if (buf[nr - 1] != '\n')
			buf[nr++] = '\n';
		if (write(pipe, buf, nr) != nr)
			return;
	}
}

static int reconfigure(const char *where, dev_t dev, const char * const *flags,
		       int pipe)
{
	struct stat st;
	int fs = sys_fspick(where), err = 0;

	if (fs < 0)
		return errno;
	/* Something may have been mounted on it meanwhile */
	if (stat(where, &st) || st.st_dev != dev)
		return ESTALE;
	for (; *flags && !err; flags++)
		if (sys_fsconfig(fs, FSCONFIG_SET_FLAG, *flags))
			err = errno;
	if (!err && sys_fsconfig(fs, FSCONFIG_CMD_RECONFIGURE, NULL))
		err = errno;
	pass_on(fs, pipe);
	return err;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

struct progress {
	const struct mount *m;
	uint64_t before;	/* bytes preserved */
	double start, last;
	bool shown;
};

static void progress_show(struct progress *p)
{
	const bool tty = isatty(STDERR_FILENO);
	const double t = now();
	uint64_t bytes;
	char *name;

	if (opt.json || opt.quiet || t - p->last < (tty ? 0.5 : 10) ||
	    !file_u64(PKRAM_SYSFS "/preserved_bytes", &bytes))
		return;
	p->last = t;
	p->shown = true;
	bytes = bytes > p->before ? bytes - p->before : 0;
	if (bytes > p->m->used)
		bytes = p->m->used;
	name = printable(p->m->where);
	fprintf(stderr, "%spkram: %s: %s of %s, %.0f s%s", tty ? "\r" : "", name,
		human(bytes), human(p->m->used), t - p->start,
		tty ? "\033[K" : "\n");
	free(name);
}

static char *wait_for(pid_t pid, int from, struct progress *p)
{
	struct pollfd pfd = { .fd = from, .events = POLLIN };
	struct text said = { };
	char buf[4096];
	ssize_t nr;

	for (;;) {
		if (interrupted)
			kill(pid, SIGKILL);
		if (p)
			progress_show(p);
		if (poll(&pfd, 1, 250) <= 0)
			continue;
		nr = read(from, buf, sizeof(buf));
		if (nr < 0 && errno == EINTR)
			continue;
		if (nr <= 0)
			break;
		text_add(&said, buf, nr);
	}
	if (p && p->shown && isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
	return text_take(&said);
}

/* A line each: "e tmpfs: what is wrong" */
static bool tell(const char *where, char *said)
{
	char *rest = said, *line;
	bool any = false;

	while ((line = strsep(&rest, "\n"))) {
		if (strlen(line) < 3)
			continue;
		if (line[0] == 'e') {
			any = true;
			problem(where, "%s", line + 2);
		} else {
			warning(where, "%s", line + 2);
		}
	}
	return any;
}

static int remount(struct mount *m, const char * const *flags, bool long_work)
{
	struct progress p = { .m = m, .start = now(), .last = now() };
	int fds[2], status, err;
	char *said;
	pid_t pid;

	if (!m->where) {
		problem(m->name, "is mounted where it cannot be reached: below another mount");
		return EBUSY;
	}
	file_u64(PKRAM_SYSFS "/preserved_bytes", &p.before);
	if (pipe2(fds, O_CLOEXEC)) {
		err = errno;
		problem(m->where, "pipe: %s", strerror(err));
		return err;
	}
	pid = fork();
	if (pid < 0) {
		err = errno;
		problem(m->where, "fork: %s", strerror(err));
		close(fds[0]);
		close(fds[1]);
		return err;
	}
	if (!pid) {
		ignore_signals();
		_exit(reconfigure(m->where, m->dev, flags, fds[1]));
	}
	close(fds[1]);
	said = wait_for(pid, fds[0], long_work ? &p : NULL);
	close(fds[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	err = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
	if (!tell(m->where, said) && err)
		problem(m->where, "%s", err == EINTR ? "interrupted" :
			strerror(err));
	free(said);
	return err;
}

int mount_preserve(struct mount *m)
{
	static const char * const flags[] = { "ro", "preserve", NULL };
	int err = remount(m, flags, true);

	/* It may have come to its end before it was killed */
	if (err == EINTR && mount_is_preserved(m))
		err = 0;
	if (!err)
		m->preserved = true;
	return err;
}

int mount_unpreserve(struct mount *m)
{
	static const char * const rw[] = { "rw", "nopreserve", NULL };
	static const char * const ro[] = { "nopreserve", NULL };
	const sig_atomic_t was = interrupted;
	int err;

	/* Undoing is what is done because of it */
	interrupted = 0;
	err = remount(m, m->ro ? ro : rw, false);
	interrupted = was;
	if (!err)
		m->preserved = false;
	return err;
}
