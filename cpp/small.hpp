// Dense algebra for small operands, on one thread. A library's threads cost more here than they
// bring, and much more where other work keeps the cores busy. Matrices are column-major.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "simd.hpp"

namespace taut::small {

// y += A x, four columns a sweep
inline void add_product(int m, int n, double alpha, const double* a, std::ptrdiff_t lda,
                        const double* x, double* y) {
  int j = 0;
  for (; j + 4 <= n; j += 4) {
    const double c[4] = {alpha * x[j], alpha * x[j + 1], alpha * x[j + 2], alpha * x[j + 3]};
    const double* columns[4] = {a + j * lda, a + (j + 1) * lda, a + (j + 2) * lda, a + (j + 3) * lda};
    simd::axpy4(c, columns, y, m);
  }
  for (; j < n; ++j) simd::axpy(alpha * x[j], a + j * lda, y, m);
}

// C (m x n) = A'B + beta C for A (k x m), B (k x n), in row blocks that stay in cache
inline void cross(int m, int n, int k, const double* a, std::ptrdiff_t lda, const double* b,
                  std::ptrdiff_t ldb, double alpha, double beta, double* c, std::ptrdiff_t ldc) {
  constexpr int kRows = 1024;
  for (int j = 0; j < n; ++j)
    for (int i = 0; i < m; ++i) c[i + j * ldc] = beta == 0.0 ? 0.0 : beta * c[i + j * ldc];
  const int m4 = m / 4 * 4, n4 = n / 4 * 4;
  for (int first = 0; first < k; first += kRows) {
    const int rows = std::min(kRows, k - first);
    const double *x = a + first, *r = b + first;
    double block[16];
    for (int j = 0; j < n4; j += 4)
      for (int i = 0; i < m4; i += 4) {
        simd::cross44(x + i * lda, lda, r + j * ldb, ldb, rows, block, 4);
        for (int q = 0; q < 4; ++q)
          for (int p = 0; p < 4; ++p) c[i + p + (j + q) * ldc] += alpha * block[p + 4 * q];
      }
    for (int i = 0; i < m; ++i)
      for (int j = i < m4 ? n4 : 0; j < n; ++j)
        c[i + j * ldc] += alpha * simd::dot(x + i * lda, r + j * ldb, rows);
  }
}

// y = A x for a symmetric A whose upper triangle is given: each column serves twice.
inline void symv(int n, const double* a, std::ptrdiff_t lda, const double* x, double* y) {
  int j = 0;
  for (; j + 4 <= n; j += 4) {
    const double* columns[4] = {a + j * lda, a + (j + 1) * lda, a + (j + 2) * lda, a + (j + 3) * lda};
    double dots[4];
    for (int k = 0; k < 4; ++k) y[j + k] = 0;
    simd::symmetric4(x + j, columns, x, y, dots, j);
    // The small triangle on the diagonal, by hand.
    for (int k = 0; k < 4; ++k) {
      y[j + k] += dots[k] + columns[k][j + k] * x[j + k];
      for (int i = 0; i < k; ++i) {
        y[j + i] += columns[k][j + i] * x[j + k];
        y[j + k] += columns[k][j + i] * x[j + i];
      }
    }
  }
  for (; j < n; ++j) {
    const double* column = a + j * lda;
    y[j] = column[j] * x[j] + simd::dot(column, x, j);
    simd::axpy(x[j], column, y, j);
  }
}

// Upper triangle of C += alpha F F', F (n x k), for n >= 8 and many k: each block of 8 x 4 is summed
// at once. The last ones lie over those before them, and only what is new in them counts.
inline void add_outer_by_blocks(int n, int k, double alpha, const double* f, std::ptrdiff_t ldf, double* c,
                                std::ptrdiff_t ldc) {
  double block[32];
  for (int j = 0; j < n; j += 4)
    for (int i = 0; i <= std::min(j + 3, n - 1); i += 8) {
      const int top = std::min(i, n - 8), left = std::min(j, n - 4);
      simd::outer84(f + top, f + left, ldf, k, block);
      for (int q = j; q < std::min(j + 4, n); ++q)
        for (int p = i; p <= std::min(i + 7, q); ++p) c[p + q * ldc] += alpha * block[p - top + 8 * (q - left)];
    }
}

// Upper triangle of C += alpha F F', F (n x k)
inline void add_outer(int n, int k, double alpha, const double* f, std::ptrdiff_t ldf, double* c,
                      std::ptrdiff_t ldc) {
  if (n >= 8 && k >= 32) return add_outer_by_blocks(n, k, alpha, f, ldf, c, ldc);
  for (int j = 0; j < n; ++j) {
    int q = 0;
    for (; q + 4 <= k; q += 4) {
      const double* columns[4] = {f + q * ldf, f + (q + 1) * ldf, f + (q + 2) * ldf, f + (q + 3) * ldf};
      const double w[4] = {alpha * columns[0][j], alpha * columns[1][j], alpha * columns[2][j], alpha * columns[3][j]};
      simd::axpy4(w, columns, c + j * ldc, j + 1);
    }
    for (; q < k; ++q) simd::axpy(alpha * f[j + q * ldf], f + q * ldf, c + j * ldc, j + 1);
  }
}

// B = B R^-1 or B R^-T for an upper triangular R (n x n), B (m x n)
inline void solve_right(bool transposed, int m, int n, const double* r, std::ptrdiff_t ldr, double* b,
                        std::ptrdiff_t ldb) {
  for (int s = 0; s < n; ++s) {
    const int j = transposed ? n - 1 - s : s;
    const int from = transposed ? j + 1 : 0, to = transposed ? n : j;
    for (int i = from; i < to; ++i)
      simd::axpy(-(transposed ? r[j + i * ldr] : r[i + j * ldr]), b + i * ldb, b + j * ldb, m);
    const double inverse = 1.0 / r[j + j * ldr];
    for (int i = 0; i < m; ++i) b[i + j * ldb] *= inverse;
  }
}

// Upper triangular R with R'R = A in place of A's upper triangle; false where a pivot is not positive.
inline bool cholesky(int n, double* a, std::ptrdiff_t lda) {
  for (int j = 0; j < n; ++j) {
    double* column = a + j * lda;
    for (int i = 0; i < j; ++i) {
      const double* other = a + i * lda;
      column[i] = (column[i] - simd::dot(other, column, i)) / other[i];
    }
    const double pivot = column[j] - simd::dot(column, column, j);
    if (!(pivot > 0)) return false;
    column[j] = std::sqrt(pivot);
  }
  return true;
}

// Upper triangle of (R'R)^-1 = T T' in place of R, with T = R^-1.
inline void inverse_from_cholesky(int n, double* a, std::ptrdiff_t lda) {
  // Column j of T is -T[:j, :j] R[:j, j] / R[j, j] over 1 / R[j, j]: a sum of the columns before it.
  std::vector<double> T(static_cast<std::size_t>(n) * n, 0.0);
  for (int j = 0; j < n; ++j) {
    const double inverse = 1.0 / a[j + j * lda];
    double* column = T.data() + static_cast<std::ptrdiff_t>(j) * n;
    add_product(j, j, -inverse, T.data(), n, a + j * lda, column);
    column[j] = inverse;
  }
  for (int j = 0; j < n; ++j) std::fill_n(a + j * lda, j + 1, 0.0);
  add_outer(n, n, 1.0, T.data(), n, a, lda);
}

}  // namespace taut::small
