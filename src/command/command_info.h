/* How COMMAND describes a command: as a machine needs it (INFO) and as a person reads it (DOCS). */
#ifndef SKEIN_COMMAND_COMMAND_INFO_H
#define SKEIN_COMMAND_COMMAND_INFO_H

#include "command/registry.h"
#include "proto/reply.h"

void command_info_reply(struct reply *reply, const struct command_ref *ref);
/* The set of flags a key has, in the words of COMMAND INFO. */
void command_key_flags_reply(struct reply *reply, uint32_t flags);
/* The map alone, without the command's name. */
void command_docs_reply(struct reply *reply, const struct command_ref *ref);

#endif
