// Hot loops are compiled for several instruction sets and picked at load time by the machine's own.
#pragma once

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
#define TAUT_MULTIVERSION __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define TAUT_MULTIVERSION
#endif

#if defined(__GNUC__)
#define TAUT_INLINE __attribute__((always_inline)) inline
#else
#define TAUT_INLINE inline
#endif

// Before a loop that writes nothing that it reads in another turn.
#if defined(__GNUC__) && !defined(__clang__)
#define TAUT_INDEPENDENT _Pragma("GCC ivdep")
#else
#define TAUT_INDEPENDENT
#endif

#if defined(__GNUC__)
#define TAUT_PREFETCH(address) __builtin_prefetch(address)
#else
#define TAUT_PREFETCH(address) static_cast<void>(address)
#endif

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

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

// sum_i v_i (x_i - m) and sum_i v_i (x_i - m)^2
struct Deviation {
  double first, second;
};
TAUT_MULTIVERSION inline Deviation deviation(const double* v, const double* x, double m,
                                             std::ptrdiff_t n) {
  double s[8] = {0, 0, 0, 0, 0, 0, 0, 0}, t[8] = {0, 0, 0, 0, 0, 0, 0, 0};
  std::ptrdiff_t i = 0;
  for (; i + 8 <= n; i += 8) {
    TAUT_PREFETCH(x + i + 1024);
    for (int k = 0; k < 8; ++k) {
      const double d = x[i + k] - m, w = v[i + k] * d;
      t[k] += w;
      s[k] += w * d;
    }
  }
  for (; i < n; ++i) {
    const double d = x[i] - m;
    t[0] += v[i] * d;
    s[0] += v[i] * d * d;
  }
  return {((t[0] + t[4]) + (t[1] + t[5])) + ((t[2] + t[6]) + (t[3] + t[7])),
          ((s[0] + s[4]) + (s[1] + s[5])) + ((s[2] + s[6]) + (s[3] + s[7]))};
}

// sum_i v_i a_i and sum_i v_i a_i b_i
TAUT_MULTIVERSION inline Deviation weighted_sums(const double* v, const double* a, const double* b, std::ptrdiff_t n) {
  double s[8] = {}, t[8] = {};
  std::ptrdiff_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (int k = 0; k < 8; ++k) {
      const double weighted = v[i + k] * a[i + k];
      s[k] += weighted;
      t[k] += weighted * b[i + k];
    }
  for (; i < n; ++i) {
    s[0] += v[i] * a[i];
    t[0] += v[i] * a[i] * b[i];
  }
  return {((s[0] + s[4]) + (s[1] + s[5])) + ((s[2] + s[6]) + (s[3] + s[7])),
          ((t[0] + t[4]) + (t[1] + t[5])) + ((t[2] + t[6]) + (t[3] + t[7]))};
}

