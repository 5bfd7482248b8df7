/* Line editing at a terminal, with libedit inside: history, completion on TAB, and a hint in
 * grey behind the cursor.
 *
 * libedit knows nothing of hints. They are drawn when it asks for the next character (the screen
 * is then up to date) and wiped when the character has come, before libedit draws again. */
#ifndef SKEIN_CLI_EDITOR_H
#define SKEIN_CLI_EDITOR_H

#include "base/buf.h"

struct editor;

/* What a TAB may replace the whole line with. */
struct editor_choices {
    struct buf *lines;
    size_t count;
};
void editor_choices_add(struct editor_choices *choices, struct str line);

struct editor_hooks {
    void *ctx;
    void (*write_prompt)(void *ctx, struct buf *out);
    void (*write_hint)(void *ctx, struct str line, struct buf *out);
    void (*complete)(void *ctx, struct str line, struct editor_choices *choices);
};

/* `history_path` may be NULL: then nothing is kept. */
struct editor *editor_new(const struct editor_hooks *hooks, const char *history_path);
void editor_free(struct editor *editor);
/* The next line without its end, valid until the next call; false at the end of input. */
bool editor_read(struct editor *editor, struct str *line);
/* Remembers a line, on disk too. */
void editor_remember(struct editor *editor, struct str line);

#endif
