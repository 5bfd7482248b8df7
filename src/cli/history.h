/* Lines typed at the prompt, kept in a file of plain lines that only its owner can read.
 *
 * Each line is appended to the file as it is typed, so several prompts may share it; when it has
 * grown far beyond HISTORY_KEPT lines it is cut at the next start. */
#ifndef SKEIN_CLI_HISTORY_H
#define SKEIN_CLI_HISTORY_H

#include "base/str.h"

enum { HISTORY_KEPT = 1000 };

struct editline;
struct history_list;

/* Reads the file when there is one; NULL keeps nothing on disk. */
struct history_list *history_list_new(const char *path);
void history_list_free(struct history_list *list);
void history_list_attach(struct history_list *list, struct editline *line);
void history_list_add(struct history_list *list, struct str line);

#endif
