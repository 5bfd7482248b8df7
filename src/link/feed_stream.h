/* How the stream reaches one replica: from memory, or, when it has fallen far behind, from the
 * spool on disk; or, when it comes back after a long time, from the increments of the append-only
 * file.
 *
 *     in memory --(further behind than memory is for, and its bytes are in a file)--> on disk
 *     searching --(an increment has what it lacks)--> on disk
 *     on disk --(nearly caught up)--> in memory
 *
 * `cursor.offset` is its place in both. The spool takes what replicas have not read beyond half of
 * `memory_bytes`; the rest is room for what is written while the disk works. While the disk takes
 * what it is given no replica is given up for being slow; the limits of its class of clients
 * (client-output-buffer-limit) are about what memory holds for it. */
#ifndef SKEIN_LINK_FEED_STREAM_H
#define SKEIN_LINK_FEED_STREAM_H

#include "base/offset.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct feed;
struct feeds;

/* Where a replica may continue: everything that is kept for whatever reason. */
struct journal_range feeds_kept(const struct feeds *feeds);
/* Where a replica is fed from. */
enum feed_origin { FEED_FROM_MEMORY, FEED_FROM_SPOOL, FEED_FROM_INCREMENTS, FEED_ORIGINS };

/* Its stream begins here, which is kept, or was found by a search. */
enum feed_origin feed_stream_begin(struct feed *feed, int64_t offset);
void feed_stream_end(struct feed *feed);

/* A worker looks into the increments for what follows `offset`; false: there is nothing to look
 * at. */
bool feed_search_begin(struct feed *feed, int64_t offset);
enum feed_search { SEARCH_GOES_ON, SEARCH_FOUND, SEARCH_FAILED };
enum feed_search feed_search_state(const struct feed *feed);
/* Ends a search that failed; the reason for the log. */
const char *feed_search_end(struct feed *feed);
/* A replica is fed from increments: none is to be removed. */
bool feeds_read_increments(const struct feeds *feeds);
/* Sends what its socket takes. */
void feed_flow(struct feed *feed);
/* What our master sent goes to those who have everything else before it is done here: whole
 * requests that a master may send, the next of our journal. Nothing else is appended until
 * feeds_settle_ahead, after which they are in the journal; who was sent more is dropped. */
void feeds_send_ahead(struct feeds *feeds, struct str bytes);
void feeds_settle_ahead(struct feeds *feeds);
/* Once a turn: begins to write to disk, moves replicas there, ends it. */
void feeds_spill(struct feeds *feeds);
/* A few times a second: ages what is held, frees what is not, tries a disk that failed again. */
void feeds_age(struct feeds *feeds, int64_t now_ms);
/* Gives the replica up when it costs more than it may: then false, and the feed is gone. */
bool feed_check_held(struct feed *feed, int64_t now_ms);
/* How many are read to from disk. */
size_t feeds_count_on_disk(const struct feeds *feeds);

#endif
