// SPDX-License-Identifier: GPL-2.0
/*
 * systemd, where it runs.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pkram.h"

/* As sd_booted(3) finds it out */
bool systemd_runs(void)
{
	return !access("/run/systemd/system", F_OK);
}

static char *systemctl(const char *verb, const char *a, const char *b)
{
	const char *program = program_find("systemctl");
	char *argv[] = { (char *)program, (char *)verb, (char *)a, (char *)b, NULL };
	char *out = NULL;

	if (!program)
		return NULL;
	if (child_run(argv, &out)) {
		free(out);
		out = NULL;
	}
	free((char *)program);
	return out;
}

bool systemd_unit_active(const char *unit)
{
	char *out = systemctl("is-active", "--quiet", unit);

	free(out);
	return out;
}

/*
 * What has not been stopped yet stays, and the rest is started again. Jobs of a
 * shutdown are irreversible: they end only by being cancelled.
 */
bool systemd_abort_kexec(void)
{
	char *cancel = systemctl("cancel", NULL, NULL), *start = NULL;

	if (cancel)
		start = systemctl("start", "--no-block", "default.target");
	free(cancel);
	free(start);
	return start;
}

/*
 * A service that is being stopped is not told what for. On the way to a kexec there
 * is a job for kexec.target, which waits for all services to stop.
 */
bool systemd_kexec_queued(void)
{
	char *out = systemctl("show", "--property=Job", "kexec.target");
	char *rest = out, *line;
	bool told = false, queued = false;

	/* There may be more: what it says on its standard error */
	while ((line = strsep(&rest, "\n"))) {
		if (strncmp(line, "Job=", 4))
			continue;
		told = true;
		queued = strtoul(line + 4, NULL, 10);
	}
	free(out);
	if (!told)
		warning("kexec.target", "systemd does not tell whether there is a job for it");
	return told ? queued : kexec_loaded();
}
