// SPDX-License-Identifier: GPL-2.0
/*
 * Random trees: the same seed makes the same operations.
 *
 * What there is in the tree is also kept here, so that what is picked depends on
 * the seed alone, and so that every failure but a full file system is an error.
 *
 * Immutable and append-only come last; what is found in a tree that is there
 * loses them first.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkram_tree.h"
#include "pkram_tree_grow.h"

#define NR_TRIES	20

static uint64_t rng;
static unsigned int kinds;
static const char *seed_text;
static unsigned long op_nr;
static const char *op_name = "start";

static struct link *links;
static size_t nr_links;
static struct node **dirs;	/* the root is the first */
static size_t nr_dirs;

/* -------------------------------------------------------------- random */

/* splitmix64 */
static uint64_t next(void)
{
	uint64_t z = rng += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

uint64_t below(uint64_t n)
{
	return next() % n;
}

bool one_in(unsigned int n)
{
	return !below(n);
}

/* Small numbers are as likely as large ones, up to @bits bits */
uint64_t any_size(unsigned int bits)
{
	return below(1ULL << below(bits + 1));
}

void fill(void *buf, size_t size)
{
	unsigned char *at = buf;

	while (size) {
		uint64_t value = next();
		size_t n = size < sizeof(value) ? size : sizeof(value);

		memcpy(at, &value, n);
		at += n;
		size -= n;
	}
}

/* ------------------------------------------------------------- results */

void grow_failed(const char *what)
{
	err(2, "seed %s, operation %lu (%s): %s", seed_text, op_nr, op_name,
	    what);
}

/* Did it work? If not, only because something is full? */
bool did(long ret, const char *what)
{
	if (ret >= 0)
		return true;
	if (errno != ENOSPC && errno != EMLINK && errno != EDQUOT)
		grow_failed(what);
	return false;
}

/* The same, when @error says just that there is nothing to be done */
bool did_or(long ret, int error, const char *what)
{
	return (ret >= 0 || errno != error) && did(ret, what);
}

/* ------------------------------------------------------ what there is */

static struct node *new_node(unsigned int type, struct node *up, int fd)
{
	struct node *node = grown(NULL, sizeof(*node));

	*node = (struct node){ .type = type, .up = up, .fd = fd };
	if (type == DT_DIR) {
		if (!(nr_dirs & (nr_dirs - 1)))
			dirs = grown(dirs, (2 * nr_dirs + 1) * sizeof(*dirs));
		dirs[nr_dirs++] = node;
	}
	return node;
}

void add_link(struct node *dir, const char *name, struct node *node)
{
	if (!(nr_links & (nr_links - 1)))
		links = grown(links, (2 * nr_links + 1) * sizeof(*links));
	links[nr_links++] = (struct link){ dir, node, strdup(name) };
	node->nlink++;
	dir->children++;
}

bool is_dir(const struct node *node)
{
	return node->type == DT_DIR;
}

static void put_node(struct node *node)
{
	size_t i;

	if (--node->nlink)
		return;
	if (is_dir(node)) {
		for (i = 0; dirs[i] != node; i++)
			;
		dirs[i] = dirs[--nr_dirs];
		close(node->fd);
	}
	free(node);
}

void del_link(struct link *link)
{
	link->dir->children--;
	put_node(link->node);
	free(link->name);
	*link = links[--nr_links];
}

static struct link *find_link(const struct node *dir, const char *name)
{
	size_t i;

	for (i = 0; i < nr_links; i++)
		if (links[i].dir == dir && !strcmp(links[i].name, name))
			return &links[i];
	return NULL;
}

/* A name of one of these types or NULL; the current directory is its own */
struct link *pick(unsigned int types)
{
	unsigned int try;

	for (try = 0; nr_links && try < NR_TRIES; try++) {
		struct link *link = &links[below(nr_links)];

		if (!(types & BIT(link->node->type)))
			continue;
		if (fchdir(link->dir->fd))
			grow_failed("fchdir");
		return link;
	}
	return NULL;
}

/* The one made last in a third of the cases, so that it goes deep */
struct node *pick_dir(void)
{
	return dirs[one_in(3) ? nr_dirs - 1 : below(nr_dirs)];
}

bool within(const struct node *dir, const struct node *top)
{
	while (dir && dir != top)
		dir = dir->up;
	return dir;
}

/* A name that @dir does not have */
const char *new_name(const struct node *dir)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789.-_";
	static char name[NAME_MAX + 1];
	size_t len, i;

	do {
		len = one_in(30) ? NAME_MAX : 1 + below(one_in(4) ? 60 : 6);
		fill(name, len);
		name[len] = 0;
		if (!one_in(8)) {
			for (i = 0; i < len; i++)
				name[i] = letters[(unsigned char)name[i] %
						  (sizeof(letters) - 1)];
		}
		for (i = 0; i < len; i++)
			if (name[i] == '/' || !name[i])
				name[i] = '\n';
	} while (!strcmp(name, ".") || !strcmp(name, "..") ||
		 find_link(dir, name));
	return name;
}

