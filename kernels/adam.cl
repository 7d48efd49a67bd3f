// Adam on a population whose gradients `population.cl` left behind, with the slope of the sparsity penalty.
//
// A work-item is LANES neighbouring weights, whichever network's; together they also add up the losses.
//
// Prepended: LANES NETWORKS WEIGHTS (of a network) GROUPS BETA1 BETA2 EPSILON, and
// of the penalty INTENSITY THRESHOLD STEEPNESS L1.

#define PASTE(a, b) a##b
#define JOIN(a, b) PASTE(a, b)
#if LANES == 1
typedef float V;
#define LOAD(i, p) (p)[i]
#define STORE(v, i, p) (p)[i] = v
#else
typedef JOIN(float, LANES) V;
#define LOAD JOIN(vload, LANES)
#define STORE JOIN(vstore, LANES)
#endif

__kernel void adam(
    __global float *weights,          // [NETWORKS, WEIGHTS]
    __global float *first,            // [NETWORKS, WEIGHTS], Adam's moments
    __global float *second,           // [NETWORKS, WEIGHTS]
    __global float *losses,           // [NETWORKS, 2]: mean loss, share of wrong decisions
    __global const float *gradients,  // [GROUPS, NETWORKS, WEIGHTS]
    __global const float *sums,       // [GROUPS, NETWORKS, 2]: summed loss, number of wrong decisions
    __global const float *share,      // [NETWORKS, WEIGHTS]: of the penalty; 0 where there is none
    __global const float *knobs)      // the last four: the rate, what makes either moment unbiased, from a sum to a mean
{
  const int i = get_global_id(0);
  const float rate = knobs[3], unbias1 = knobs[4], unbias2 = knobs[5], scale = knobs[6];

  V slope = (V)(0.0f);
  for (int g = 0; g < GROUPS; g++) slope += LOAD(i, gradients + g * NETWORKS * WEIGHTS);
  const V w = LOAD(i, weights);
  const V th = tanh((fabs(w) - THRESHOLD) * STEEPNESS);
  slope = slope * scale + LOAD(i, share) * sign(w) * (INTENSITY * STEEPNESS * (1.0f - th * th) + L1);

  const V m = BETA1 * LOAD(i, first) + (1.0f - BETA1) * slope;
  const V v = BETA2 * LOAD(i, second) + (1.0f - BETA2) * slope * slope;
  STORE(m, i, first);
  STORE(v, i, second);
  STORE(w - rate * m * unbias1 / (sqrt(v * unbias2) + EPSILON), i, weights);

  for (int k = i; k < 2 * NETWORKS; k += get_global_size(0)) {
    float total = 0.0f;
    for (int g = 0; g < GROUPS; g++) total += sums[g * 2 * NETWORKS + k];
    losses[k] = total * scale;
  }
}
