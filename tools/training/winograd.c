/* The transforms of Winograd's convolution F(6 x 6, 3 x 3) (Lavin & Gray, "Fast Algorithms for Convolutional
   Neural Networks", 2016), on pictures laid out as (pictures, high, across, width), width a multiple of 16.

   A tile of 6 x 6 places comes of a window of 8 x 8, which overlaps with its neighbours' by two places. Windows
   and tiles are held as (64, tiles, width): 64 products of matrices are the convolution. Beside each transform
   stands its adjoint, for the gradients. */

#include <string.h>

typedef float vector __attribute__((vector_size(64)));

#define LANES 16
#define WINDOW 8
#define SIDE 6 /* of a tile */
#define ALL (WINDOW * WINDOW)

/* By the points 0, 1, -1, 2, -2, 1/2, -1/2 and infinity. */
static const float B[WINDOW][WINDOW] = {
    {1, 0, -5.25f, 0, 5.25f, 0, -1, 0},
    {0, 1, 1, -4.25f, -4.25f, 1, 1, 0},
    {0, -1, 1, 4.25f, -4.25f, -1, 1, 0},
    {0, 0.5f, 0.25f, -2.5f, -1.25f, 2, 1, 0},
    {0, -0.5f, 0.25f, 2.5f, -1.25f, -2, 1, 0},
    {0, 2, 4, -2.5f, -5, 0.5f, 1, 0},
    {0, -2, 4, 2.5f, -5, -0.5f, 1, 0},
    {0, -1, 0, 5.25f, 0, -5.25f, 0, 1},
};
static const float A[SIDE][WINDOW] = {
    {1, 1, 1, 1, 1, 1, 1, 0},
    {0, 1, -1, 2, -2, 0.5f, -0.5f, 0},
    {0, 1, 1, 4, 4, 0.25f, 0.25f, 0},
    {0, 1, -1, 8, -8, 0.125f, -0.125f, 0},
    {0, 1, 1, 16, 16, 0.0625f, 0.0625f, 0},
    {0, 1, -1, 32, -32, 0.03125f, -0.03125f, 1},
};

static inline vector load(const float *from) {
    vector value;
    memcpy(&value, from, sizeof value);
    return value;
}

static inline void store(float *to, vector value) { memcpy(to, &value, sizeof value); }

/* Define a function that multiplies a row or a column by a matrix; unrolled, its zeros cost nothing. */
#define MULTIPLY(NAME, FROM, TO, MATRIX)                                                                     \
    static inline void NAME(const vector *in, int step, vector *out, int stride) {                           \
        vector value[FROM];                                                                                  \
        _Pragma("GCC unroll 8") for (int j = 0; j < FROM; j++) value[j] = in[j * step];                      \
        _Pragma("GCC unroll 8") for (int i = 0; i < TO; i++) {                                               \
            vector sum = {0};                                                                                \
            _Pragma("GCC unroll 8") for (int j = 0; j < FROM; j++) if (MATRIX) sum += (MATRIX) * value[j];   \
            out[i * stride] = sum;                                                                           \
        }                                                                                                    \
    }

MULTIPLY(by_b, WINDOW, WINDOW, B[i][j])
MULTIPLY(by_b_transposed, WINDOW, WINDOW, B[j][i])
MULTIPLY(by_a, WINDOW, SIDE, A[i][j])
MULTIPLY(by_a_transposed, SIDE, WINDOW, A[j][i])

/* Go through the tiles of all pictures, 16 channels at a time; a picture stays with its thread. */
#define FOR_TILES                                                                                            \
    long down = (high + SIDE - 1) / SIDE, right = (across + SIDE - 1) / SIDE;                                \
    long tiles = pictures * down * right;                                                                    \
    _Pragma("omp parallel for schedule(static)") for (long picture = 0; picture < pictures; picture++)       \
        for (long row = 0; row < down; row++)                                                                \
            for (long column = 0; column < right; column++)                                                  \
                for (long channel = 0; channel < width; channel += LANES)

