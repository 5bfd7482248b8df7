/* Proves: whatever rewrites, syncs, changes of settings, of the lineage and of all data, stops and
 * starts come in which order, with workers at their own pace, the files hold one unbroken run of
 * units up to at least what counts as safe. Under ThreadSanitizer: that what the threads share is
 * shared well. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/prng.h"
#include "disk/aof.h"
#include "io/file.h"
#include "journal/aof_scan.h"

#include <errno.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LANE_SYNC, LANE_SLOW, LANE_SAVE, LANES };
enum { STEPS = 3000, UNITS_MAX = 20000, TEXT_MAX = 1 << 22 };

/* The data is one number, which every unit raises by one. */
struct world {
    struct loop *loop;
    struct worker_pool *pool;
    struct journal journal;
    struct lineage lineage;
    struct prng prng;
    struct aof aof;
    char directory[64];
    int64_t number, now_us;
    int64_t ends[UNITS_MAX]; /* of the stream behind each number */
    bool fails_bases, expects_trouble;
    int stalls;
    size_t bases, given_up; /* that workers write, and how many of these nobody waits for */
};

/* --- bases --- */

struct base {
    struct job job;
    struct world *world;
    char path[128];
    struct buf text;
    int error;
};

static void append_unit(struct buf *out, const char *verb, int64_t number)
{
    char digits[24];
    int len = snprintf(digits, sizeof(digits), "%lld", (long long)number);
    buf_printf(out, "*2\r\n$%zu\r\n%s\r\n$%d\r\n%s\r\n", strlen(verb), verb, len, digits);
}

static void write_base(void *context)
{
    struct base *base = context;
    base->error = base->error ? base->error : file_replace(base->path, buf_str(&base->text));
}

static void base_written(void *context)
{
    struct base *base = context;
    struct world *world = base->world;
    world->bases--;
    if (world->given_up > 0)
        world->given_up--;
    else
        aof_base_done(&world->aof, (int64_t)base->text.len, base->error);
    buf_deinit(&base->text);
    mem_free(base);
}

static void begin_base(void *owner, const char *path)
{
    struct world *world = owner;
    struct base *base = mem_new(struct base);
    base->world = world;
    base->error = world->fails_bases ? -EIO : 0;
    snprintf(base->path, sizeof(base->path), "%s", path);
    append_unit(&base->text, "BASE", world->number);
    base->job = (struct job){.run = write_base, .done = base_written, .ctx = base};
    world->bases++;
    worker_submit(world->pool, LANE_SAVE, &base->job);
}

static void cancel_base(void *owner)
{
    struct world *world = owner;
    world->given_up = world->bases;
}

static void on_change(void *owner)
{
    (void)owner;
}

static void on_event(void *owner, enum aof_event event, int error)
{
    struct world *world = owner;
    (void)error;
    world->stalls += event == AOF_SYNC_STALLED;
    if (world->expects_trouble) return;
    assert_true(event != AOF_WRITE_FAILED && event != AOF_SYNC_FAILED);
    assert_true(event != AOF_REWRITE_FAILED && event != AOF_REMOVE_FAILED);
}

/* --- what the files hold --- */

struct held {
    int64_t number; /* -1: nothing yet */
    int64_t end;    /* of the stream; -1: not told */
};

static void take_request(struct held *held, const struct aof_piece *piece)
{
    int64_t number;
    if (str_eq(piece->args[0], STR("SELECT"))) return;
    assert_true(num_parse_i64(piece->args[1], &number));
    if (!str_eq(piece->args[0], STR("BASE"))) assert_int_equal(number, held->number + 1);
    held->number = number;
}

static void read_file(struct world *world, const char *name, struct held *held)
{
    struct buf path = {0}, text = {0};
    struct aof_piece piece = {0};
    struct aof_scan scan;
    enum aof_verdict verdict;
    aof_path(&world->aof, name, &path);
    assert_int_equal(file_read_all(buf_c(&path), TEXT_MAX, &text), 0);
    aof_scan_init(&scan, 0);
    do {
        struct str rest = str_from(buf_str(&text), (size_t)scan.at);
        verdict = aof_parse(&piece, rest);
        verdict = aof_scan_step(&scan, verdict, &piece, rest.ptr);
        if (verdict == AOF_REQUEST) take_request(held, &piece);
    } while (verdict == AOF_REQUEST || verdict == AOF_LINE);
    assert_int_equal(verdict, AOF_SHORT);
    assert_int_equal(scan.unit_end, text.len);
    if (scan.unit_offset >= 0) held->end = scan.unit_offset;
    aof_piece_deinit(&piece);
    buf_deinit(&path);
    buf_deinit(&text);
}

