/* Hashes in the RDB format: as pairs of strings, or as one packed run; before 7.0 as a ziplist,
 * before 2.6 as a zipmap; in 7.4 with times of expiry. */
#ifndef SKEIN_SNAPSHOT_RDB_HASH_H
#define SKEIN_SNAPSHOT_RDB_HASH_H

#include "snapshot/rdb_value.h"

extern const struct rdb_form rdb_hash_form;
extern const struct rdb_form rdb_hash_packed_form;
/* Those of other versions are only read. */
extern const struct rdb_form rdb_hash_ziplist_form;
extern const struct rdb_form rdb_hash_zipmap_form;
/* Those of 7.4, whose fields may expire; here no field may. The first two are of its release
 * candidates. */
extern const struct rdb_form rdb_hash_fields_pre_form, rdb_hash_run_pre_form;
extern const struct rdb_form rdb_hash_fields_form, rdb_hash_run_form;

/* Makes a hash of a packed run of pairs that is valid. */
bool rdb_hash_from_run(struct rdb_reader *reader, struct str run, struct value *value);

#endif
