/* The append-only file in the server: settings become orders, events become log lines, gates and
 * released replies.
 *
 *     start --(files are there)--> loading --> writing on behind them
 *           --(none, but a snapshot)--> the snapshot is loaded, then its data become the first base
 *           --(nothing)--> writing from the beginning
 *
 * What is missing, doubtful or damaged refuses the start: nothing here ever begins empty because it
 * could not find or read what was there. */
#ifndef SKEIN_SERVER_APPEND_FILE_H
#define SKEIN_SERVER_APPEND_FILE_H

#include "base/buf.h"
#include "disk/aof.h"
#include "disk/saver.h"

struct server;
struct append_load;

/* Where in which history the files were when they ended; for the lineage after a restart. */
struct append_found {
    char replication_id[REPLICATION_ID_LEN + 1]; /* "": they do not say */
    int64_t offset;
    struct lineage_ancestor ancestors[LINEAGE_ANCESTORS];
    size_t ancestor_count;
};

struct append_file {
    struct aof aof;
    bool is_made; /* aof is initialised */
    struct save *base;
    size_t bases_given_up; /* that a worker still writes; they end in the order they began */
    bool is_scheduled;     /* BGREWRITEAOF waits for a save to end */
    bool only_once;        /* a rewrite was asked for while the file is off */
    struct append_load *load;
    struct append_found found;
    int64_t rewrite_began_s;
    bool rewrite_failed;
    void (*load_ended)(struct server *server, bool done);
};

/* append_file.c */
/* After append_file_close; before the workers end. */
void append_file_deinit(struct server *server);
/* In the server's directory, which it remembers. */
void append_file_open(struct server *server);
void append_file_apply_settings(struct server *server);
/* appendonly was changed while running. */
bool append_file_switch(struct server *server, struct buf *reason);
/* Begins to write behind what was loaded. */
bool append_file_resume(struct server *server, struct manifest *manifest, int64_t size);
/* Begins with the data in memory; `manifest` is taken. */
void append_file_start(struct server *server, struct manifest *manifest);
/* Before replies leave. */
void append_file_flush(struct server *server);
void append_file_cron(struct server *server);
/* How far a base or a load is, for the log. */
void append_file_report(struct server *server);
/* BGREWRITEAOF, also while the file is off; false with the reason in the log. */
bool append_file_rewrite(struct server *server);
/* The whole data was replaced: a new base, and what was before it is forgotten. */
void append_file_restart(struct server *server);
/* The data and the stream stay what they are, under another id. */
void append_file_note_lineage(struct server *server);
/* At the end of the server: false, with the reason logged, when something is not on disk. */
bool append_file_close(struct server *server);

/* append_file_load.c */
/* The manifest on disk; empty when there are no files at all. False with the reason. */
bool append_file_find(struct server *server, struct manifest *manifest, struct buf *why);
/* Loads the data as the configuration says; `after` is called once. */
void append_file_load_begin(struct server *server, void (*after)(struct server *server, bool done));
/* DEBUG LOADAOF. */
bool append_file_reload(struct server *server);
/* Bytes loaded and to be loaded; false when nothing is. */
bool append_file_load_progress(const struct server *server, int64_t *done, int64_t *total,
                               int64_t *began_s);
void append_file_load_cancel(struct server *server);

#endif
