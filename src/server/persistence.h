/* Snapshots on disk: when they are made, what became of them, and how one becomes the data.
 *
 *     idle --(BGSAVE, a save rule)--> a worker writes --> idle, with the result noted
 *     start --(the file is there)--> a worker loads, commands get -LOADING --> served
 *
 * Others that save or load (the append-only file, replication) use the functions here for what
 * is the same for all: what stands in the head, how a loaded store becomes the data. */
#ifndef SKEIN_SERVER_PERSISTENCE_H
#define SKEIN_SERVER_PERSISTENCE_H

#include "disk/loader.h"
#include "disk/saver.h"
#include "io/loop.h"
#include "repl/sync_plan.h"

struct server;

struct persistence {
    struct save *save;      /* NULL: none runs */
    char *save_path;        /* where its file will be */
    struct sync_save place; /* its place in the stream, for replicas that share it */
    struct load *load;
    uint64_t changes_at_save; /* what the save that runs contains */
    int64_t last_save_s, last_try_s;
    int64_t last_duration_s; /* of a background save; -1: there was none */
    int64_t load_began_s;
    bool failed;  /* the last background save did */
    bool flushed; /* all data was deleted, and what the file has is out of date */
    uint64_t saves;
    uint64_t last_load_keys, last_load_expired;
    struct store *replaced; /* a store that was replaced: given up when no request runs */
    struct loop_task give_up;
    void (*after_load)(struct server *server, bool done);
};

void persistence_init(struct server *server);
/* At the start, in the server's directory: removes what a save that did not end left behind. */
void persistence_open(struct server *server);
/* Ends what workers do and waits for that; before anything is freed. */
void persistence_deinit(struct server *server);

/* --- saving --- */

/* BGSAVE. False with the reason in the log. */
bool persistence_save_begin(struct server *server);
/* SAVE and the end of the server: nothing else is served meanwhile. Ends a save in the background
 * first. */
bool persistence_save_now(struct server *server);
/* Lets it end early; its file goes. */
void persistence_save_cancel(struct server *server);
/* All data was deleted: no file shall bring it back. Between requests, when the loop is about to
 * sleep. */
void persistence_after_flush(struct server *server);
/* From cron. */
void persistence_cron(struct server *server);
void persistence_report(struct server *server);
/* Whether writes are refused because saving failed: after a save and a change of settings. */
void persistence_update_gate(struct server *server);

/* What every snapshot of this server has in its head. The texts live until the next call of
 * anything; free it when the order was given. */
struct snapshot_head {
    struct rdb_write_options options;
    struct str *libraries;
};
struct snapshot_head persistence_head(struct server *server);
/* Says where in the history of replication the data is; persistence_head does so by itself when a
 * journal has all of it. */
void snapshot_head_place(struct snapshot_head *head, const struct server *server);
void snapshot_head_deinit(struct snapshot_head *head);

/* --- loading --- */

/* An empty store that can take the place of the present one, to be loaded into. */
struct store *persistence_new_store(struct server *server);
/* How this server reads snapshots. `limits` gets what the options point to. */
struct rdb_read_options persistence_read_options(struct server *server, struct rdb_limits *limits);
/* Puts `fresh` in the place of the data, in a time that does not depend on its size. Watched keys,
 * cached keys and waiting clients are told. */
void persistence_adopt(struct server *server, struct store *fresh);
/* Replaces all libraries of functions by these (code of each), or, when `joins`, adds them. False
 * with what is wrong in the log. */
bool persistence_load_libraries(struct server *server, const struct load_result *result,
                                bool joins);
/* Loads dir/dbfilename in the background if it is there; `after_load` is called once, at once when
 * there is nothing to load. */
void persistence_load_begin(struct server *server,
                            void (*after_load)(struct server *server, bool done));
/* DEBUG RELOAD, without its save. `joins`: the keys join those that are there, `replaces` them. */
bool persistence_reload(struct server *server, bool joins, bool replaces);

#endif
