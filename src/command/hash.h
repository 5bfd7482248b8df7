/* What the files of the hash family share: reading a key as a hash, and answering with a field's
 * value. */
#ifndef SKEIN_COMMAND_HASH_H
#define SKEIN_COMMAND_HASH_H

#include "command/lookup.h"
#include "store/fields.h"

enum hash_found { HASH_FOUND, HASH_MISSING, HASH_REFUSED /* an error was answered */ };

/* Looks a key up for reading. */
enum hash_found hash_find(struct call *call, struct str key, struct value *hash);
/* A big value is lent, not copied. */
void hash_reply_value(struct call *call, const struct field *field);

#endif