static bool read_manifest(struct world *world, struct manifest *manifest)
{
    struct buf path = {0}, text = {0};
    struct manifest_fault fault;
    aof_manifest_path(&world->aof, &path);
    bool found = file_read_all(buf_c(&path), TEXT_MAX, &text) == 0;
    if (found) assert_true(manifest_parse(manifest, buf_str(&text), &fault));
    buf_deinit(&path);
    buf_deinit(&text);
    return found;
}

static struct held read_all(struct world *world, struct manifest *manifest)
{
    struct held held = {-1, -1};
    const struct manifest_file *file = NULL;
    if (!read_manifest(world, manifest)) return held;
    while ((file = manifest_next_to_load(manifest, file))) {
        int64_t begin = held.end;
        read_file(world, file->name, &held);
        if (file->type == MANIFEST_INCREMENT && begin >= 0) assert_true(held.end >= begin);
        if (file->end >= 0) assert_int_equal(held.end, file->end);
    }
    return held;
}

static void let_workers_finish(struct world *world)
{
    for (size_t lane = 0; lane < LANES; lane++) worker_drain(world->pool, lane);
}

/* What a crash at this moment would leave, the workers' tasks being done. */
static void what_is_safe_is_held(struct world *world)
{
    struct manifest manifest = {0};
    let_workers_finish(world);
    struct held held = read_all(world, &manifest);
    int64_t safe = aof_safe_offset(&world->aof);
    if (world->aof.phase == AOF_ON) {
        assert_true(held.number >= 0 && held.number <= world->number);
        assert_true(world->ends[held.number] >= safe);
    }
    manifest_deinit(&manifest);
}

/* --- what happens --- */

static void pass_time(struct world *world, int64_t us)
{
    world->now_us += us;
    aof_set_time(&world->aof, world->now_us, world->now_us / 1000000);
}

static void write_some(struct world *world)
{
    uint64_t count = prng_below(&world->prng, 20);
    for (uint64_t i = 0; i < count && world->number + 1 < UNITS_MAX; i++) {
        struct buf unit = {0};
        append_unit(&unit, "W", ++world->number);
        int db = (int)prng_below(&world->prng, 2);
        journal_append_unit(&world->journal, db, db, buf_str(&unit));
        world->ends[world->number] = world->journal.end;
        buf_deinit(&unit);
    }
    aof_flush(&world->aof);
}

static void new_id(struct world *world)
{
    unsigned char random[20];
    for (size_t i = 0; i < sizeof(random); i++) random[i] = (unsigned char)prng_next(&world->prng);
    world->lineage.offset = world->journal.end;
    lineage_promote(&world->lineage, repl_id_make(random));
    aof_note_lineage(&world->aof);
}

/* Other data at another place of another stream. */
static void replace_data(struct world *world)
{
    if (world->number + 100 >= UNITS_MAX) return;
    world->number += 50;
    journal_reset(&world->journal, (int64_t)prng_below(&world->prng, 100000));
    world->ends[world->number] = world->journal.end;
    aof_restart(&world->aof);
}

static void change_settings(struct world *world)
{
    static const enum aof_sync SYNCS[] = {AOF_SYNC_NO, AOF_SYNC_ALWAYS, AOF_SYNC_EVERYSEC};
    world->aof.settings.sync = SYNCS[prng_below(&world->prng, 3)];
    world->aof.settings.has_times = prng_below(&world->prng, 2);
    world->aof.settings.retain_bytes = (int64_t)prng_below(&world->prng, 2) * 4096;
    aof_update(&world->aof);
}

static void stop_and_start(struct world *world)
{
    struct manifest manifest = {0};
    aof_flush(&world->aof);
    bool was_on = world->aof.phase == AOF_ON;
    aof_stop(&world->aof);
    let_workers_finish(world);
    struct held held = read_all(world, &manifest);
    if (was_on) assert_int_equal(held.number, world->number);
    aof_start(&world->aof, &manifest);
}

