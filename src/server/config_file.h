/* The grammar of redis.conf: one directive per line, comments, quotes, `include`.
 *
 *   # comment
 *   maxmemory 2gb
 *   masterauth "with \"quotes\" and \x00bytes"
 *   include /etc/skein/conf.d/<pattern>.conf
 *
 * Later lines override earlier ones; an included file stands where its `include` does. The first
 * fault ends the reading and leaves a half-filled struct config, fit only for config_deinit. Files
 * are read through a struct config_reader, so this module touches no file itself. */
#ifndef SKEIN_SERVER_CONFIG_FILE_H
#define SKEIN_SERVER_CONFIG_FILE_H

#include "server/config_option.h"

struct config_reader {
    void *ctx;
    /* Appends a file's bytes to `text`, or says why not. */
    bool (*read)(void *ctx, const char *path, struct buf *text, struct buf *reason);
    /* The paths a shell pattern stands for; a path without wildcards stands for itself. */
    bool (*expand)(void *ctx, const char *pattern, struct config_words *paths, struct buf *reason);
};

/* Where reading stopped and why. A zeroed struct is "no error". Secrets are left out of `text`. */
struct config_error {
    struct buf source; /* "the configuration file", "the command line", ... */
    size_t line;       /* from 1; 0: the source could not be read, or it is about no line */
    struct buf text;   /* the line */
    struct buf reason;
};

void config_error_deinit(struct config_error *error);
/* The message that stands on stderr before the server gives up. */
void config_error_write(const struct config_error *error, const char *version, struct buf *out);

struct config_load {
    struct config *config;
    const struct config_reader *reader; /* NULL: `include` is an error */
    struct config_error *error;
    bool tolerant;       /* faulty lines are skipped instead of ending the reading */
    unsigned char *seen; /* per option: enum config_seen */
    size_t depth, file_count;
};

enum config_seen {
    CONFIG_SEEN = 1 << 0,          /* a line gave it a value */
    CONFIG_SEEN_INCLUDED = 1 << 1, /* a line of an included file did */
    CONFIG_SEEN_FAULTY = 1 << 2,   /* a line tried to */
};

void config_load_init(struct config_load *load, struct config *config,
                      const struct config_reader *reader, struct config_error *error);
void config_load_deinit(struct config_load *load);
bool config_load_file(struct config_load *load, const char *path);
/* Reads directives from memory; `source` names them in an error. */
bool config_load_text(struct config_load *load, struct str source, struct str text);
/* What no single line can know: options that exclude each other. */
bool config_load_finish(struct config_load *load);

/* The part of a file's line that means something; "" for a blank line or a comment. */
struct str config_line_trim(struct str line);

#endif
