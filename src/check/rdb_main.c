/* skein-check-rdb: whether a snapshot is whole; with --salvage, what is still intact of it. */
#include "check/rdb_check.h"
#include "check/rdb_salvage.h"

#include <string.h>

/* 0: whole. 1: damaged, something was lost, or it could not be done. */
static const char usage[] =
    "Usage: skein-check-rdb FILE\n"
    "       skein-check-rdb --salvage OUT FILE\n"
    "Tells whether the snapshot FILE is whole: exit code 0, else 1 and where it is damaged. With\n"
    "--salvage every key that is still intact is written to OUT, and what was lost is listed; the\n"
    "exit code is 0 when nothing was. FILE is never changed.\n";

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return 0;
    }
    if (argc == 2 && argv[1][0] != '-') return rdb_check(argv[1]) ? 0 : 1;
    if (argc == 4 && strcmp(argv[1], "--salvage") == 0) {
        return rdb_salvage(argv[3], argv[2]) == SALVAGE_WHOLE ? 0 : 1;
    }
    fputs(usage, stderr);
    return 1;
}