static int open_dir(const char *name)
{
	int fd = open(name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		grow_failed("open directory");
	return fd;
}

/* A file of some type has been made here */
void made(struct node *dir, const char *name, unsigned int type)
{
	int fd = type == DT_DIR ? open_dir(name) : -1;

	add_link(dir, name, new_node(type, dir, fd));
}

/* ---------------------------------------------------------------- tree */
static const struct op *pick_op(void)
{
	unsigned int total = 0, n, i;

	for (i = 0; ops[i].name; i++)
		total += ops[i].kind & kinds ? ops[i].weight : 0;
	n = below(total);
	for (i = 0; ; i++) {
		if (!(ops[i].kind & kinds))
			continue;
		if (n < ops[i].weight)
			return &ops[i];
		n -= ops[i].weight;
	}
}

/* The inode of a name that has been found, perhaps for the second time */
static struct node *scanned_node(struct node *dir, const char *name)
{
	struct stat st;
	size_t i;

	if (lstat(name, &st))
		grow_failed("stat");
	for (i = 0; st.st_nlink > 1 && i < nr_links; i++)
		if (links[i].node->ino == st.st_ino)
			return links[i].node;
	if (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))
		clear_late_flags(name);
	if (S_ISDIR(st.st_mode))
		return new_node(DT_DIR, dir, open_dir(name));
	dir = new_node(IFTODT(st.st_mode), dir, -1);
	dir->ino = st.st_ino;
	return dir;
}

/* Find out what is there; directories that are found are looked into later */
static void scan(void)
{
	const struct dirent *d;
	size_t i;

	op_name = "scan";
	for (i = 0; i < nr_dirs; i++) {
		DIR *dir;

		if (fchdir(dirs[i]->fd))
			grow_failed("fchdir");
		dir = opendir(".");
		if (!dir)
			grow_failed("opendir");
		while ((d = readdir(dir))) {
			if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
				continue;
			add_link(dirs[i], d->d_name,
				 scanned_node(dirs[i], d->d_name));
		}
		closedir(dir);
	}
}

static unsigned int parse_kinds(char *text)
{
	static const char * const names[] = {
		"base", "xattr", "acl", "flags", "whiteout",
	};
	unsigned int found = 0, i;
	char *word;

	while ((word = strsep(&text, ","))) {
		for (i = 0; i < ARRAY_SIZE(names); i++)
			if (!strcmp(word, names[i]))
				break;
		if (i == ARRAY_SIZE(names))
			errx(2, "no such kind: %s", word);
		found |= 1 << i;
	}
	return found;
}

/* A descriptor for each directory */
static void allow_files(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		err(2, "RLIMIT_NOFILE");
}

int do_grow(int argc, char **argv)
{
	unsigned long nr;

	if (argc != 3 && argc != 4)
		return 2;
	seed_text = argv[1];
	rng = strtoull(argv[1], NULL, 0);
	nr = strtoul(argv[2], NULL, 0);
	kinds = argc == 4 ? parse_kinds(argv[3]) : ~0U;
	if (!(kinds & KIND_BASE))
		errx(2, "nothing to work on without base");
	allow_files();
	new_node(DT_DIR, NULL, open_dir(argv[0]));
	clear_late_flags(argv[0]);
	scan();
	for (op_nr = 1; op_nr <= nr; op_nr++) {
		const struct op *op = pick_op();

		op_name = op->name;
		op->fn();
	}
	op_name = "late flags";
	if (kinds & KIND_FLAGS)
		set_late_flags(nr_links / 16);
	printf("%zu names, %zu directories\n", nr_links, nr_dirs);
	return 0;
}
