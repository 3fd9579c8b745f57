/* A libnvidia-ml.so.1 of known energy: the real pynvml runs on it unchanged.
 *
 * What it serves lies in a file mapped into memory (SIMULATED_NVML): simulated_nvml.py writes it and may
 * change it while the library runs. Only what is asked of the real library by the tools that the
 * benchmarks compare is here; anything else is "not supported". */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "waves.h"

#define GPUS 8
#define FAULTS 16
#define PROCESSES 16
#define INSTANCES 7
#define ON_INSTANCE 4

enum {
    SUCCESS = 0, UNINITIALIZED = 1, INVALID_ARGUMENT = 2, NOT_SUPPORTED = 3, NOT_FOUND = 6,
    INSUFFICIENT_SIZE = 7, DRIVER_NOT_LOADED = 9
};

typedef struct { char function[56]; int32_t code; uint32_t pad; double from, until; } Fault;
typedef struct { uint32_t pid, sm; uint64_t memory; } Process;
typedef struct {
    char uuid[96];
    uint32_t slices, gpu_instance, compute_instance, processes;
    Process process[ON_INSTANCE];
} Instance;
typedef struct {
    char name[96], uuid[96], mig_uuid[96];
    uint32_t architecture, major, minor, has_counter;
    uint32_t mig, faults, processes, has_instant;
    double counter_step, counter_phase, counter_base; /* s, s, J */
    double period, phase, window, instant_window;      /* of the power reading, s */
    double gain;
    double limit, limit_min, limit_max, idle;          /* W */
    double reset_at, frozen_from;                      /* s; negative: never */
    uint64_t memory_total, memory_used;
    Fault fault[FAULTS];
    Process process[PROCESSES];
    Wave wave;
    uint32_t instances, pad;
    Instance instance[INSTANCES];
} Gpu;
typedef struct {
    char driver[80];
    uint32_t gpus, pad;
    double origin;     /* CLOCK_MONOTONIC of the waveforms' zero, s */
    double fixed_now;  /* not negative: this instant instead of the clock's */
    double init_delay; /* s */
    uint64_t calls;
    Gpu gpu[GPUS];
} Machine;

static Machine *machine;
static int users;

static double monotonic(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec * 1e-9;
}
static double now_s(void) {
    return machine->fixed_now >= 0 ? machine->fixed_now : monotonic() - machine->origin;
}
static double wall_of(double t) { /* the wall clock's seconds at t */
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec + now.tv_nsec * 1e-9 + t - now_s();
}

/* The device, unless the library is down or a fault is due. */
static int enter(const char *function, void *handle, Gpu **out) {
    if (!machine || !users) return UNINITIALIZED;
    __atomic_add_fetch(&machine->calls, 1, __ATOMIC_RELAXED);
    Gpu *gpu = handle;
    if (gpu < machine->gpu || gpu >= machine->gpu + machine->gpus) return INVALID_ARGUMENT;
    double t = now_s();
    for (uint32_t i = 0; i < gpu->faults; i++) {
        const Fault *f = &gpu->fault[i];
        if (t >= f->from && t < f->until && (!f->function[0] || strstr(function, f->function)))
            return f->code;
    }
    *out = gpu;
    return SUCCESS;
}
/* The instance that a handle is of, or nothing: it points into its device. */
static Instance *instance_of(void *handle, Gpu **of) {
    if (!machine) return NULL;
    for (uint32_t i = 0; i < machine->gpus; i++) {
        Gpu *gpu = &machine->gpu[i];
        Instance *one = handle;
        if (one >= gpu->instance && one < gpu->instance + gpu->instances) {
            *of = gpu;
            return one;
        }
    }
    return NULL;
}
#define ENTER(handle) Gpu *gpu; { int failed = enter(__func__, handle, &gpu); if (failed) return failed; }
#define API __attribute__((visibility("default")))

