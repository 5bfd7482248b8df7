#include "server/append_file_tail.h"

#include "base/mem.h"
#include "io/file.h"
#include "server/server.h"

#include <string.h>

enum { NOT_OURS = -2, NOTHING = -1 };

/* Where in the stream a file begins; NOTHING: it has no whole line, NOT_OURS: it does not say. */
static int64_t first_offset(struct server *server, const char *name)
{
    char bytes[ANNOTATION_MAX];
    struct aof_piece piece = {0};
    struct buf path = {0};
    aof_path(&server->append_file.aof, name, &path);
    int fd = file_open(buf_c(&path), FILE_READ);
    buf_deinit(&path);
    if (fd < 0) return NOT_OURS;
    ssize_t len = file_read_at(fd, bytes, sizeof(bytes), 0);
    file_close(fd);
    if (len < 0) return NOT_OURS;
    enum aof_verdict verdict = aof_parse(&piece, str_of(bytes, (size_t)len));
    bool is_zero = verdict == AOF_DAMAGED && bytes[piece.damage_at] == 0;
    struct annotation line = {0};
    if (verdict == AOF_LINE) line = annotation_parse(piece.line);
    aof_piece_deinit(&piece);
    if (verdict == AOF_SHORT || is_zero) return NOTHING;
    return line.kind == ANNOTATION_START ? line.offset : NOT_OURS;
}

/* Where in the stream the data end with this file; -1: nobody knows. */
static int64_t end_of(struct server *server, const struct aof_scan *scan)
{
    const struct append_found *before = &server->append_file.found;
    if (scan->unit_end > 0) return scan->unit_offset;
    return before->replication_id[0] ? before->offset : -1;
}

enum append_tail append_tail_judge(struct server *server, const struct manifest *manifest,
                                   const struct manifest_file *file,
                                   const struct aof_load_result *result)
{
    const struct manifest_file *next = manifest_next_to_load(manifest, file);
    const struct aof_scan *scan = &result->scan;
    int64_t end = end_of(server, scan);
    bool is_torn = result->verdict == AOF_LOAD_TORN;
    bool is_foreign = scan->unit_end > 0 && end < 0;
    if (file->type != MANIFEST_INCREMENT || is_foreign) return APPEND_TAIL_WHOLE;
    if (file->end >= 0) return end < file->end ? APPEND_TAIL_BROKEN : APPEND_TAIL_WHOLE;
    if (next == NULL) return APPEND_TAIL_WHOLE;
    int64_t begin = first_offset(server, next->name);
    bool is_lost = (end >= 0 && begin > end) || (is_torn && begin != NOT_OURS);
    return is_lost ? APPEND_TAIL_LOST : APPEND_TAIL_WHOLE;
}

static void remove_listed(struct server *server, const char *name)
{
    struct buf path = {0};
    aof_path(&server->append_file.aof, name, &path);
    int error = file_remove(buf_c(&path));
    if (error) {
        log_write(server->log, LEVEL_WARNING, "Cannot remove %s: %s", buf_c(&path),
                  strerror(-error));
    }
    buf_deinit(&path);
}

int append_tail_give_up(struct server *server, struct manifest *manifest,
                        const struct manifest_file *file)
{
    struct manifest all;
    struct buf text = {0}, path = {0};
    const struct manifest_file *next;
    manifest_copy(&all, manifest);
    size_t place = (size_t)(file - manifest->files);
    while ((next = manifest_next_to_load(manifest, &manifest->files[place]))) {
        manifest_remove(manifest, next);
    }
    manifest_write(manifest, &text);
    aof_manifest_path(&server->append_file.aof, &path);
    int error = file_replace(buf_c(&path), buf_str(&text));
    next = &all.files[place];
    while (error == 0 && (next = manifest_next_to_load(&all, next))) {
        log_write(server->log, LEVEL_WARNING,
                  "%s goes: it was begun before the end of %s was on disk, and that is lost",
                  next->name, all.files[place].name);
        remove_listed(server, next->name);
    }
    manifest_deinit(&all);
    buf_deinit(&text);
    buf_deinit(&path);
    return error;
}
