/* Transactions: between MULTI and EXEC requests are kept, then run one after the other.
 *
 * `execute` asks multi_queues for every request that passed the gates and hands those to
 * multi_queue. Whatever refuses a request before it runs answers through multi_refuse, so that the
 * transaction aborts as it must. EXEC runs each request through `execute` again with ORIGIN_EXEC;
 * nothing else runs in between. */
#ifndef SKEIN_COMMAND_MULTI_H
#define SKEIN_COMMAND_MULTI_H

#include "command/command.h"
#include "command/session.h"

/* True inside MULTI, except for the few commands that run at once there (EXEC, DISCARD, MULTI,
 * WATCH, QUIT, RESET). */
bool multi_queues(const struct session *session, const struct command *command,
                  const struct command *container);
/* Keeps a copy of the request and answers +QUEUED. A transaction that will abort anyway keeps
 * nothing. */
void multi_queue(struct session *session, const struct command *command, const struct str *argv,
                 int argc);
/* Answers the error of a request that is refused before it runs; `command` is NULL when it is
 * unknown. Inside MULTI the transaction is marked to abort; EXEC itself aborts at once and its
 * error tells the reason. */
void multi_refuse(struct session *session, const struct command *command, struct str error);
/* Forgets the transaction and the watched keys: DISCARD, RESET, end of a session. */
void multi_discard(struct session *session);

/* The flags that gates must look at: those of the command, for EXEC also those of any queued
 * command. */
uint64_t multi_flags(const struct session *session, const struct command *command);
/* True when the command has the flag and, for EXEC, every queued command has it too (CMD_STALE,
 * CMD_LOADING, ...). */
bool multi_all_have(const struct session *session, const struct command *command, uint64_t flag);

#endif
