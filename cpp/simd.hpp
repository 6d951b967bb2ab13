// Hot loops are compiled for several instruction sets and picked at load time by the machine's own.
#pragma once

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
#define TAUT_MULTIVERSION __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define TAUT_MULTIVERSION
#endif

#include <cstddef>

namespace taut::simd {

TAUT_MULTIVERSION inline double dot(const double* a, const double* b, std::ptrdiff_t n) {
  // Eight running sums: independent chains keep the multiply-adders busy and give the compiler
  // leave to vectorise without reassociating anything else.
  double s[8] = {0, 0, 0, 0, 0, 0, 0, 0};
  std::ptrdiff_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (int k = 0; k < 8; ++k) s[k] += a[i + k] * b[i + k];
  double tail = 0;
  for (; i < n; ++i) tail += a[i] * b[i];
  return ((s[0] + s[4]) + (s[1] + s[5])) + ((s[2] + s[6]) + (s[3] + s[7])) + tail;
}

TAUT_MULTIVERSION inline void axpy(double c, const double* x, double* y, std::ptrdiff_t n) {
  for (std::ptrdiff_t i = 0; i < n; ++i) y[i] += c * x[i];
}

// y += sum_k c[k] * column[k], four columns a sweep so that y is read and written less often.
TAUT_MULTIVERSION inline void axpy4(const double* c, const double* const* column, double* y,
                                    std::ptrdiff_t n) {
  const double c0 = c[0], c1 = c[1], c2 = c[2], c3 = c[3];
  const double *x0 = column[0], *x1 = column[1], *x2 = column[2], *x3 = column[3];
  for (std::ptrdiff_t i = 0; i < n; ++i) y[i] += c0 * x0[i] + c1 * x1[i] + c2 * x2[i] + c3 * x3[i];
}

}  // namespace taut::simd