#define NUMBER(k) ((((k) * tiles + (picture * down + row) * right + column) * width) + channel)
#define PLACE(y, x) ((((picture * high + (y)) * across + (x)) * width) + channel)
#define INSIDE(y, x) ((y) >= 0 && (y) < high && (x) >= 0 && (x) < across)

/* windows = B pictures B^T, with zeros around the pictures. */
void input_transform(const float *from, long pictures, long high, long across, long width, float *windows) {
    FOR_TILES {
        vector a[ALL], b[ALL];
        for (int i = 0; i < WINDOW; i++)
            for (int j = 0; j < WINDOW; j++) {
                long y = SIDE * row + i - 1, x = SIDE * column + j - 1;
                a[WINDOW * i + j] = INSIDE(y, x) ? load(from + PLACE(y, x)) : (vector){0};
            }
        for (int j = 0; j < WINDOW; j++)
            by_b(a + j, WINDOW, b + j, WINDOW);
        for (int i = 0; i < WINDOW; i++)
            by_b(b + WINDOW * i, 1, a + WINDOW * i, 1);
        for (int k = 0; k < ALL; k++)
            store(windows + NUMBER(k), a[k]);
    }
}

/* The gradient for the pictures of that for their windows. */
void input_adjoint(const float *windows, long pictures, long high, long across, long width, float *to) {
    FOR_TILES {
        vector a[ALL], b[ALL];
        for (int k = 0; k < ALL; k++)
            a[k] = load(windows + NUMBER(k));
        for (int j = 0; j < WINDOW; j++)
            by_b_transposed(a + j, WINDOW, b + j, WINDOW);
        for (int i = 0; i < WINDOW; i++)
            by_b_transposed(b + WINDOW * i, 1, a + WINDOW * i, 1);
        for (int i = 0; i < WINDOW; i++)
            for (int j = 0; j < WINDOW; j++) {
                long y = SIDE * row + i - 1, x = SIDE * column + j - 1;
                if (!INSIDE(y, x))
                    continue;
                /* A window above or to the left has been here before */
                int seen = (i < WINDOW - SIDE && row > 0) || (j < WINDOW - SIDE && column > 0);
                vector before = seen ? load(to + PLACE(y, x)) : (vector){0};
                store(to + PLACE(y, x), before + a[WINDOW * i + j]);
            }
    }
}

/* pictures = A numbers A^T. */
void output_transform(const float *numbers, long pictures, long high, long across, long width, float *to) {
    FOR_TILES {
        vector a[ALL], b[SIDE * WINDOW], tile[SIDE * SIDE];
        for (int k = 0; k < ALL; k++)
            a[k] = load(numbers + NUMBER(k));
        for (int j = 0; j < WINDOW; j++)
            by_a(a + j, WINDOW, b + j, WINDOW);
        for (int i = 0; i < SIDE; i++)
            by_a(b + WINDOW * i, 1, tile + SIDE * i, 1);
        for (int i = 0; i < SIDE; i++)
            for (int j = 0; j < SIDE; j++) {
                long y = SIDE * row + i, x = SIDE * column + j;
                if (INSIDE(y, x))
                    store(to + PLACE(y, x), tile[SIDE * i + j]);
            }
    }
}

/* The gradient for the numbers of that for the pictures. */
void output_adjoint(const float *from, long pictures, long high, long across, long width, float *numbers) {
    FOR_TILES {
        vector tile[SIDE * SIDE], b[SIDE * WINDOW], a[ALL];
        for (int i = 0; i < SIDE; i++)
            for (int j = 0; j < SIDE; j++) {
                long y = SIDE * row + i, x = SIDE * column + j;
                tile[SIDE * i + j] = INSIDE(y, x) ? load(from + PLACE(y, x)) : (vector){0};
            }
        for (int j = 0; j < SIDE; j++)
            by_a_transposed(tile + j, SIDE, b + j, SIDE);
        for (int i = 0; i < WINDOW; i++)
            by_a_transposed(b + SIDE * i, 1, a + WINDOW * i, 1);
        for (int k = 0; k < ALL; k++)
            store(numbers + NUMBER(k), a[k]);
    }
}
