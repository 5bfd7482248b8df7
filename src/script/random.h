/* math.random for scripts: the generator of drand48 with its usual start, so that a fresh server
 * draws the numbers that others draw. */
#ifndef SKEIN_SCRIPT_RANDOM_H
#define SKEIN_SCRIPT_RANDOM_H

#include "script/engine.h"

/* The state of a fresh engine. */
#define RANDOM_START UINT64_C(0x1234ABCD330E)

void random_seed(struct script_engine *engine, uint32_t seed);
/* Puts random and randomseed into the table on top. */
void random_open(lua_State *lua);

#endif
