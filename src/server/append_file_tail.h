/* Increments whose end a power cut took, while one behind them was begun already.
 *
 * A change of increments waits for no disk: the new one may have reached it before the end of the
 * old one did. Until that end is safe the manifest tells none (`endoffset`), and nothing behind it
 * was promised under `appendfsync always`. So an increment without a listed end that stops short of
 * where the next one begins is where the data end, and what comes behind it is given up; one that
 * stops short of its listed end has lost data. */
#ifndef SKEIN_SERVER_APPEND_FILE_TAIL_H
#define SKEIN_SERVER_APPEND_FILE_TAIL_H

#include "disk/aof_load.h"
#include "journal/manifest.h"

struct server;

enum append_tail {
    APPEND_TAIL_WHOLE,  /* what is behind this file follows it, as far as anybody can tell */
    APPEND_TAIL_LOST,   /* the data end here */
    APPEND_TAIL_BROKEN, /* the manifest says that there was more */
};

/* Of a file of the manifest that was loaded, with what result. */
enum append_tail append_tail_judge(struct server *server, const struct manifest *manifest,
                                   const struct manifest_file *file,
                                   const struct aof_load_result *result);
/* Makes `file` the last one: in the manifest on disk, then the files behind it go. A negative errno
 * when the manifest could not be changed. */
int append_tail_give_up(struct server *server, struct manifest *manifest,
                        const struct manifest_file *file);

#endif
