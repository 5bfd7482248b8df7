/* LOLWUT: a skein of geese, drawn anew each time. */
#include "base/prng.h"
#include "server/families.h"
#include "server/server.h"

#include <sys/param.h>

enum { COLUMNS_DEFAULT = 66, ROWS_DEFAULT = 12, COLUMNS_MAX = 200, ROWS_MAX = 60, STEP = 4 };

struct sky {
    int columns, rows;
    char cells[ROWS_MAX][COLUMNS_MAX];
};

static void draw_goose(struct sky *sky, int row, int column)
{
    static const char BIRDS[][4] = {"\\v/", "-v-", "~v~", "/v\\"};
    const char *bird = BIRDS[(row * 3 + column) % 4];
    for (int i = 0; i < 3; i++) {
        int at = column + i - 1;
        if (row >= 0 && row < sky->rows && at >= 0 && at < sky->columns) {
            sky->cells[row][at] = bird[i];
        }
    }
}

/* The leader flies at the right; each bird follows the one before it, back and outwards. */
static void draw_arm(struct sky *sky, int outwards, struct prng *prng)
{
    int row = sky->rows / 2, column = sky->columns - 4;
    while (column > 2 && row >= 0 && row < sky->rows) {
        draw_goose(sky, row, column);
        row += outwards;
        column -= STEP + (int)prng_below(prng, 3);
    }
}

static void write_sky(const struct sky *sky, struct buf *out)
{
    for (int row = 0; row < sky->rows; row++) {
        int end = sky->columns;
        while (end > 0 && sky->cells[row][end - 1] == ' ') end--;
        buf_append(out, sky->cells[row], (size_t)end);
        buf_append_char(out, '\n');
    }
    buf_append_c(out, "\nWhoever leads tires; then another one flies in front.\n");
    buf_append_c(out, "Skein " SKEIN_VERSION ", Redis ver. " SKEIN_REDIS_VERSION "\n");
}

/* LOLWUT [VERSION version] [columns [rows]]; all versions draw the same birds. */
static bool read_size(struct call *call, struct sky *sky)
{
    int64_t version, columns = COLUMNS_DEFAULT, rows = ROWS_DEFAULT;
    int at = 1;
    if (call->argc > 1 && call_is(call, 1, "version")) {
        if (call->argc > 2 && !call_i64(call, 2, &version)) return false;
        at = 3;
    }
    if (call->argc > at && !call_i64(call, at, &columns)) return false;
    if (call->argc > at + 1 && !call_i64(call, at + 1, &rows)) return false;
    sky->columns = (int)MAX(1, MIN(columns, COLUMNS_MAX));
    sky->rows = (int)MAX(1, MIN(rows, ROWS_MAX));
    return true;
}

static void lolwut(struct call *call)
{
    struct sky sky;
    struct buf text = {0};
    if (!read_size(call, &sky)) return;
    memset(sky.cells, ' ', sizeof(sky.cells));
    draw_arm(&sky, -1, &call->host->store->prng);
    draw_arm(&sky, 1, &call->host->store->prng);
    write_sky(&sky, &text);
    reply_verbatim(call->reply, buf_str(&text), "txt");
    buf_deinit(&text);
}

const struct command lolwut_commands[] = {
    {
        .name = "lolwut",
        .run = lolwut,
        .arity = -1,
        .flags = CMD_READONLY | CMD_FAST,
        .summary = "Draws birds, and tells the server's version.",
        .since = "5.0.0",
        .group = "server",
        .syntax = "[VERSION version]",
    },
    {0},
};
