/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pkram(8): what its parts share.
 */
#ifndef _PKRAM_TOOL_H
#define _PKRAM_TOOL_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define PKRAM_SYSFS	"/sys/kernel/pkram"
#define PKRAM_FORCE	"/run/pkram-force"	/* see force_given() */
#define PKRAM_PREFIX	"shmem-"	/* tmpfs NAME is node shmem-NAME */

/* Exit status; pkram.8 says the same */
enum {
	EXIT_OK = 0,
	EXIT_FAIL = 1,		/* it failed, and all is as it was */
	EXIT_USAGE = 2,
	EXIT_NO_PKRAM = 3,	/* this kernel has none, or it is switched off */
	EXIT_PERM = 4,
	EXIT_NOT_FOUND = 5,	/* no such node, mount, image, or kexec-tools */
	EXIT_BUSY = 6,
	EXIT_LOST = 7,		/* the image would lose what is preserved */
	EXIT_UNDONE = 8,	/* it failed, and not all could be undone */
};

struct options {
	bool json;
	bool dry_run;
	bool quiet;
	bool all;
	bool load;
	bool at_shutdown;
	bool on_kexec;
	bool or_abort;
	bool keep_going;
	bool force;
	bool reuse_cmdline;
	const char *initrd;
	const char *append;
	const char *command_line;
};

extern struct options opt;

/* ------------------------------------------------------------- text.c */

/* A string that grows */
struct text {
	char *s;
	size_t len;
	size_t room;
};

void *must(void *p);
void text_add(struct text *t, const char *s, size_t len);
void text_addf(struct text *t, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
char *text_take(struct text *t);
char *format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* As many bytes as there are, with a NUL behind; NULL and errno */
char *file_read(const char *path, size_t *len);
/* Without the final newline */
char *file_line(const char *path);
bool file_u64(const char *path, uint64_t *value);

/* Backslashes and octal numbers, as in /proc/self/mountinfo, become bytes */
void unescape(char *s);
/* For a terminal: what the locale cannot print, bytes as \ooo; to be freed */
char *printable(const char *s);
/* Two of these may be in use at a time */
const char *human(uint64_t bytes);

/* ------------------------------------------------------------- json.c */

void json_begin(const char *name, char bracket);
void json_end(char bracket);
void json_str(const char *name, const char *value);
void json_num(const char *name, uint64_t value);
void json_int(const char *name, int64_t value);
void json_bool(const char *name, bool value);
void json_null(const char *name);

/* ----------------------------------------------------------- report.c */

/* What was or would be done, and problems; go to the terminal or into the JSON */
void step(const char *what, const char *object, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void problem(const char *object, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void warning(const char *object, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* The file cannot be used, errno says why; returns the exit status for that */
int no_file(const char *path);
/* What to do about it */
void hint(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Prints the JSON, if that is wanted; returns the status */
int report(const char *command, int status);

/* ------------------------------------------------------------ sysfs.c */

struct node {
	char *name;
	bool named;		/* else the name is only to be shown */
	char *state;		/* or NULL */
	char *reason;		/* why it is damaged, empty, or NULL */
	bool has_bytes, has_metadata, has_files, has_saved;
	uint64_t bytes;
	uint64_t metadata_bytes;
	uint64_t files;
	uint64_t saved_at;	/* seconds since 1970 */
};

struct nodes {
	struct node *node;
	size_t nr;
	bool unnamed;		/* the kernel does not tell their names */
	uint64_t total;		/* how many there are, named or not */
};

/* EXIT_NO_PKRAM after having said so, or 0 */
int need_pkram(void);
int need_root(void);
int nodes_read(struct nodes *nodes);
void nodes_free(struct nodes *nodes);
int node_drop(const char *name);	/* 0 or errno */
bool format_version(uint64_t *version);
/* Is there an image to kexec to? */
bool kexec_loaded(void);
/* Is there one with which what is preserved would be lost? */
bool image_lost(void);
/* Has that been wanted, of the image that is loaded? And: it has, or it has not */
bool force_given(void);
bool force_set(bool given);

/* ----------------------------------------------------------- mounts.c */

/* A tmpfs that has pkram=; its mounts are many, it is one */
struct mount {
	char *where;		/* where it can be reached, or NULL */
	char *name;
	bool preserved;
	bool ro;		/* the file system, not the mount; before we came */
	bool wanted;		/* to be preserved */
	bool was_preserved;	/* before that */
	bool ours;		/* has been, by this process */
	dev_t dev;
	uint64_t used;		/* bytes */
	uint64_t files;
};

struct mounts {
	struct mount *mount;
	size_t nr;
};

int mounts_read(struct mounts *mounts);
int mounts_begin(struct mounts *mounts, bool changes);
void mounts_free(struct mounts *mounts);
struct mount *mounts_find(struct mounts *mounts, const char *path);
struct mount *mounts_by_name(struct mounts *mounts, const char *name);
/* Is it, right now? */
bool mount_is_preserved(const struct mount *m);

/* ---------------------------------------------------------- remount.c */

extern volatile sig_atomic_t interrupted;

void catch_signals(void);
void ignore_signals(void);
/* 0 or errno; says why */
int mount_preserve(struct mount *m);
int mount_unpreserve(struct mount *m);

/* ------------------------------------------------------------- busy.c */

/* Name the processes that keep it from being preserved; how many */
size_t busy_report(const struct mount *m, bool is_problem);

/* ------------------------------------------------------------- kmsg.c */

int kmsg_mark(void);
/* Pass on what PKRAM has warned of since then; true when the image loses it */
bool kmsg_report(int mark);

/* ------------------------------------------------------------ child.c */

/* Exit status, or -1; output, or why, to be freed, without final newlines */
int child_run(char *const argv[], char **output);
const char *program_find(const char *name);
char *command_text(char *const argv[]);

/* ------------------------------------------------------------ image.c */

struct image {
	bool marked;		/* says what it knows */
	bool understood;	/* knows this kernel's format */
	uint32_t version;
	uint32_t cmdline_max;	/* 0: not known */
};

/* EXIT_... after having said why */
int image_check(const char *path, struct image *image);

/* ---------------------------------------------------------- cmdline.c */

/* Without pkram= and what boot loaders add; to be freed */
char *cmdline_clean(const char *line);
bool cmdline_off(const char *line);
/* For the next kernel, as the options say; NULL when it cannot be known */
char *cmdline_next(void);

/* ---------------------------------------------------------- systemd.c */

bool systemd_runs(void);
bool systemd_unit_active(const char *unit);
/* Is the machine on its way to a kexec? If systemd does not tell: may it be? */
bool systemd_kexec_queued(void);
/* No kexec, and all services again; false when that cannot be */
bool systemd_abort_kexec(void);

/* ------------------------------------------------------------ commands */

int cmd_list(int argc, char **argv);
int cmd_drop(int argc, char **argv);
int cmd_preserve(int argc, char **argv);
int cmd_kexec(int argc, char **argv);

/*
 * Of preserve.c, for kexec.c: preserve those that are wanted and are not yet. What
 * it has preserved is marked, and undone by the second.
 */
int preserve_mounts(struct mounts *mounts);
int preserve_undo(struct mounts *mounts, int status);

#endif
