/* The names of the ACL categories, in the order of the bits of enum command_category. */
#ifndef SKEIN_COMMAND_CATEGORY_H
#define SKEIN_COMMAND_CATEGORY_H

#include "command/command.h"

enum { CATEGORY_COUNT = 21 };

/* "keyspace", "read", ...; `bit` counts from 0 and is below CATEGORY_COUNT. */
const char *category_name(int bit);
/* The bit's value, or 0 for a name that is none; case does not matter. */
uint32_t category_find(struct str name);

#endif
