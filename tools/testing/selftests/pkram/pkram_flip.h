/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the files of pkram_flip: damage to each field of what is handed over */
#ifndef PKRAM_FLIP_H
#define PKRAM_FLIP_H

#include <stddef.h>
#include <stdint.h>

/* pkram_flip_tree.c */
int mount_flip(const char *dir, const char *name, unsigned long flags,
	       const char *more);
void enter(const char *dir);
void leave(const char *dir);
char *show_tree(size_t *size);
void wreck_tree(void);
int do_make(char **arg);
int do_look(char **arg);

#endif /* PKRAM_FLIP_H */
