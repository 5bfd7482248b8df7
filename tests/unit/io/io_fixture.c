#include "unit/io/io_fixture.h"

#include "base/mem.h"
#include "io/signals.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void on_heartbeat(void *ctx)
{
    (void)ctx;
}

int io_setup(void **state)
{
    struct io_fixture *fixture = mem_new(struct io_fixture);
    signals_ignore_harmless();
    strcpy(fixture->directory, "/tmp/skein-io-XXXXXX");
    if (mkdtemp(fixture->directory) == NULL) return -1;
    fixture->loop = loop_new();
    timer_start(fixture->loop, &fixture->heartbeat, 50, 50, on_heartbeat, fixture);
    *state = fixture;
    return 0;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info;
    (void)kind;
    (void)walk;
    return remove(path);
}

int io_teardown(void **state)
{
    struct io_fixture *fixture = *state;
    timer_stop(&fixture->heartbeat);
    loop_free(fixture->loop);
    nftw(fixture->directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    mem_free(fixture);
    return 0;
}

const char *io_path(struct io_fixture *fixture, const char *name)
{
    char *path = fixture->paths[fixture->path_count++ % 8];
    snprintf(path, sizeof(fixture->paths[0]), "%s/%s", fixture->directory, name);
    return path;
}
