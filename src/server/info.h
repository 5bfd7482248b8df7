/* INFO: a table of sections, each a function that gathers facts and a table of what is shown.
 *
 * The names are those of stock Redis, which tools read by grep and regular expressions: no name
 * here but "role" contains that word, no value has quotes, lines end with CRLF. What is ours alone
 * has the prefix skein_. */
#ifndef SKEIN_SERVER_INFO_H
#define SKEIN_SERVER_INFO_H

#include "base/buf.h"

struct server;

/* Appends sections: one by name, or those of "default", "all", "everything". False when the name
 * says nothing. */
bool server_info(struct server *server, struct str name, struct buf *out);

/* --- for the files with sections --- */

enum info_kind {
    INFO_NUMBER,  /* int64_t */
    INFO_COUNT,   /* uint64_t */
    INFO_SIZE,    /* uint64_t, shown as "1.50M" */
    INFO_RATIO,   /* double, two digits */
    INFO_PERCENT, /* the same with a sign */
    INFO_SECONDS, /* double, six digits */
    INFO_TEXT,    /* const char * */
    INFO_FIXED,   /* always `text` */
};

/* One line. */
struct info_field {
    const char *name;
    enum info_kind kind;
    size_t offset; /* in the section's facts */
    const char *text;
};

#define INFO_FIELD(name_, kind_, facts_, member_)                                                  \
    {                                                                                              \
        .name = (name_), .kind = (kind_), .offset = offsetof(struct facts_, member_)               \
    }
#define INFO_ALWAYS(name_, text_)                                                                  \
    {                                                                                              \
        .name = (name_), .kind = INFO_FIXED, .text = (text_)                                       \
    }

/* `fields` ends with a NULL name. */
void info_write(struct buf *out, const struct info_field *fields, const void *facts);
/* "512B", "1.50M". */
void info_write_size(struct buf *out, uint64_t bytes);

void info_server(struct server *server, struct buf *out);
void info_clients(struct server *server, struct buf *out);
void info_memory(struct server *server, struct buf *out);
void info_persistence(struct server *server, struct buf *out);
void info_stats(struct server *server, struct buf *out);
void info_replication(struct server *server, struct buf *out);
void info_skein(struct server *server, struct buf *out);
void info_cpu(struct server *server, struct buf *out);
void info_modules(struct server *server, struct buf *out);
void info_commandstats(struct server *server, struct buf *out);
void info_errorstats(struct server *server, struct buf *out);
void info_latencystats(struct server *server, struct buf *out);
void info_cluster(struct server *server, struct buf *out);
void info_keyspace(struct server *server, struct buf *out);

#endif
