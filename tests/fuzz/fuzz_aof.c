/* Any bytes are an append-only file or are refused without harm: the verdict is the same wherever
 * the reader's buffers end, what is called whole is whole when it stands alone, and no piece needs
 * more memory than it has bytes. */
#include "journal/aof_scan.h"

#include "base/mem.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Scans with at most `step` more bytes at hand each time. */
static enum aof_verdict scan_in_steps(struct aof_scan *scan, struct str bytes, size_t step)
{
    struct aof_piece piece = {0};
    aof_scan_init(scan, 0);
    size_t at_hand = 0;
    enum aof_verdict verdict = AOF_SHORT;
    while (verdict != AOF_DAMAGED) {
        struct str rest = str_from(str_first(bytes, at_hand), (size_t)scan->at);
        verdict = aof_parse(&piece, rest);
        verdict = aof_scan_step(scan, verdict, &piece, rest.ptr);
        if (piece.capacity > 16 + rest.len) abort();
        if (verdict == AOF_SHORT && at_hand == bytes.len) break;
        if (verdict == AOF_SHORT) at_hand = bytes.len - at_hand < step ? bytes.len : at_hand + step;
    }
    aof_piece_deinit(&piece);
    return verdict;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str bytes = str_of((const char *)data, size);
    struct aof_scan whole, pieces, cut;
    enum aof_verdict verdict = scan_in_steps(&whole, bytes, size + 1);
    enum aof_verdict again = scan_in_steps(&pieces, bytes, 1 + size / 7);
    if (verdict != again || whole.unit_end != pieces.unit_end || whole.crc != pieces.crc) abort();
    if (verdict == AOF_DAMAGED && (whole.damage[0] == 0 || whole.damage_at != pieces.damage_at)) {
        abort();
    }
    struct str kept = str_first(bytes, (size_t)whole.unit_end);
    if (scan_in_steps(&cut, kept, size + 1) != AOF_SHORT) abort();
    if (cut.unit_end != whole.unit_end || cut.in_unit || cut.units != whole.units) abort();
    return 0;
}
