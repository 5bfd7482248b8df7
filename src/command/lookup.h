/* Finds keys for commands: hides and deletes what has expired, counts hits and misses, keeps
 * access times.
 *
 * The entry returned is valid until the next write to the same key. */
#ifndef SKEIN_COMMAND_LOOKUP_H
#define SKEIN_COMMAND_LOOKUP_H

#include "command/call.h"

enum lookup_mode {
    LOOKUP_READ,  /* counts, touches, announces a miss */
    LOOKUP_WRITE, /* no counting */
    LOOKUP_PEEK,  /* neither counts nor touches: TTL, TYPE, OBJECT, EXISTS counts itself ... */
};

/* NULL when the key does not exist (any more). */
struct entry *lookup(struct call *call, struct str key, enum lookup_mode mode);
struct entry *lookup_in(struct call *call, struct keyspace *ks, struct str key,
                        enum lookup_mode mode);
/* As lookup, and checks the type: on a mismatch answers WRONGTYPE and sets *failed. */
struct entry *lookup_type(struct call *call, struct str key, enum lookup_mode mode,
                          enum value_type type, bool *failed);
/* Deletes a key with effects and event "expired" when it is past its time. True when it was. */
bool lookup_expire(struct call *call, struct keyspace *ks, struct entry *entry);
/* The same without a look at the time, whoever we are. */
void lookup_remove_expired(struct call *call, struct keyspace *ks, struct entry *entry);
bool entry_is_expired(const struct host *host, const struct entry *entry);
/* Deletes a key; true when it existed. Says nothing (the caller announces and counts). */
bool lookup_delete(struct call *call, struct str key);

/* The access word's meaning: LRU clock in seconds, or LFU (16 bits minutes, 8 bits logarithmic
 * counter). */
uint32_t access_now(const struct host *host);
uint32_t access_after_touch(struct host *host, uint32_t access);
uint32_t access_lfu_counter(const struct host *host, uint32_t access); /* decayed */
int64_t access_idle_s(const struct host *host, uint32_t access);

#endif
