/* What the files of the geo family share. Positions are sorted sets whose scores geohash.h makes
 * and reads. */
#ifndef SKEIN_COMMAND_GEO_H
#define SKEIN_COMMAND_GEO_H

#include "command/call.h"
#include "store/geohash.h"

/* Longitude and latitude; answers the error. */
bool geo_point_arg(struct call *call, int at, struct geo_point *point);
/* How many metres a unit has; answers the error. */
bool geo_unit_arg(struct call *call, int at, double *metres);
void geo_reply_distance(struct call *call, double distance);
void geo_reply_point(struct call *call, struct geo_point point);

#endif
