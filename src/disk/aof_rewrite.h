/* The steps of a change to a new base, and what they share with the rest of struct aof. */
#ifndef SKEIN_DISK_AOF_REWRITE_H
#define SKEIN_DISK_AOF_REWRITE_H

#include "disk/aof.h"

/* From IDLE; with replaces_all the new files stand alone. */
void aof_rewrite_begin(struct aof *aof, bool replaces_all);
/* SWITCHING: between two units. */
void aof_rewrite_switch(struct aof *aof);
/* Forgets a rewrite whose results will not be used. */
void aof_rewrite_abandon(struct aof *aof);
/* IDLE: begins to remove history that need not be kept any more. */
void aof_remove_history(struct aof *aof);

/* The open increment is not needed, and no manifest lists it: a worker removes it. */
void aof_forget_unlisted(struct aof *aof);

/* aof.c */
void aof_tell(struct aof *aof, enum aof_event event, int error);
void aof_changed(struct aof *aof);
void aof_flush_writer(struct aof *aof, bool add_sum);
void aof_note_write(struct aof *aof, int error);
/* Has a worker sync and close what was the open increment, and do what else is added to the task;
 * later syncs come behind that. */
struct aof_task *aof_closing_task(struct aof *aof, int fd);

#endif
