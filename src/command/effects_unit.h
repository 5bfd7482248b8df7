/* The effects of requests that stand or fall together: of a transaction, of a script, or of one
 * request with the keys that expired on its way.
 *
 * They are collected in order, with SELECT where the database changes, and come out as one run of
 * bytes: between MULTI and EXEC when there is more than one request, nothing at all when nothing
 * changed. */
#ifndef SKEIN_COMMAND_EFFECTS_UNIT_H
#define SKEIN_COMMAND_EFFECTS_UNIT_H

#include "base/buf.h"

/* Zeroed is empty; the buffer is kept for the next unit. */
struct effects_unit {
    struct buf bytes;
    size_t count; /* requests, SELECTs not counted */
    int first_db; /* must be selected before the bytes */
    int last_db;  /* is selected after them */
};

void effects_unit_begin(struct effects_unit *unit);
void effects_unit_deinit(struct effects_unit *unit);
/* `encoded` is `count` requests that ran in database `db`. */
void effects_unit_add(struct effects_unit *unit, int db, struct str encoded, size_t count);
/* What goes to the journal; a view that is valid until the unit begins again. */
struct str effects_unit_end(struct effects_unit *unit);

#endif
