/* Finds the keys of the commands whose arguments no key spec can describe, for the rows of those
 * commands. Arguments that make no sense are none of their business: the handler refuses them. */
#ifndef SKEIN_COMMAND_KEYS_SPECIAL_H
#define SKEIN_COMMAND_KEYS_SPECIAL_H

#include "command/keys.h"

/* SET reads its key only with GET. */
bool keys_of_set(const struct str *argv, int argc, struct key_refs *refs);
/* BITFIELD only reads when all its operations are GET. */
bool keys_of_bitfield(const struct str *argv, int argc, struct key_refs *refs);
/* SORT writes to the last STORE. */
bool keys_of_sort(const struct str *argv, int argc, struct key_refs *refs);
/* SORT_RO: BY and GET name keys that only the data tells. */
bool keys_of_sort_ro(const struct str *argv, int argc, struct key_refs *refs);
/* MIGRATE has one key, or many behind KEYS. */
bool keys_of_migrate(const struct str *argv, int argc, struct key_refs *refs);

#endif