// sum_i v_i s_i, sum_i v_i |s_i| and sum_i v_i b_i
struct Balance {
  double sum, size, bend;
};
TAUT_MULTIVERSION inline Balance balance(const double* v, const double* s, const double* b, std::ptrdiff_t n) {
  double sum[8] = {}, size[8] = {}, bend[8] = {};
  std::ptrdiff_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (int k = 0; k < 8; ++k) {
      const double weighted = v[i + k] * s[i + k];
      sum[k] += weighted;
      size[k] += weighted < 0 ? -weighted : weighted;
      bend[k] += v[i + k] * b[i + k];
    }
  for (; i < n; ++i) {
    const double weighted = v[i] * s[i];
    sum[0] += weighted;
    size[0] += weighted < 0 ? -weighted : weighted;
    bend[0] += v[i] * b[i];
  }
  for (int k = 1; k < 8; ++k) {
    sum[0] += sum[k];
    size[0] += size[k];
    bend[0] += bend[k];
  }
  return {sum[0], size[0], bend[0]};
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

// y += sum_k c[k] column[k], and dots[k] = column[k]' x: four columns of a symmetric matrix, each
// read once for both of its parts.
TAUT_MULTIVERSION inline void symmetric4(const double* c, const double* const* column, const double* x,
                                         double* y, double* dots, std::ptrdiff_t n) {
  const double c0 = c[0], c1 = c[1], c2 = c[2], c3 = c[3];
  const double *a0 = column[0], *a1 = column[1], *a2 = column[2], *a3 = column[3];
  double s0[8] = {}, s1[8] = {}, s2[8] = {}, s3[8] = {};
  std::ptrdiff_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (int k = 0; k < 8; ++k) {
      const double u0 = a0[i + k], u1 = a1[i + k], u2 = a2[i + k], u3 = a3[i + k], v = x[i + k];
      y[i + k] += c0 * u0 + c1 * u1 + c2 * u2 + c3 * u3;
      s0[k] += u0 * v;
      s1[k] += u1 * v;
      s2[k] += u2 * v;
      s3[k] += u3 * v;
    }
  for (; i < n; ++i) {
    y[i] += c0 * a0[i] + c1 * a1[i] + c2 * a2[i] + c3 * a3[i];
    s0[0] += a0[i] * x[i];
    s1[0] += a1[i] * x[i];
    s2[0] += a2[i] * x[i];
    s3[0] += a3[i] * x[i];
  }
  dots[0] = dots[1] = dots[2] = dots[3] = 0;
  for (int k = 0; k < 8; ++k) {
    dots[0] += s0[k];
    dots[1] += s1[k];
    dots[2] += s2[k];
    dots[3] += s3[k];
  }
}

// The same in single precision, for steps whose errors are measured elsewhere: out[k] = column[k]' r
// for four columns side by side, and y += sum_k c[k] column[k].
TAUT_MULTIVERSION inline void dot4(const float* x, std::ptrdiff_t ld, const float* r, std::ptrdiff_t n, float* out) {
  const float *x1 = x + ld, *x2 = x1 + ld, *x3 = x2 + ld;
  float s0[16] = {}, s1[16] = {}, s2[16] = {}, s3[16] = {};
  std::ptrdiff_t i = 0;
  for (; i + 16 <= n; i += 16)
    for (int k = 0; k < 16; ++k) {
      const float v = r[i + k];
      s0[k] += x[i + k] * v;
      s1[k] += x1[i + k] * v;
      s2[k] += x2[i + k] * v;
      s3[k] += x3[i + k] * v;
    }
  for (std::ptrdiff_t k = 0; i < n; ++i, ++k) {
    s0[k] += x[i] * r[i];
    s1[k] += x1[i] * r[i];
    s2[k] += x2[i] * r[i];
    s3[k] += x3[i] * r[i];
  }
  out[0] = out[1] = out[2] = out[3] = 0;
  for (int k = 0; k < 16; ++k) {
    out[0] += s0[k];
    out[1] += s1[k];
    out[2] += s2[k];
    out[3] += s3[k];
  }
}

TAUT_MULTIVERSION inline float dot(const float* a, const float* b, std::ptrdiff_t n) {
  float s[16] = {};
  std::ptrdiff_t i = 0;
  for (; i + 16 <= n; i += 16)
    for (int k = 0; k < 16; ++k) s[k] += a[i + k] * b[i + k];
  for (std::ptrdiff_t k = 0; i < n; ++i, ++k) s[k] += a[i] * b[i];
  float total = 0;
  for (float t : s) total += t;
  return total;
}

TAUT_MULTIVERSION inline void axpy4(const float* c, const float* x, std::ptrdiff_t ld, float* y, std::ptrdiff_t n) {
  const float c0 = c[0], c1 = c[1], c2 = c[2], c3 = c[3];
  const float *x1 = x + ld, *x2 = x1 + ld, *x3 = x2 + ld;
  for (std::ptrdiff_t i = 0; i < n; ++i) y[i] += c0 * x[i] + c1 * x1[i] + c2 * x2[i] + c3 * x3[i];
}

TAUT_MULTIVERSION inline void axpy(float c, const float* x, float* y, std::ptrdiff_t n) {
  for (std::ptrdiff_t i = 0; i < n; ++i) y[i] += c * x[i];
}

// max_i |z_i| g_i
TAUT_MULTIVERSION inline double largest_ratio(const double* z, const double* g, std::ptrdiff_t n) {
  double s[8] = {0, 0, 0, 0, 0, 0, 0, 0};
  std::ptrdiff_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (int k = 0; k < 8; ++k) {
      const double r = (z[i + k] < 0 ? -z[i + k] : z[i + k]) * g[i + k];
      s[k] = r > s[k] ? r : s[k];
    }
  for (; i < n; ++i) {
    const double r = (z[i] < 0 ? -z[i] : z[i]) * g[i];
    s[0] = r > s[0] ? r : s[0];
  }
  for (int k = 1; k < 8; ++k) s[0] = s[k] > s[0] ? s[k] : s[0];
  return s[0];
}

// x = exp(x), to about one unit in the last place; what is below 1e-307 is taken for zero.
// exp(x) = 2^k exp(r) with |r| <= log(2) / 2, where the Taylor series of order 13 is exact to rounding.
TAUT_MULTIVERSION inline void exponentials(double* x, std::ptrdiff_t n) {
  constexpr double kWhole = 6755399441055744.0;  // adding it rounds to a whole number, in the low bits
  constexpr double kHigh = 6.93147180369123816490e-01, kLow = 1.90821492927058770002e-10;  // log(2)
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    const double a = x[i] < -707.0 ? -707.0 : x[i] > 709.0 ? 709.0 : x[i];
    const double shifted = a * 1.4426950408889634 + kWhole, k = shifted - kWhole;
    const double r = (a - k * kHigh) - k * kLow;
    double s = 1.0 / 6227020800.0;
    s = s * r + 1.0 / 479001600.0;
    s = s * r + 1.0 / 39916800.0;
    s = s * r + 1.0 / 3628800.0;
    s = s * r + 1.0 / 362880.0;
    s = s * r + 1.0 / 40320.0;
    s = s * r + 1.0 / 5040.0;
    s = s * r + 1.0 / 720.0;
    s = s * r + 1.0 / 120.0;
    s = s * r + 1.0 / 24.0;
    s = s * r + 1.0 / 6.0;
    s = s * r + 0.5;
    s = s * r * r + r + 1.0;
    const double power = std::bit_cast<double>((std::bit_cast<std::uint64_t>(shifted) + 1023) << 52);
    x[i] = x[i] < -707.0 ? 0.0 : x[i] > 709.0 ? std::numeric_limits<double>::infinity() : s * power;
  }
}

