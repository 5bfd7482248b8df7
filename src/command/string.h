/* What the families that work on string values share: putting values, answering with them, limits.
 *
 * Keys put here announce "new" themselves; the caller says call_changed and announces its own
 * event. */
#ifndef SKEIN_COMMAND_STRING_H
#define SKEIN_COMMAND_STRING_H

#include "base/num.h"
#include "command/call.h"

/* The bytes of a string value, with room for an integer's digits. */
struct string_view {
    struct str bytes;
    char room[NUM_I64_MAX];
};
/* NULL gives an empty view. `view` must stay where it is, and the key unchanged. */
void string_view(struct string_view *view, const struct entry *entry);

/* Sets a key to an argument in its best encoding, replacing whatever was there; takes the
 * argument's blob if there is one. */
struct entry *string_put_arg(struct call *call, struct str key, int value_at, int64_t expire_at_ms);
struct entry *string_put_value(struct call *call, struct str key, struct value value,
                               int64_t expire_at_ms);
/* Bytes as a value that stays text even if it looks like a number: embedded when small, else a
 * blob. `encoding` is ENC_EMBEDDED ("embstr") or ENC_EMBEDDED_RAW ("raw"). The view must outlive
 * the value. */
struct value string_value(struct call *call, struct str bytes, enum value_encoding encoding);

/* A string under `key` as `len` bytes to write to; `entry` is what a lookup found, NULL makes a new
 * key. */
char *string_writable(struct call *call, struct str key, struct entry *entry, size_t len);

/* Answers with a string value, or with a range of its bytes; a big one is lent, not copied. */
void string_reply(struct call *call, const struct entry *entry);
void string_reply_range(struct call *call, const struct entry *entry, size_t start, size_t len);

/* Whether a string may grow to `size` + `more` bytes; answers the error. A master's stream is bound
 * by a limit of its own, because the master may be configured to allow more than we do. */
bool string_may_grow(struct call *call, uint64_t size, uint64_t more);
uint64_t string_max_bytes(const struct call *call);

/* "set" and the other names of events with class $. */
void string_changed(struct call *call, struct str key, const char *event);

#endif
