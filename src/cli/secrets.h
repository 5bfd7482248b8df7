/* Which lines must not be kept in a history file because they hold a password. Pure. */
#ifndef SKEIN_CLI_SECRETS_H
#define SKEIN_CLI_SECRETS_H

#include "base/str.h"

bool secrets_in_line(struct str line);

#endif
