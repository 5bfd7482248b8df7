/* Positions on the globe as numbers: the arithmetic behind the geo commands.
 *
 * The map is cut into halves 26 times in each direction; the bits of longitude and latitude
 * alternate (longitude first), which gives 52 bits: a score that a double holds exactly. Cells of
 * fewer cuts are ranges of such scores, so an area is covered by the cell of its middle and those
 * around it. Latitudes end where a square map of the world does. Distances are of a sphere.
 *
 * Scores come from anybody: every double decodes to some position inside the map. */
#ifndef SKEIN_STORE_GEOHASH_H
#define SKEIN_STORE_GEOHASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GEO_STEPS = 26, GEO_TEXT_LEN = 11, GEO_CELLS_MAX = 9 };

struct geo_point {
    double lon, lat; /* degrees */
};

bool geo_is_on_map(struct geo_point point);
/* The point must be on the map. */
uint64_t geo_encode(struct geo_point point);
/* The middle of the score's cell. */
struct geo_point geo_decode(double score);
/* The usual text of a position, of GEO_TEXT_LEN letters and digits. */
void geo_text(struct geo_point point, char *out);
/* Metres along the surface. */
double geo_distance(struct geo_point a, struct geo_point b);

/* A circle, or a box whose sides are parallel to the meridian of its center. In metres; of a
 * circle both are the diameter. */
struct geo_shape {
    struct geo_point center;
    bool is_box;
    double width, height;
};
/* Whether a point lies in the shape, and then its distance from the center. */
bool geo_shape_has(const struct geo_shape *shape, struct geo_point point, double *distance);

/* The scores of a cell. */
struct geo_range {
    double from, to; /* half open */
};
/* The ranges whose cells cover a shape, in the order of search: the middle, its four neighbours,
 * the corners. None is given twice. Returns how many there are. */
size_t geo_shape_ranges(const struct geo_shape *shape, struct geo_range ranges[GEO_CELLS_MAX]);

#endif