// log(1 + exp(eta)) - y eta with its slope and curvature, zero in rows of zero weight.
// With s = e / (2 + e) <= 1/3 for e <= 1, log(1 + e) = 2 atanh(s), whose series of order 33 is exact to
// rounding.
TAUT_MULTIVERSION inline void logistic(const double* v, const double* y, const double* eta, double* value,
                                       double* slope, double* bend, std::ptrdiff_t n) {
  for (std::ptrdiff_t i = 0; i < n; ++i) bend[i] = eta[i] < 0 ? eta[i] : -eta[i];
  exponentials(bend, n);
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    const double e = bend[i], whole = 1 + e, s = e / (2 + e), q = s * s;
    double series = 1.0 / 33;
    series = series * q + 1.0 / 31;
    series = series * q + 1.0 / 29;
    series = series * q + 1.0 / 27;
    series = series * q + 1.0 / 25;
    series = series * q + 1.0 / 23;
    series = series * q + 1.0 / 21;
    series = series * q + 1.0 / 19;
    series = series * q + 1.0 / 17;
    series = series * q + 1.0 / 15;
    series = series * q + 1.0 / 13;
    series = series * q + 1.0 / 11;
    series = series * q + 1.0 / 9;
    series = series * q + 1.0 / 7;
    series = series * q + 1.0 / 5;
    series = series * q + 1.0 / 3;
    series = series * q + 1.0;
    const bool counts = v[i] > 0;
    value[i] = counts ? (eta[i] < 0 ? 0.0 : eta[i]) + 2 * s * series - y[i] * eta[i] : 0.0;
    slope[i] = counts ? (eta[i] < 0 ? e : 1.0) / whole - y[i] : 0.0;
    bend[i] = counts ? e / (whole * whole) : 0.0;
  }
}

#if defined(__GNUC__)
// Eight doubles, loaded from any address.
typedef double Lane __attribute__((vector_size(64), aligned(8), may_alias));

inline double total(const Lane& s) {
  return ((s[0] + s[4]) + (s[1] + s[5])) + ((s[2] + s[6]) + (s[3] + s[7]));
}