/* Ends in order, and goes on behind the files as a restart does. */
static void finish_and_resume(struct world *world)
{
    struct manifest manifest = {0};
    if (world->aof.phase != AOF_ON) return;
    aof_flush(&world->aof);
    assert_int_equal(aof_finish(&world->aof), 0);
    let_workers_finish(world);
    struct held held = read_all(world, &manifest);
    assert_int_equal(held.number, world->number);
    assert_int_equal(held.end, world->journal.end);
    struct buf path = {0};
    struct file_info info;
    aof_path(&world->aof, manifest_last_increment(&manifest)->name, &path);
    assert_int_equal(file_info(buf_c(&path), &info), 0);
    assert_int_equal(aof_resume(&world->aof, &manifest, info.size_bytes), 0);
    buf_deinit(&path);
}

static void rewrite(struct world *world)
{
    aof_rewrite(&world->aof);
}

static const struct action {
    unsigned weight;
    void (*run)(struct world *world);
} actions[] = {
    {60, write_some},
    {6, rewrite},
    {3, new_id},
    {1, replace_data},
    {3, change_settings},
    {1, stop_and_start},
    {1, finish_and_resume},
    {2, what_is_safe_is_held},
};

static void act(struct world *world)
{
    uint64_t pick = prng_below(&world->prng, 77);
    size_t at = 0;
    while (pick >= actions[at].weight) pick -= actions[at++].weight;
    actions[at].run(world);
    pass_time(world, (int64_t)prng_below(&world->prng, 200000));
    if (prng_below(&world->prng, 3) == 0) aof_beat(&world->aof);
    aof_flush(&world->aof);
    loop_turn(world->loop, false);
}

/* --- the whole --- */

static int start(void **state)
{
    static struct world world;
    static const char *const lanes[LANES] = {"sync", "slow", "save"};
    world = (struct world){.loop = loop_new(), .now_us = 1000000};
    world.pool = worker_pool_new(world.loop, lanes, LANES);
    prng_init(&world.prng, 20261120);
    journal_init(&world.journal, 0);
    journal_set_limits(&world.journal, 1 << 20, 1 << 26);
    lineage_begin(&world.lineage, repl_id_make((const unsigned char[20]){1}));
    snprintf(world.directory, sizeof(world.directory), "/tmp/skein-aof-XXXXXX");
    assert_non_null(mkdtemp(world.directory));
    *state = &world;
    return 0;
}

static int stop(void **state)
{
    struct world *world = *state;
    struct file_names names = {0};
    aof_stop(&world->aof);
    let_workers_finish(world);
    aof_deinit(&world->aof);
    worker_pool_free(world->pool);
    loop_free(world->loop);
    journal_deinit(&world->journal);
    file_list(world->directory, &names);
    for (size_t i = 0; i < names.count; i++) {
        struct buf path = {0};
        buf_printf(&path, "%s/%s", world->directory, names.names[i]);
        file_remove(buf_c(&path));
        buf_deinit(&path);
    }
    file_names_deinit(&names);
    return rmdir(world->directory);
}

static void begin(struct world *world)
{
    struct manifest none = {0};
    aof_init(&world->aof, &(struct aof_order){
                              .directory = world->directory,
                              .prefix = "log",
                              .lineage = &world->lineage,
                              .journal = &world->journal,
                              .pool = world->pool,
                              .sync_lane = LANE_SYNC,
                              .slow_lane = LANE_SLOW,
                              .hooks = {.owner = world,
                                        .begin_base = begin_base,
                                        .cancel_base = cancel_base,
                                        .on_change = on_change,
                                        .on_event = on_event},
                          });
    pass_time(world, 0);
    aof_start(&world->aof, &none);
}

static void the_files_hold_all_that_is_safe_whatever_happens(void **state)
{
    struct world *world = *state;
    begin(world);
    for (int i = 0; i < STEPS || world->aof.rewrites <= 10; i++) act(world);
}

static void reach(struct world *world, enum aof_phase phase)
{
    while (world->aof.phase != phase) {
        aof_flush(&world->aof);
        let_workers_finish(world);
    }
}

static size_t count_files(const struct world *world)
{
    struct file_names names = {0};
    assert_int_equal(file_list(world->directory, &names), 0);
    size_t count = names.count;
    file_names_deinit(&names);
    return count;
}