API int nvmlInitWithFlags(unsigned flags) {
    (void)flags;
    if (!users) { /* each first opening looks anew at what there is */
        if (machine) munmap(machine, sizeof(Machine));
        machine = NULL;
        const char *path = getenv("SIMULATED_NVML");
        int fd = path ? open(path, O_RDWR) : -1;
        if (fd < 0) return DRIVER_NOT_LOADED;
        machine = mmap(NULL, sizeof(Machine), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        close(fd);
        if (machine == MAP_FAILED) { machine = NULL; return DRIVER_NOT_LOADED; }
    }
    if (machine->init_delay > 0) usleep((useconds_t)(machine->init_delay * 1e6));
    users++;
    return SUCCESS;
}
API int nvmlInit_v2(void) { return nvmlInitWithFlags(0); }
API int nvmlInit(void) { return nvmlInitWithFlags(0); }
API int nvmlShutdown(void) {
    if (!users) return UNINITIALIZED;
    users--;
    return SUCCESS;
}
API const char *nvmlErrorString(int code) {
    switch (code) {
        case 0: return "Success";
        case 1: return "Uninitialized";
        case 2: return "Invalid Argument";
        case 3: return "Not Supported";
        case 4: return "Insufficient Permissions";
        case 6: return "Not Found";
        case 7: return "Insufficient Size";
        case 9: return "Driver Not Loaded";
        case 15: return "GPU is lost";
        case 999: return "Unknown Error";
        default: return "Error";
    }
}
static int text(char *out, unsigned length, const char *from) {
    if (strlen(from) + 1 > length) return INSUFFICIENT_SIZE;
    strcpy(out, from);
    return SUCCESS;
}
API int nvmlSystemGetDriverVersion(char *out, unsigned length) {
    return machine ? text(out, length, machine->driver) : UNINITIALIZED;
}
API int nvmlSystemGetNVMLVersion(char *out, unsigned length) {
    return text(out, length, "12.0");
}
API int nvmlSystemGetCudaDriverVersion_v2(int *out) { *out = 12040; return SUCCESS; }
API int nvmlSystemGetCudaDriverVersion(int *out) { *out = 12040; return SUCCESS; }
API int nvmlDeviceGetCount_v2(unsigned *out) {
    if (!machine || !users) return UNINITIALIZED;
    *out = machine->gpus;
    return SUCCESS;
}
API int nvmlDeviceGetCount(unsigned *out) { return nvmlDeviceGetCount_v2(out); }
API int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **out) {
    if (!machine || !users) return UNINITIALIZED;
    if (index >= machine->gpus) return INVALID_ARGUMENT;
    Gpu *gpu = &machine->gpu[index];
    int failed = enter(__func__, gpu, &gpu);
    if (!failed) *out = gpu;
    return failed;
}
API int nvmlDeviceGetHandleByIndex(unsigned index, void **out) {
    return nvmlDeviceGetHandleByIndex_v2(index, out);
}
API int nvmlDeviceGetHandleByUUID(const char *uuid, void **out) {
    if (!machine || !users) return UNINITIALIZED;
    for (uint32_t i = 0; i < machine->gpus; i++) {
        Gpu *gpu = &machine->gpu[i];
        for (uint32_t part = 0; gpu->mig && part < gpu->instances; part++)
            if (!strcmp(gpu->instance[part].uuid, uuid)) {
                *out = &gpu->instance[part];
                return SUCCESS;
            }
        if (!strcmp(gpu->uuid, uuid) || (gpu->mig && !strcmp(gpu->mig_uuid, uuid))) {
            *out = gpu;
            return SUCCESS;
        }
    }
    return NOT_FOUND;
}
API int nvmlDeviceGetMaxMigDeviceCount(void *h, unsigned *out) {
    ENTER(h)
    *out = gpu->mig ? INSTANCES : 0;
    return SUCCESS;
}
API int nvmlDeviceGetMigDeviceHandleByIndex(void *h, unsigned index, void **out) {
    ENTER(h)
    if (!gpu->mig || index >= gpu->instances) return NOT_FOUND;
    *out = &gpu->instance[index];
    return SUCCESS;
}
API int nvmlDeviceGetGpuInstanceId(void *h, unsigned *out) {
    Gpu *of;
    Instance *one = instance_of(h, &of);
    if (one) *out = one->gpu_instance;
    return one ? SUCCESS : NOT_FOUND;
}
API int nvmlDeviceGetComputeInstanceId(void *h, unsigned *out) {
    Gpu *of;
    Instance *one = instance_of(h, &of);
    if (one) *out = one->compute_instance;
    return one ? SUCCESS : NOT_FOUND;
}
typedef struct {
    unsigned multiprocessors, copy, decoders, encoders, jpeg, ofa, gpu_slices, compute_slices;
    unsigned long long memory_mb;
} Attributes;
API int nvmlDeviceGetAttributes_v2(void *h, Attributes *out) {
    Gpu *of;
    Instance *one = instance_of(h, &of);
    if (!one) return NOT_SUPPORTED;
    *out = (Attributes){14 * one->slices, 0, 0, 0, 0, 0, one->slices, one->slices, 10240 * one->slices};
    return SUCCESS;
}
/* Where no instances are told, an instance's handle stands for its device. */
API int nvmlDeviceGetDeviceHandleFromMigDeviceHandle(void *h, void **out) {
    Gpu *of;
    if (instance_of(h, &of)) {
        *out = of;
        return SUCCESS;
    }
    ENTER(h)
    *out = gpu;
    return gpu->mig ? SUCCESS : INVALID_ARGUMENT;
}
API int nvmlDeviceGetMigMode(void *h, unsigned *current, unsigned *pending) {
    ENTER(h)
    if (gpu->architecture < 7) return NOT_SUPPORTED;
    *current = *pending = gpu->mig;
    return SUCCESS;
}
API int nvmlDeviceGetName(void *h, char *out, unsigned length) { ENTER(h) return text(out, length, gpu->name); }
API int nvmlDeviceGetUUID(void *h, char *out, unsigned length) {
    Gpu *of;
    Instance *one = instance_of(h, &of);
    if (one) return text(out, length, one->uuid);
    ENTER(h)
    return text(out, length, gpu->uuid);
}
API int nvmlDeviceGetIndex(void *h, unsigned *out) { ENTER(h) *out = (unsigned)(gpu - machine->gpu); return SUCCESS; }
API int nvmlDeviceGetMinorNumber(void *h, unsigned *out) { return nvmlDeviceGetIndex(h, out); }
API int nvmlDeviceGetArchitecture(void *h, unsigned *out) { ENTER(h) *out = gpu->architecture; return SUCCESS; }
API int nvmlDeviceGetCudaComputeCapability(void *h, int *major, int *minor) {
    ENTER(h)
    *major = (int)gpu->major;
    *minor = (int)gpu->minor;
    return SUCCESS;
}

