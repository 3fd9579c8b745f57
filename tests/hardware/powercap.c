/* Keeps the counters of a folder shaped like /sys/class/powercap moving, as Intel's do: about once
 * a millisecond. Each is written in place with a fixed width, in one write of a few bytes, so that a reader
 * never sees an empty file. Every write's instant and value are kept: what was really on show is
 * known, also where the machine was too busy for a millisecond. Ends with its parent. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>
#include "waves.h"

#define ZONES 16
#define TICKS 262144

typedef struct {
    char path[400];
    double gain, base, range; /* 1, J, J */
    double frozen_from;       /* s; negative: never */
    Wave wave;
} Zone;
typedef struct {
    uint32_t zones, stop;
    double origin, step; /* CLOCK_MONOTONIC of the waveforms' zero; s between writes */
    uint64_t ticks;
    double at[TICKS];    /* the instant that each round of writes shows, s since the origin */
    double done[TICKS];  /* and the one at which it was written */
    Zone zone[ZONES];
} Tree;

static double monotonic(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec * 1e-9;
}

int main(int argc, char **argv) {
    if (argc < 2) return 2;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int fd = open(argv[1], O_RDWR);
    if (fd < 0) return 3;
    Tree *tree = mmap(NULL, sizeof(Tree), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (tree == MAP_FAILED) return 4;
    int files[ZONES];
    for (uint32_t i = 0; i < tree->zones; i++) files[i] = open(tree->zone[i].path, O_WRONLY);
    struct timespec pause = {0, (long)(tree->step * 1e9)};
    while (!tree->stop && getppid() != 1) {
        double t = monotonic() - tree->origin;
        for (uint32_t i = 0; i < tree->zones; i++) {
            const Zone *zone = &tree->zone[i];
            double until = zone->frozen_from >= 0 && t > zone->frozen_from ? zone->frozen_from : t;
            double joules = zone->base + zone->gain * wave_energy(&zone->wave, 0, until);
            uint64_t uj = (uint64_t)(fmod(joules, zone->range) * 1e6);
            char line[32];
            int length = snprintf(line, sizeof line, "%012llu\n", (unsigned long long)uj);
            if (files[i] >= 0 && pwrite(files[i], line, (size_t)length, 0) != length) files[i] = -1;
        }
        tree->at[tree->ticks % TICKS] = t;
        tree->done[tree->ticks % TICKS] = monotonic() - tree->origin;
        __atomic_add_fetch(&tree->ticks, 1, __ATOMIC_RELEASE);
        nanosleep(&pause, NULL);
    }
    return 0;
}
