// SPDX-License-Identifier: GPL-2.0
/*
 * What the user gets to know.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "pkram.h"

enum kind { STEP, WARNING, PROBLEM, HINT };

struct event {
	enum kind kind;
	char *what;
	char *object;
	char *text;
};

static struct event *events;
static size_t nr_events;

static char *copy(const char *s)
{
	return s ? must(strdup(s)) : NULL;
}

static void add(enum kind kind, const char *what, const char *object,
		const char *fmt, va_list args)
{
	static const char * const before[] = { "", "warning: ", "", "" };
	struct event *e;
	char *text, *name;

	must(vasprintf(&text, fmt, args) < 0 ? NULL : text);
	/* As the kernel says of each mount that the image would lose it */
	e = nr_events ? &events[nr_events - 1] : NULL;
	if (kind == WARNING && e && e->kind == WARNING && !strcmp(e->text, text)) {
		free(text);
		return;
	}
	events = must(realloc(events, (nr_events + 1) * sizeof(*events)));
	e = &events[nr_events++];
	e->kind = kind;
	e->what = copy(what);
	e->object = copy(object);
	e->text = text;
	if (opt.json || (kind == STEP && opt.quiet))
		return;

	name = printable(object ? object : "");
	text = printable(text);
	if (kind == STEP)
		printf("%s%s%s%s%s%s\n", opt.dry_run ? "would " : "", what,
		       object ? " " : "", name, *text ? ": " : "", text);
	else
		fprintf(stderr, "pkram: %s%s%s%s\n", before[kind], name,
			object ? ": " : "", text);
	/* In the order in which it happened, also in a log of both */
	fflush(stdout);
	free(name);
	free(text);
}

void step(const char *what, const char *object, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	add(STEP, what, object, fmt, args);
	va_end(args);
}

void problem(const char *object, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	add(PROBLEM, NULL, object, fmt, args);
	va_end(args);
}

void warning(const char *object, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	add(WARNING, NULL, object, fmt, args);
	va_end(args);
}

int no_file(const char *path)
{
	const int err = errno;

	problem(path, "%s", strerror(err));
	return err == ENOENT || err == ENOTDIR ? EXIT_NOT_FOUND :
	       err == EACCES || err == EPERM ? EXIT_PERM : EXIT_FAIL;
}

void hint(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	add(HINT, NULL, NULL, fmt, args);
	va_end(args);
}

static void put_events(const char *name, enum kind kind)
{
	size_t i;

	json_begin(name, '[');
	for (i = 0; i < nr_events; i++) {
		const struct event *e = &events[i];

		if (e->kind != kind)
			continue;
		json_begin(NULL, '{');
		if (kind == STEP)
			json_str("step", e->what);
		if (kind != HINT)
			json_str("object", e->object);
		json_str("text", e->text);
		json_end('}');
	}
	json_end(']');
}

int report(const char *command, int status)
{
	if (!opt.json)
		return status;
	json_begin(NULL, '{');
	json_str("command", command);
	json_bool("dry_run", opt.dry_run);
	json_bool("ok", !status);
	json_int("exit", status);
	put_events("steps", STEP);
	put_events("warnings", WARNING);
	put_events("problems", PROBLEM);
	put_events("hints", HINT);
	json_end('}');
	putchar('\n');
	return status;
}
