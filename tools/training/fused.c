/* Batch norm with ReLU6 and a residual sum, and 2 x 2 maxima, on pictures laid out as (rows, channels).

   PyTorch's own backward pass of a batch norm took a quarter to a third of a training step: it is not
   vectorized for bf16, nor for channels that lie beside each other, and each of ReLU6, the sum and the norm
   reads and writes all of the pictures. Here a pass of them is made once. Sums are kept in float, and in
   double over many rows.

   A `number` is a bf16, the upper half of a float, or a float where SINGLE is defined. `count` is rows,
   `width` is channels. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef SINGLE
typedef float number;

static inline float wide(number value) { return value; }

static inline number narrow(float value) { return value; }
#else
typedef uint16_t number;

static inline float wide(number half) {
    uint32_t bits = (uint32_t)half << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline number narrow(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (number)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}
#endif

#define ROWS 256 /* that are summed in float before double takes them over */

/* Add a thread's sums over some rows to its sums over all. */
static inline void take_over(const float *restrict part, double *restrict own, long width) {
    for (long c = 0; c < 2 * width; c++)
        own[c] += part[c];
}

/* Add a thread's sums to those of all threads, and free its memory. */
static void hand_in(double *own, float *part, double *restrict sums, long width) {
#pragma omp critical
    for (long c = 0; c < 2 * width; c++)
        sums[c] += own[c];
    free(own);
    free(part);
}

/* Add up each channel's values and squares. sums: 2 * width doubles, zero at first. */
void sum_squares(const number *restrict x, long count, long width, double *restrict sums) {
#pragma omp parallel
    {
        double *own = calloc(2 * width, sizeof *own);
        float *part = malloc(2 * width * sizeof *part);
#pragma omp for schedule(static)
        for (long first = 0; first < count; first += ROWS) {
            memset(part, 0, 2 * width * sizeof *part);
            long last = first + ROWS < count ? first + ROWS : count;
            for (long row = first; row < last; row++) {
                const number *restrict in = x + row * width;
                float *restrict sum = part, *restrict squares = part + width;
                for (long c = 0; c < width; c++) {
                    float value = wide(in[c]);
                    sum[c] += value;
                    squares[c] += value * value;
                }
            }
            take_over(part, own, width);
        }
        hand_in(own, part, sums, width);
    }
}

/* y = x * gain + bias, plus the shortcut where there is one, between 0 and 6 where it is clipped. */
void scale(const number *restrict x, const number *restrict shortcut, long count, long width,
           const float *restrict gain, const float *restrict bias, int clipped, number *restrict y) {
    float least = clipped ? 0.0f : -3.0e38f, most = clipped ? 6.0f : 3.0e38f;
#pragma omp parallel for schedule(static)
    for (long row = 0; row < count; row++) {
        const number *restrict in = x + row * width;
        number *restrict out = y + row * width;
        if (shortcut) {
            const number *restrict beside = shortcut + row * width;
            for (long c = 0; c < width; c++) {
                float value = wide(in[c]) * gain[c] + bias[c] + wide(beside[c]);
                value = value < least ? least : value;
                out[c] = narrow(value > most ? most : value);
            }
        } else {
            for (long c = 0; c < width; c++) {
                float value = wide(in[c]) * gain[c] + bias[c];
                value = value < least ? least : value;
                out[c] = narrow(value > most ? most : value);
            }
        }
    }
}

/* dt = dy, but 0 where y was clipped; add up dt and its product with x for each channel. */
void mask_and_sum(const number *restrict dy, const number *restrict x, const number *restrict y,
                  long count, long width, int clipped, number *restrict dt, double *restrict sums) {
    float least = clipped ? 0.0f : -3.0e38f, most = clipped ? 6.0f : 3.0e38f;
#pragma omp parallel
    {
        double *own = calloc(2 * width, sizeof *own);
        float *part = malloc(2 * width * sizeof *part);
#pragma omp for schedule(static)
        for (long first = 0; first < count; first += ROWS) {
            memset(part, 0, 2 * width * sizeof *part);
            long last = first + ROWS < count ? first + ROWS : count;
            for (long row = first; row < last; row++) {
                const number *restrict from = dy + row * width, *restrict in = x + row * width;
                const number *restrict out = y + row * width;
                number *restrict to = dt + row * width;
                float *restrict sum = part, *restrict products = part + width;
                for (long c = 0; c < width; c++) {
                    to[c] = (wide(out[c]) > least) & (wide(out[c]) < most) ? from[c] : 0;
                    float value = wide(to[c]);
                    sum[c] += value;
                    products[c] += value * wide(in[c]);
                }
            }
            take_over(part, own, width);
        }
        hand_in(own, part, sums, width);
    }
}

/* dx = dy * gain - x * slope - offset: what the norm's own statistics take back. */
void unscale(const number *restrict dy, const number *restrict x, long count, long width,
             const float *restrict gain, const float *restrict slope, const float *restrict offset,
             number *restrict dx) {
#pragma omp parallel for schedule(static)
    for (long row = 0; row < count; row++) {
        const number *restrict from = dy + row * width, *restrict in = x + row * width;
        number *restrict to = dx + row * width;
        for (long c = 0; c < width; c++)
            to[c] = narrow(wide(from[c]) * gain[c] - wide(in[c]) * slope[c] - offset[c]);
    }
}

/* The largest of each 2 x 2 places: x (pictures, high, wide_, width), both even; y half of each. */
void pool(const number *restrict x, long pictures, long high, long across, long width,
          number *restrict y) {
#pragma omp parallel for schedule(static)
    for (long row = 0; row < pictures * high / 2; row++)
        for (long column = 0; column < across / 2; column++) {
            const number *a = x + (2 * row * across + 2 * column) * width, *b = a + width;
            const number *c = a + across * width, *d = c + width;
            number *restrict out = y + (row * (across / 2) + column) * width;
            for (long i = 0; i < width; i++) {
                float first = wide(a[i]) > wide(b[i]) ? wide(a[i]) : wide(b[i]);
                float second = wide(c[i]) > wide(d[i]) ? wide(c[i]) : wide(d[i]);
                out[i] = narrow(first > second ? first : second);
            }
        }
}

/* The gradient of `pool`: to the first of the four places that was the largest. */
void unpool(const number *restrict dy, const number *restrict x, const number *restrict y, long pictures,
            long high, long across, long width, number *restrict dx) {
#pragma omp parallel for schedule(static)
    for (long row = 0; row < pictures * high / 2; row++)
        for (long column = 0; column < across / 2; column++) {
            long place = (2 * row * across + 2 * column) * width, below = place + across * width;
            long small = (row * (across / 2) + column) * width;
            const number *restrict slope = dy + small, *restrict most = y + small;
            const number *restrict a = x + place, *restrict b = x + below;
            number *restrict da = dx + place, *restrict db = dx + below;
#pragma omp simd
            for (long i = 0; i < width; i++)
                da[i] = a[i] == most[i] ? slope[i] : 0;
#pragma omp simd
            for (long i = 0; i < width; i++)
                da[width + i] = (a[i] != most[i]) & (a[width + i] == most[i]) ? slope[i] : 0;
#pragma omp simd
            for (long i = 0; i < width; i++)
                db[i] = (a[i] != most[i]) & (a[width + i] != most[i]) & (b[i] == most[i]) ? slope[i] : 0;
#pragma omp simd
            for (long i = 0; i < width; i++)
                db[width + i] =
                    (a[i] != most[i]) & (a[width + i] != most[i]) & (b[i] != most[i]) ? slope[i] : 0;
        }
}