// out[c * ldo + j] = x_j' r_c for four columns x and four columns r: sixteen running sums share the
// loads, where a general matrix product would first copy X into packed blocks.
#define TAUT_LOAD(p) (*reinterpret_cast<const Lane*>((p) + i))
TAUT_MULTIVERSION inline void cross44(const double* x, std::ptrdiff_t ldx, const double* r,
                                      std::ptrdiff_t ldr, std::ptrdiff_t n, double* out,
                                      std::ptrdiff_t ldo) {
  Lane s00{}, s01{}, s02{}, s03{}, s10{}, s11{}, s12{}, s13{};
  Lane s20{}, s21{}, s22{}, s23{}, s30{}, s31{}, s32{}, s33{};
  const double *x1 = x + ldx, *x2 = x1 + ldx, *x3 = x2 + ldx;
  const double *r1 = r + ldr, *r2 = r1 + ldr, *r3 = r2 + ldr;
  std::ptrdiff_t i = 0;
  for (; i + 8 <= n; i += 8) {
    const Lane c0 = TAUT_LOAD(r), c1 = TAUT_LOAD(r1), c2 = TAUT_LOAD(r2), c3 = TAUT_LOAD(r3);
    const Lane a0 = TAUT_LOAD(x);
    s00 += a0 * c0, s01 += a0 * c1, s02 += a0 * c2, s03 += a0 * c3;
    const Lane a1 = TAUT_LOAD(x1);
    s10 += a1 * c0, s11 += a1 * c1, s12 += a1 * c2, s13 += a1 * c3;
    const Lane a2 = TAUT_LOAD(x2);
    s20 += a2 * c0, s21 += a2 * c1, s22 += a2 * c2, s23 += a2 * c3;
    const Lane a3 = TAUT_LOAD(x3);
    s30 += a3 * c0, s31 += a3 * c1, s32 += a3 * c2, s33 += a3 * c3;
  }
  double t[4][4] = {{total(s00), total(s01), total(s02), total(s03)},
                    {total(s10), total(s11), total(s12), total(s13)},
                    {total(s20), total(s21), total(s22), total(s23)},
                    {total(s30), total(s31), total(s32), total(s33)}};
  for (; i < n; ++i) {
    const double a[4] = {x[i], x1[i], x2[i], x3[i]}, c[4] = {r[i], r1[i], r2[i], r3[i]};
    for (int j = 0; j < 4; ++j)
      for (int k = 0; k < 4; ++k) t[j][k] += a[j] * c[k];
  }
  for (int k = 0; k < 4; ++k)
    for (int j = 0; j < 4; ++j) out[k * ldo + j] = t[j][k];
}

// out[c] = x' r_c for four columns r, each rounded as dot() rounds it. The processor's own foresight ends
// with the page, and columns are about as long: what follows x, the next column as a rule, is called for.
TAUT_MULTIVERSION inline void dots4(const double* x, const double* const* r, std::ptrdiff_t n, double* out) {
  const double *r0 = r[0], *r1 = r[1], *r2 = r[2], *r3 = r[3];
  Lane s0{}, s1{}, s2{}, s3{};
  std::ptrdiff_t i = 0;
  for (; i + 8 <= n; i += 8) {
    TAUT_PREFETCH(x + i + 1024);
    const Lane a = TAUT_LOAD(x);
    s0 += a * TAUT_LOAD(r0), s1 += a * TAUT_LOAD(r1), s2 += a * TAUT_LOAD(r2), s3 += a * TAUT_LOAD(r3);
  }
  double t0 = 0, t1 = 0, t2 = 0, t3 = 0;
  for (; i < n; ++i) t0 += x[i] * r0[i], t1 += x[i] * r1[i], t2 += x[i] * r2[i], t3 += x[i] * r3[i];
  out[0] = total(s0) + t0, out[1] = total(s1) + t1, out[2] = total(s2) + t2, out[3] = total(s3) + t3;
}
#undef TAUT_LOAD

// out[8 c + r] = sum_q a[q ld + r] b[q ld + c] for eight r and four c: a block of a sum of outer
// products, four running sums that share one load.
TAUT_MULTIVERSION inline void outer84(const double* a, const double* b, std::ptrdiff_t ld, std::ptrdiff_t n, double* out) {
  Lane s0{}, s1{}, s2{}, s3{};
  for (std::ptrdiff_t q = 0; q < n; ++q, a += ld, b += ld) {
    const Lane x = *reinterpret_cast<const Lane*>(a);
    s0 += x * b[0], s1 += x * b[1], s2 += x * b[2], s3 += x * b[3];
  }
  const Lane sums[4] = {s0, s1, s2, s3};
  for (int c = 0; c < 4; ++c)
    for (int r = 0; r < 8; ++r) out[8 * c + r] = sums[c][r];
}
#endif

}  // namespace taut::simd
