// SPDX-License-Identifier: GPL-2.0
/*
 * Programs that this one needs: kexec and systemctl.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pkram.h"

const char *program_find(const char *name)
{
	static const char * const dirs[] = {
		"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin",
		"/sbin", "/bin",
	};
	char *path;
	size_t i;

	/* Not in $PATH: this runs as root */
	for (i = 0; i < sizeof(dirs) / sizeof(*dirs); i++) {
		path = format("%s/%s", dirs[i], name);
		if (!access(path, X_OK))
			return path;
		free(path);
	}
	return NULL;
}

static void exec_child(char *const argv[], int out)
{
	int null = open("/dev/null", O_RDONLY);

	/* Whoever interrupts us waits for it, or nobody knew what it has done */
	ignore_signals();
	signal(SIGPIPE, SIG_DFL);
	if (null >= 0)
		dup2(null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	execv(argv[0], argv);
	_exit(127);
}

int child_run(char *const argv[], char **output)
{
	struct text said = { };
	int fds[2], status;
	char buf[4096];
	ssize_t nr;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC)) {
		*output = format("pipe: %s", strerror(errno));
		return -1;
	}
	pid = fork();
	if (pid < 0) {
		*output = format("fork: %s", strerror(errno));
		close(fds[0]);
		close(fds[1]);
		return -1;
	}
	if (!pid)
		exec_child(argv, fds[1]);
	close(fds[1]);
	while ((nr = read(fds[0], buf, sizeof(buf))) > 0 ||
	       (nr < 0 && errno == EINTR))
		if (nr > 0)
			text_add(&said, buf, nr);
	close(fds[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	while (said.len && said.s[said.len - 1] == '\n')
		said.s[--said.len] = '\0';
	*output = text_take(&said);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* As a shell would read it */
char *command_text(char *const argv[])
{
	struct text t = { };
	const char *s;

	for (; *argv; argv++) {
		if (t.len)
			text_add(&t, " ", 1);
		if (**argv && !strpbrk(*argv, " \t\n\"'\\$`*?[](){}<>|&;~#!")) {
			text_add(&t, *argv, strlen(*argv));
			continue;
		}
		text_add(&t, "'", 1);
		for (s = *argv; *s; s++)
			text_add(&t, *s == '\'' ? "'\\''" : s, *s == '\'' ? 4 : 1);
		text_add(&t, "'", 1);
	}
	return text_take(&t);
}
