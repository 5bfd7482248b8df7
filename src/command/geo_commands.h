/* The handlers of the geo family, for its table. */
#ifndef SKEIN_COMMAND_GEO_COMMANDS_H
#define SKEIN_COMMAND_GEO_COMMANDS_H

struct call;

/* geo.c */
void geo_geoadd(struct call *call);
void geo_geopos(struct call *call);
void geo_geodist(struct call *call);
void geo_geohash(struct call *call);

/* geo_search.c */
void geo_geosearch(struct call *call);
void geo_geosearchstore(struct call *call);
void geo_georadius(struct call *call);
void geo_georadius_ro(struct call *call);
void geo_georadiusbymember(struct call *call);
void geo_georadiusbymember_ro(struct call *call);

#endif
