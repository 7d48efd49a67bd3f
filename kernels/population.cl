// A population of bonsai networks on a batch of words: outputs, loss and gradients in one pass.
//
// A work-item is one network on CHUNK vectors of LANES words. Per vector it runs forward through the ticks, keeping on
// its tape what the way back needs; runs back through time, turning the tape's slopes into gradients of the weighted sums;
// and multiplies the two into the weights' gradients with a block of accumulators in registers.
//
// A network is LAYERS layers, the last one the linear head. A layer reads c = [1, inputs, states] and sums it through one
// kernel [1 + inputs + states, states + outputs]: row 0 is the bias, the first columns are the next states. Its weights are
// the kernel, row by row, then the initial states.
//
// Prepended: NETWORKS LANES CHUNK GROUPS TICKS INPUTS OUTPUTS LAYERS SHAPES WEIGHTS COLUMNS (sum of 1 + inputs + states)
// NEURONS (sum of states + outputs) WIDEST (the most columns in a layer) STATES (sum of states, at least 1) ACTIVATION
// (ameo_ or tanh_) FACTOR LEAK CLIPPED.

#define PASTE(a, b) a##b
typedef FLOATS V; // float8 on a CPU, float on a GPU

#define UNROLL _Pragma("unroll")
#define INLINE inline __attribute__((always_inline))
#define TAPE (COLUMNS + NEURONS)

__constant int shapes[LAYERS][3] = SHAPES; // inputs, states, outputs of each layer

INLINE V sign_of(V z) { return z > 0.0f ? (V)(1.0f) : (V)(-1.0f); }
INLINE V size_of(V z) { return z > 0.0f ? z : -z; }

// The interpolated Ameo and its slope; at a kink the slope is that of the side nearer to zero.
INLINE V ameo_(V x, V *slope) {
  V a = size_of(x);
  V d = a > 2.0f ? a - 3.0f : a - 1.0f;
  V square = d * d;
  V bend = square * (4.0f - 4.0f * FACTOR) * d;
  V y = FACTOR * size_of(d) + (1.0f - FACTOR) * square * square - 1.0f;
  V s = bend + (d > 0.0f ? (V)(FACTOR) : (V)(-FACTOR));
  y = a > 2.0f ? -y : y;
  s = a > 2.0f ? FACTOR - bend : s;
  y = a > 3.0f ? 1.0f + LEAK * d : y;
  *slope = a > 3.0f ? (V)(LEAK) : s;
  return x < 0.0f ? -y : y;
}

INLINE V tanh_(V x, V *slope) {
  V y = tanh(x);
  *slope = 1.0f - y * y;
  return y;
}

// sums[m] += sum over n of w[n * step + m * apart] * v[n], for BLOCK neighbouring m at once.
#define DOT(BLOCK)                                                                                                      \
  INLINE void PASTE(dot, BLOCK)(V * sums, __global const float *w, int step, int apart, const V *v, int count) {        \
    V acc[BLOCK];                                                                                                       \
    UNROLL for (int m = 0; m < BLOCK; m++) acc[m] = (V)(0.0f);                                                          \
    for (int n = 0; n < count; n++, w += step) {                                                                        \
      V each = v[n];                                                                                                    \
      UNROLL for (int m = 0; m < BLOCK; m++) acc[m] += w[m * apart] * each;                                             \
    }                                                                                                                   \
    UNROLL for (int m = 0; m < BLOCK; m++) sums[m] = acc[m];                                                            \
  }
DOT(8)
DOT(4)
DOT(2)
DOT(1)

INLINE void dot(V *sums, int many, __global const float *w, int step, int apart, const V *v, int count) {
  int m = 0;
  for (; m + 8 <= many; m += 8) dot8(sums + m, w + m * apart, step, apart, v, count);
  if (many & 4) dot4(sums + m, w + m * apart, step, apart, v, count), m += 4;
  if (many & 2) dot2(sums + m, w + m * apart, step, apart, v, count), m += 2;
  if (many & 1) dot1(sums + m, w + m * apart, step, apart, v, count);
}

// grad[i * columns + j] += sum over ticks of c[i] * d[j], for an A x B block; c and d are one tick's part of the tape.
#define OUTER(NAME, A, B)                                                                                               \
  INLINE void NAME(V *grad, int columns, int ticks, const V *c, const V *d) {                                           \
    V acc[A][B];                                                                                                        \
    UNROLL for (int i = 0; i < A; i++)                                                                                  \
      UNROLL for (int j = 0; j < B; j++) acc[i][j] = grad[i * columns + j];                                             \
    for (int t = 0; t < ticks; t++, c += TAPE, d += TAPE) {                                                             \
      V left[A];                                                                                                        \
      UNROLL for (int i = 0; i < A; i++) left[i] = c[i];                                                                \
      UNROLL for (int j = 0; j < B; j++) {                                                                              \
        V right = d[j];                                                                                                 \
        UNROLL for (int i = 0; i < A; i++) acc[i][j] += left[i] * right;                                                \
      }                                                                                                                 \
    }                                                                                                                   \
    UNROLL for (int i = 0; i < A; i++)                                                                                  \
      UNROLL for (int j = 0; j < B; j++) grad[i * columns + j] = acc[i][j];                                             \
  }
OUTER(outer34, 3, 4)
OUTER(outer31, 3, 1)
OUTER(outer14, 1, 4)
OUTER(outer11, 1, 1)

