/* Waveforms with exact integrals, shared by the simulated library and the simulated powercap tree.
 * waveforms.py has the same formulas; a test compares the two. Times are seconds since the origin. */
#ifndef WAVES_H
#define WAVES_H
#include <math.h>
#include <stdint.h>

#define POINTS 512

/* A table of points (seconds, watts): steps hold a value until the next point, lines join them.
 * After the last point it holds the last value, or starts again (the last point is then the
 * period's end). A square wave is a repeated table of steps. */
typedef struct {
    uint32_t count;
    uint32_t lines;
    uint32_t repeat;
    uint32_t pad;
    double shift;               /* the table's time at the origin */
    double at[POINTS];
    double watts[POINTS];
    double sum[POINTS];         /* joules from the first point, filled by Python */
} Wave;

static inline uint32_t wave_index(const Wave *w, double t) {
    uint32_t low = 0, high = w->count;
    while (high - low > 1) {
        uint32_t middle = (low + high) / 2;
        if (w->at[middle] <= t) low = middle; else high = middle;
    }
    return low;
}

/* Joules from the first point to t, t within the table or after it. */
static inline double wave_within(const Wave *w, double t) {
    uint32_t i = wave_index(w, t);
    double past = t - w->at[i];
    if (w->lines && i + 1 < w->count) {
        double slope = (w->watts[i + 1] - w->watts[i]) / (w->at[i + 1] - w->at[i]);
        return w->sum[i] + past * (w->watts[i] + slope * past / 2);
    }
    return w->sum[i] + past * w->watts[i];
}

static inline double wave_joules(const Wave *w, double t) {
    double origin = w->at[0], period = w->at[w->count - 1] - origin;
    double place = t + w->shift - origin;
    if (!w->repeat) return place < 0 ? place * w->watts[0] : wave_within(w, place + origin);
    double turns = floor(place / period);
    return turns * w->sum[w->count - 1] + wave_within(w, origin + place - turns * period);
}

/* Joules between two instants. */
static inline double wave_energy(const Wave *w, double from, double to) {
    return wave_joules(w, to) - wave_joules(w, from);
}

static inline double wave_mean(const Wave *w, double to, double window) {
    return wave_energy(w, to - window, to) / window;
}
#endif