/* Fault 63: time and again no base can be written. */
static void bases_that_fail_are_tried_ever_less_often_and_leave_little(void **state)
{
    struct world *world = *state;
    begin(world);
    reach(world, AOF_ON);
    world->expects_trouble = world->fails_bases = true;
    int64_t pause_us = 0;
    for (uint64_t failures = 1; failures <= 10; failures++) {
        struct manifest manifest = {0};
        rewrite(world);
        while (world->aof.failures < failures) {
            write_some(world);
            let_workers_finish(world);
        }
        int64_t next_us = world->aof.next_rewrite_us - world->now_us;
        assert_true(next_us > pause_us || next_us == 60000000);
        pause_us = next_us;
        /* The base of the beginning, and an unbroken run of increments behind it. */
        struct held held = read_all(world, &manifest);
        assert_int_equal(held.number, world->number);
        assert_int_equal(manifest_base(&manifest)->seq, 1);
        assert_true(count_files(world) <= failures + 3);
        manifest_deinit(&manifest);
    }
    world->fails_bases = false;
    rewrite(world);
    while (aof_is_rewriting(&world->aof)) {
        aof_flush(&world->aof);
        let_workers_finish(world);
    }
    assert_int_equal(world->aof.failures, 0);
    assert_int_equal(count_files(world), 3);
}

struct barrier {
    struct job job;
    sem_t is_open;
};

static void wait_at(void *context)
{
    struct barrier *barrier = context;
    sem_wait(&barrier->is_open);
}

/* Until `open_lane` nothing else runs in that lane. */
static void bar_lane(struct world *world, struct barrier *barrier, size_t lane)
{
    *barrier = (struct barrier){.job = {.run = wait_at, .ctx = barrier}};
    sem_init(&barrier->is_open, 0, 0);
    worker_submit(world->pool, lane, &barrier->job);
}

static void open_lane(struct world *world, struct barrier *barrier)
{
    sem_post(&barrier->is_open);
    let_workers_finish(world);
    sem_destroy(&barrier->is_open);
}

/* Fault 58: the disk takes longer than half a minute. */
static void a_sync_that_takes_too_long_stops_writes_until_it_ends(void **state)
{
    struct world *world = *state;
    struct barrier barrier;
    begin(world);
    reach(world, AOF_ON);
    world->aof.settings.sync = AOF_SYNC_EVERYSEC;
    world->expects_trouble = true;
    bar_lane(world, &barrier, LANE_SYNC);
    journal_append_unit(&world->journal, 0, 0, STR("*1\r\n$4\r\nPING\r\n"));
    for (int second = 0; second < 31; second++) {
        aof_flush(&world->aof);
        /* The file has it at once, whatever the disk does. */
        assert_int_equal(aof_safe_offset(&world->aof), world->journal.end);
        assert_true(aof_accepts(&world->aof));
        aof_beat(&world->aof);
        pass_time(world, 1000000);
    }
    aof_beat(&world->aof);
    aof_beat(&world->aof);
    assert_false(aof_accepts(&world->aof));
    assert_int_equal(world->stalls, 1);
    assert_true(world->aof.delayed_syncs > 0);
    open_lane(world, &barrier);
    assert_true(aof_accepts(&world->aof));
}

/* no-appendfsync-on-rewrite. */
static void no_sync_is_begun_while_a_base_is_written_if_asked_for(void **state)
{
    struct world *world = *state;
    struct barrier barrier;
    begin(world);
    reach(world, AOF_ON);
    world->aof.settings.sync = AOF_SYNC_EVERYSEC;
    world->aof.settings.pauses_sync = true;
    bar_lane(world, &barrier, LANE_SAVE);
    rewrite(world);
    while (world->aof.rewrite.step != AOF_STEP_SAVING) {
        aof_flush(&world->aof);
        worker_drain(world->pool, LANE_SYNC);
    }
    journal_append_unit(&world->journal, 0, 0, STR("*1\r\n$4\r\nPING\r\n"));
    aof_flush(&world->aof);
    pass_time(world, 2000000);
    aof_beat(&world->aof);
    assert_null(world->aof.syncing);
    world->aof.settings.pauses_sync = false;
    aof_beat(&world->aof);
    assert_non_null(world->aof.syncing);
    open_lane(world, &barrier);
    assert_int_equal(aof_synced_offset(&world->aof), world->journal.end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_files_hold_all_that_is_safe_whatever_happens, start,
                                        stop),
        cmocka_unit_test_setup_teardown(bases_that_fail_are_tried_ever_less_often_and_leave_little,
                                        start, stop),
        cmocka_unit_test_setup_teardown(a_sync_that_takes_too_long_stops_writes_until_it_ends,
                                        start, stop),
        cmocka_unit_test_setup_teardown(no_sync_is_begun_while_a_base_is_written_if_asked_for,
                                        start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