/* The counter's millijoules: true energy up to the last step, with the sensor's gain. */
static uint64_t counter(const Gpu *gpu, double t) {
    if (gpu->frozen_from >= 0 && t > gpu->frozen_from) t = gpu->frozen_from;
    double step = gpu->counter_step;
    double at = step > 0 ? floor((t - gpu->counter_phase) / step) * step + gpu->counter_phase : t;
    double from = 0, base = gpu->counter_base;
    if (gpu->reset_at >= 0 && t >= gpu->reset_at) {
        from = gpu->reset_at;
        base = 0;
        if (at < from) at = from;
    }
    double joules = base + gpu->gain * wave_energy(&gpu->wave, from, at);
    return joules > 0 ? (uint64_t)(joules * 1e3) : 0;
}
/* The power reading: the mean over the end of the last period, with the sensor's gain. */
static double power(const Gpu *gpu, double t, double window) {
    double at = gpu->period > 0 ? floor((t - gpu->phase) / gpu->period) * gpu->period + gpu->phase : t;
    return gpu->gain * wave_mean(&gpu->wave, at, window > 0 ? window : 1e-6);
}
API int nvmlDeviceGetTotalEnergyConsumption(void *h, unsigned long long *out) {
    ENTER(h)
    if (!gpu->has_counter) return NOT_SUPPORTED;
    *out = counter(gpu, now_s());
    return SUCCESS;
}
API int nvmlDeviceGetPowerUsage(void *h, unsigned *out) {
    ENTER(h)
    *out = (unsigned)(power(gpu, now_s(), gpu->window) * 1e3);
    return SUCCESS;
}
typedef union { double d; int i; unsigned ui; unsigned long ul; unsigned long long ull; long long ll; unsigned short us; } Value;
typedef struct { unsigned id, scope; long long at, latency; unsigned type, failed; Value value; } Field;
API int nvmlDeviceGetFieldValues(void *h, int count, Field *fields) {
    ENTER(h)
    double t = now_s();
    for (int i = 0; i < count; i++) {
        Field *f = &fields[i];
        f->at = (long long)(wall_of(t) * 1e6);
        f->failed = SUCCESS;
        if (f->id == 83 && gpu->has_counter) { f->type = 3; f->value.ull = counter(gpu, t); }
        else if (f->id == 185 && gpu->has_instant) { f->type = 1; f->value.ui = (unsigned)(power(gpu, t, gpu->window) * 1e3); }
        else if (f->id == 186 && gpu->has_instant) { f->type = 1; f->value.ui = (unsigned)(power(gpu, t, gpu->instant_window) * 1e3); }
        else f->failed = NOT_SUPPORTED;
    }
    return SUCCESS;
}
typedef struct { unsigned long long at; Value value; } Sample;
/* The power buffer: one sample a period, the newest last, at most the last 12 s. */
API int nvmlDeviceGetSamples(void *h, int kind, unsigned long long since, int *type, unsigned *count, Sample *out) {
    ENTER(h)
    if (kind != 0) return NOT_SUPPORTED;
    double t = now_s(), step = gpu->period > 0 ? gpu->period : 0.1;
    double last = floor((t - gpu->phase) / step) * step + gpu->phase;
    unsigned most = 119, written = 0;
    *type = 1;
    if (!out) { *count = most + 1; return SUCCESS; }
    for (int i = (int)most; i >= 0 && written < *count; i--) {
        double at = last - i * step;
        unsigned long long stamp = (unsigned long long)(wall_of(at) * 1e6);
        if (at < 0 || stamp <= since) continue;
        out[written].at = stamp;
        out[written++].value.ui = (unsigned)(power(gpu, at, gpu->window) * 1e3);
    }
    *count = written;
    return written ? SUCCESS : NOT_FOUND;
}
API int nvmlDeviceGetEnforcedPowerLimit(void *h, unsigned *out) { ENTER(h) *out = (unsigned)(gpu->limit * 1e3); return SUCCESS; }
API int nvmlDeviceGetPowerManagementLimit(void *h, unsigned *out) { ENTER(h) *out = (unsigned)(gpu->limit * 1e3); return SUCCESS; }
API int nvmlDeviceGetPowerManagementDefaultLimit(void *h, unsigned *out) { ENTER(h) *out = (unsigned)(gpu->limit * 1e3); return SUCCESS; }
API int nvmlDeviceGetPowerManagementLimitConstraints(void *h, unsigned *least, unsigned *most) {
    ENTER(h)
    *least = (unsigned)(gpu->limit_min * 1e3);
    *most = (unsigned)(gpu->limit_max * 1e3);
    return SUCCESS;
}
API int nvmlDeviceGetPowerManagementMode(void *h, unsigned *out) { ENTER(h) *out = 1; return SUCCESS; }
API int nvmlDeviceGetPersistenceMode(void *h, unsigned *out) { ENTER(h) *out = 1; return SUCCESS; }
API int nvmlDeviceGetComputeMode(void *h, unsigned *out) { ENTER(h) *out = 0; return SUCCESS; }
API int nvmlDeviceGetTemperature(void *h, int sensor, unsigned *out) { (void)sensor; ENTER(h) *out = 55; return SUCCESS; }
API int nvmlDeviceGetClockInfo(void *h, int kind, unsigned *out) { (void)kind; ENTER(h) *out = 1410; return SUCCESS; }
API int nvmlDeviceGetMaxClockInfo(void *h, int kind, unsigned *out) { (void)kind; ENTER(h) *out = 1980; return SUCCESS; }
API int nvmlDeviceGetUtilizationRates(void *h, unsigned *out) {
    ENTER(h)
    if (gpu->mig) return NOT_SUPPORTED;
    double most = gpu->limit, watts = wave_mean(&gpu->wave, now_s(), 0.1);
    double part = most > gpu->idle ? (watts - gpu->idle) / (most - gpu->idle) : 0;
    out[0] = part < 0 ? 0 : part > 1 ? 100 : (unsigned)(part * 100);
    out[1] = out[0] / 2;
    return SUCCESS;
}
API int nvmlDeviceGetMemoryInfo(void *h, unsigned long long *out) {
    ENTER(h)
    out[0] = gpu->memory_total;
    out[1] = gpu->memory_total - gpu->memory_used;
    out[2] = gpu->memory_used;
    return SUCCESS;
}
typedef struct { unsigned version; unsigned long long total, reserved, free, used; } Memory2;
API int nvmlDeviceGetMemoryInfo_v2(void *h, Memory2 *out) {
    ENTER(h)
    out->total = gpu->memory_total;
    out->reserved = 0;
    out->used = gpu->memory_used;
    out->free = out->total - out->used;
    return SUCCESS;
}
typedef struct { unsigned pid; unsigned long long memory; unsigned gpu_instance, compute_instance; } Running;
static int running(const Process *from, unsigned processes, unsigned *count, Running *out) {
    unsigned room = *count;
    *count = processes;
    if (!processes) return SUCCESS;
    if (!out || room < processes) return INSUFFICIENT_SIZE;
    for (uint32_t i = 0; i < processes; i++)
        out[i] = (Running){from[i].pid, from[i].memory, 0xFFFFFFFFu, 0xFFFFFFFFu};
    return SUCCESS;
}
API int nvmlDeviceGetComputeRunningProcesses_v3(void *h, unsigned *count, Running *out) {
    Gpu *of;
    Instance *one = instance_of(h, &of);
    if (one) return running(one->process, one->processes, count, out);
    ENTER(h)
    return running(gpu->process, gpu->processes, count, out);
}
API int nvmlDeviceGetComputeRunningProcesses_v2(void *h, unsigned *count, Running *out) {
    return nvmlDeviceGetComputeRunningProcesses_v3(h, count, out);
}
API int nvmlDeviceGetGraphicsRunningProcesses_v3(void *h, unsigned *count, Running *out) {
    (void)out;
    ENTER(h)
    *count = 0;
    return SUCCESS;
}
typedef struct { unsigned pid; unsigned long long at; unsigned sm, memory, encoder, decoder; } Use;
/* One sample of each process a second, as the driver keeps them. */
API int nvmlDeviceGetProcessUtilization(void *h, Use *out, unsigned *count, unsigned long long since) {
    ENTER(h)
    if (gpu->mig || gpu->architecture < 3) return NOT_SUPPORTED;
    if (!gpu->processes) { *count = 0; return NOT_FOUND; }
    unsigned long long stamp = (unsigned long long)(wall_of(now_s()) * 1e6);
    if (stamp <= since) { *count = 0; return NOT_FOUND; }
    if (!out || *count < gpu->processes) { *count = gpu->processes; return INSUFFICIENT_SIZE; }
    for (uint32_t i = 0; i < gpu->processes; i++)
        out[i] = (Use){gpu->process[i].pid, stamp, gpu->process[i].sm, gpu->process[i].sm / 2, 0, 0};
    *count = gpu->processes;
    return SUCCESS;
}
