// SPDX-License-Identifier: GPL-2.0
/*
 * A writer of JSON.
 *
 * Names of nodes and files are bytes. Those that are no UTF-8 become \udc80 to
 * \udcff, which Python's os.fsencode() makes bytes of again.
 */
#include <stdio.h>

#include "pkram.h"

static bool comma;

/* Length of the UTF-8 character that begins here, 0 when it is none */
static int utf8(const unsigned char *s)
{
	uint32_t c;
	int i, len;

	if (s[0] < 0x80)
		return 1;
	len = s[0] >= 0xf0 && s[0] < 0xf8 ? 4 : s[0] >= 0xe0 && s[0] < 0xf0 ? 3 :
	      s[0] >= 0xc2 && s[0] < 0xe0 ? 2 : 0;
	c = len == 4 ? s[0] & 7 : len == 3 ? s[0] & 15 : s[0] & 31;
	for (i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 63);
	}
	/* Longer than it needs to be, a surrogate, or too large */
	if ((len == 3 && c < 0x800) || (len == 4 && c < 0x10000) ||
	    (c >= 0xd800 && c < 0xe000) || c > 0x10ffff)
		return 0;
	return len;
}

static void put_string(const char *value)
{
	const unsigned char *s = (const unsigned char *)value;
	int len;

	putchar('"');
	for (; *s; s += len) {
		len = utf8(s);
		if (!len) {
			printf("\\udc%02x", *s);
			len = 1;
		} else if (*s == '"' || *s == '\\') {
			printf("\\%c", *s);
		} else if (*s < ' ' || *s == 127) {
			printf("\\u%04x", *s);
		} else {
			fwrite(s, 1, len, stdout);
		}
	}
	putchar('"');
}

static void put_name(const char *name)
{
	if (comma)
		putchar(',');
	comma = true;
	if (name) {
		put_string(name);
		putchar(':');
	}
}

void json_begin(const char *name, char bracket)
{
	put_name(name);
	putchar(bracket);
	comma = false;
}

void json_end(char bracket)
{
	putchar(bracket);
	comma = true;
}

void json_str(const char *name, const char *value)
{
	if (!value) {
		json_null(name);
		return;
	}
	put_name(name);
	put_string(value);
}

void json_num(const char *name, uint64_t value)
{
	put_name(name);
	printf("%llu", (unsigned long long)value);
}

void json_int(const char *name, int64_t value)
{
	put_name(name);
	printf("%lld", (long long)value);
}

void json_bool(const char *name, bool value)
{
	put_name(name);
	fputs(value ? "true" : "false", stdout);
}

void json_null(const char *name)
{
	put_name(name);
	fputs("null", stdout);
}
