/* skein-check-aof: whether an append-only file is whole; with --fix it is made so. */
#include "base/num.h"
#include "check/aof_check.h"

#include <stdio.h>

/* 0: whole, or it is now. 1: not, or it could not be done. */
static const char usage[] =
    "Usage: skein-check-aof [--fix | --truncate-to-timestamp SECONDS] FILE|MANIFEST\n"
    "Tells whether an append-only file is whole: exit code 0, else 1 and where it is wrong. "
    "Flipped\n"
    "bits are found by the checksum lines that Skein writes. --fix cuts the last file behind its\n"
    "last whole unit, after asking; --truncate-to-timestamp cuts it where later writes begin.\n";

static bool parse(int argc, char **argv, struct aof_check_options *options)
{
    *options = (struct aof_check_options){.to_time_s = -1};
    if (argc == 2) return true;
    struct str word = str_from_c(argv[1]);
    options->fixes = argc == 3 && str_eq(word, STR("--fix"));
    bool has_time = argc == 4 && str_eq(word, STR("--truncate-to-timestamp"));
    if (has_time && !num_parse_i64(str_from_c(argv[2]), &options->to_time_s)) return false;
    return options->fixes || (has_time && options->to_time_s >= 0);
}

int main(int argc, char **argv)
{
    struct aof_check_options options;
    bool wants_help = argc == 2 && str_eq(str_from_c(argv[1]), STR("--help"));
    if (wants_help) {
        fputs(usage, stdout);
        return 0;
    }
    if (argc < 2 || argv[argc - 1][0] == '-' || !parse(argc, argv, &options)) {
        fputs(usage, stderr);
        return 1;
    }
    return aof_check(argv[argc - 1], &options) ? 0 : 1;
}
