// SPDX-License-Identifier: GPL-2.0
/*
 * Strings and files.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

#include "pkram.h"

void *must(void *p)
{
	if (!p)
		err(EXIT_FAIL, "out of memory");
	return p;
}

void text_add(struct text *t, const char *s, size_t len)
{
	if (t->len + len + 1 > t->room) {
		t->room = 2 * (t->len + len + 1);
		t->s = must(realloc(t->s, t->room));
	}
	memcpy(t->s + t->len, s, len);
	t->len += len;
	t->s[t->len] = '\0';
}

static void text_vaddf(struct text *t, const char *fmt, va_list args)
{
	char *s;
	int len = vasprintf(&s, fmt, args);

	must(len < 0 ? NULL : s);
	text_add(t, s, len);
	free(s);
}

void text_addf(struct text *t, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	text_vaddf(t, fmt, args);
	va_end(args);
}

char *text_take(struct text *t)
{
	char *s = t->s ? t->s : must(calloc(1, 1));

	memset(t, 0, sizeof(*t));
	return s;
}

char *format(const char *fmt, ...)
{
	struct text t = { };
	va_list args;

	va_start(args, fmt);
	text_vaddf(&t, fmt, args);
	va_end(args);
	return text_take(&t);
}

char *file_read(const char *path, size_t *len)
{
	struct text t = { };
	char buf[4096];
	ssize_t nr;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return NULL;
	while ((nr = read(fd, buf, sizeof(buf))) > 0)
		text_add(&t, buf, nr);
	if (nr < 0) {
		int err = errno;

		close(fd);
		free(t.s);
		errno = err;
		return NULL;
	}
	close(fd);
	if (len)
		*len = t.len;
	return text_take(&t);
}

char *file_line(const char *path)
{
	size_t len;
	char *s = file_read(path, &len);

	if (s && len && s[len - 1] == '\n')
		s[len - 1] = '\0';
	return s;
}

bool file_u64(const char *path, uint64_t *value)
{
	char *s = file_line(path), *end;
	bool ok;

	if (!s)
		return false;
	errno = 0;
	*value = strtoull(s, &end, 0);
	ok = !errno && end > s && !*end;
	free(s);
	return ok;
}

static bool octal(char c)
{
	return c >= '0' && c <= '7';
}

void unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (s[0] == '\\' && octal(s[1]) && octal(s[2]) && octal(s[3])) {
			*to++ = (s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0');
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

char *printable(const char *s)
{
	struct text t = { };
	mbstate_t state = { };
	wchar_t c;

	while (*s) {
		size_t len = mbrtowc(&c, s, strlen(s), &state);

		if (len <= MB_LEN_MAX && iswprint(c)) {
			text_add(&t, s, len);
			s += len;
		} else {
			memset(&state, 0, sizeof(state));
			text_addf(&t, "\\%03o", (unsigned char)*s++);
		}
	}
	return text_take(&t);
}

const char *human(uint64_t bytes)
{
	static const char unit[] = "KMGTPE";
	static char buf[2][32];
	static int turn;
	double value = bytes;
	int n = -1;

	turn = !turn;
	while (value >= 1024 && n < (int)sizeof(unit) - 2) {
		value /= 1024;
		n++;
	}
	if (n < 0)
		snprintf(buf[turn], sizeof(buf[turn]), "%llu B",
			 (unsigned long long)bytes);
	else
		snprintf(buf[turn], sizeof(buf[turn]), "%.*f %ciB",
			 value < 10 ? 1 : 0, value, unit[n]);
	return buf[turn];
}
