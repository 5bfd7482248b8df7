/* What the files of the bitmap family share. */
#ifndef SKEIN_COMMAND_BITMAP_H
#define SKEIN_COMMAND_BITMAP_H

#include "command/call.h"

/* bitmap.c: a position in bits. `#n` counts in fields of `width` bits; width 0 refuses that form.
 * Answers the error. */
bool bitmap_offset(struct call *call, int at, unsigned width, uint64_t *offset);

/* The handlers. */
void bitmap_setbit(struct call *call);
void bitmap_getbit(struct call *call);
void bitmap_bitop(struct call *call);
void bitmap_bitcount(struct call *call); /* bitmap_scan.c */
void bitmap_bitpos(struct call *call);
void bitmap_bitfield(struct call *call); /* bitmap_field.c */
void bitmap_bitfield_ro(struct call *call);

#endif