INLINE void outer(V *grad, int rows, int columns, int ticks, const V *c, const V *d) {
  int i = 0;
  for (; i + 3 <= rows; i += 3) {
    int j = 0;
    for (; j + 4 <= columns; j += 4) outer34(grad + i * columns + j, columns, ticks, c + i, d + j);
    for (; j < columns; j++) outer31(grad + i * columns + j, columns, ticks, c + i, d + j);
  }
  for (; i < rows; i++) {
    int j = 0;
    for (; j + 4 <= columns; j += 4) outer14(grad + i * columns + j, columns, ticks, c + i, d + j);
    for (; j < columns; j++) outer11(grad + i * columns + j, columns, ticks, c + i, d + j);
  }
}

INLINE float across(V v) {
#if LANES == 1
  return v;
#else
  float total = 0.0f;
  for (int i = 0; i < LANES; i++) total += v[i];
  return total;
#endif
}

__kernel void population(
    __global float *gradients,      // [groups, NETWORKS, WEIGHTS], a group being CHUNK vectors
    __global float *losses,         // [groups, NETWORKS, 2]: summed loss, number of wrong decisions
    __global const float *weights,  // [NETWORKS, WEIGHTS]
    __global const V *words,        // [vectors, TICKS, INPUTS], each -1 or +1
    __global const V *targets,      // [vectors, TICKS, OUTPUTS], each -1 or +1, or 0 where it does not matter
    __global const int *picks,      // [NETWORKS, VECTORS]: the vectors each network runs on
    __global const float *knobs)    // hardness of states, of outputs, 0 soft and 1 sign; ticks of each word that count
{
  const int group = get_global_id(0), network = group / GROUPS, row = group % GROUPS * NETWORKS + network;
  const float hard_states = knobs[0], hard_outputs = knobs[1];
  const int ticks = (int)knobs[2];
  __global const float *w0 = weights + network * WEIGHTS;
  V tape[TICKS * TAPE], grad[WEIGHTS], state[STATES], loss = (V)(0.0f), wrong = (V)(0.0f);
  for (int i = 0; i < WEIGHTS; i++) grad[i] = (V)(0.0f);

  for (int chunk = 0; chunk < CHUNK; chunk++) {
    const int vector = picks[group * CHUNK + chunk];

    __global const float *w = w0;
    V *first = state;
    for (int k = 0; k < LAYERS; k++) {
      const int states = shapes[k][1], columns = 1 + shapes[k][0] + states;
      w += columns * (states + shapes[k][2]);
      for (int j = 0; j < states; j++) {
        V z = (V)(w[j]);
        first[j] = z + hard_states * (sign_of(z) - z);
      }
      w += states, first += states;
    }

    for (int t = 0; t < ticks; t++) {
      V *c = tape + t * TAPE, *d = c + COLUMNS, *s = state;
      w = w0;
      for (int i = 0; i < INPUTS; i++) c[1 + i] = words[(vector * TICKS + t) * INPUTS + i];
      UNROLL for (int k = 0; k < LAYERS; k++) {
        const int inputs = shapes[k][0], states = shapes[k][1], neurons = states + shapes[k][2];
        const int columns = 1 + inputs + states;
        c[0] = (V)(1.0f);
        for (int j = 0; j < states; j++) c[1 + inputs + j] = s[j];
        dot(d, neurons, w, neurons, 1, c, columns);
        if (k < LAYERS - 1)
          for (int j = 0; j < neurons; j++) {
            V slope, z = ACTIVATION(d[j], &slope), hard = j < states ? hard_states : hard_outputs;
            V y = z + hard * (sign_of(z) - z);
            d[j] = slope;
            if (j < states) s[j] = y;
            else c[columns + 1 + j - states] = y;
          }
        else
          for (int j = 0; j < OUTPUTS; j++) {
            V y = targets[(vector * TICKS + t) * OUTPUTS + j], a = d[j];
            V matters = CLIPPED ? (a * y < 1.0f ? y * y : (V)(0.0f)) : y * y;
            V e = (a - y) * matters;
            loss += e * e;
            wrong += a * y > 0.0f ? (V)(0.0f) : y * y;
            d[j] = 2.0f * e;
          }
        c += columns, d += neurons, s += states, w += columns * neurons + states;
      }
    }

    V later[STATES], back[WIDEST];
    for (int j = 0; j < STATES; j++) later[j] = (V)(0.0f);
    for (int t = ticks - 1; t >= 0; t--) {
      V *d = tape + (t + 1) * TAPE, *s = later + STATES;
      w = w0 + WEIGHTS;
      UNROLL for (int k = LAYERS - 1; k >= 0; k--) {
        const int inputs = shapes[k][0], states = shapes[k][1], neurons = states + shapes[k][2];
        const int columns = 1 + inputs + states, known = k == 0 ? 1 + inputs : 1;
        d -= neurons, w -= columns * neurons + states;
        s = states ? s - states : s;
        if (k < LAYERS - 1) {
          for (int j = 0; j < states; j++) d[j] *= s[j];
          for (int j = states; j < neurons; j++) d[j] *= back[1 + j - states];
        }
        dot(back + known, columns - known, w + known * neurons, 1, neurons, d, neurons);
        for (int j = 0; j < states; j++) s[j] = back[1 + inputs + j];
      }
    }

    const V *c = tape, *d = tape + COLUMNS;
    V *g = grad, *s = later;
    UNROLL for (int k = 0; k < LAYERS; k++) {
      const int states = shapes[k][1], neurons = states + shapes[k][2], columns = 1 + shapes[k][0] + states;
      outer(g, columns, neurons, ticks, c, d);
      g += columns * neurons;
      for (int j = 0; j < states; j++) g[j] += s[j];
      c += columns, d += neurons, g += states, s += states;
    }
  }

  for (int i = 0; i < WEIGHTS; i++) gradients[row * WEIGHTS + i] = across(grad[i]);
  losses[2 * row] = across(loss);
  losses[2 * row + 1] = across(wrong);
}
