// BLAS and LAPACK, borrowed at import from SciPy's Cython modules: nothing to find, link or ship,
// and threadpoolctl's limits on SciPy's OpenBLAS hold here too. Matrices are column-major.
#pragma once

#include <cstddef>

#include "small.hpp"

namespace taut::blas {

struct Table {
  void (*dgemm)(char*, char*, int*, int*, int*, double*, double*, int*, double*, int*, double*,
                double*, int*) = nullptr;
  void (*dgemv)(char*, int*, int*, double*, double*, int*, double*, int*, double*, double*,
                int*) = nullptr;
  void (*dsyrk)(char*, char*, int*, int*, double*, double*, int*, double*, double*,
                int*) = nullptr;
  void (*dsymv)(char*, int*, double*, double*, int*, double*, int*, double*, double*,
                int*) = nullptr;
  void (*dtrsm)(char*, char*, char*, char*, int*, int*, double*, double*, int*, double*,
                int*) = nullptr;
  void (*dpotrf)(char*, int*, double*, int*, int*) = nullptr;
  void (*dpotri)(char*, int*, double*, int*, int*) = nullptr;
};

inline Table table;

// Up to so many multiply-adds an operation is done in small.hpp.
inline constexpr double kSmall = 4e6;
inline bool is_small(double m, double n, double k = 1) { return m * n * k <= kSmall; }
inline constexpr int kSmallFactor = 256;  // likewise, the side of a factorisation

// C = alpha op(A) op(B) + beta C
inline void gemm(char op_a, char op_b, int m, int n, int k, double alpha, const double* a, int lda,
                 const double* b, int ldb, double beta, double* c, int ldc) {
  if (m == 0 || n == 0) return;
  if (op_a == 'T' && op_b == 'N' && is_small(m, n, k))
    return small::cross(m, n, k, a, lda, b, ldb, alpha, beta, c, ldc);
  if (op_a == 'N' && op_b == 'N' && beta == 1.0 && is_small(m, n, k)) {
    for (std::ptrdiff_t j = 0; j < n; ++j)
      small::add_product(m, k, alpha, a, lda, b + j * ldb, c + j * ldc);
    return;
  }
  table.dgemm(&op_a, &op_b, &m, &n, &k, &alpha, const_cast<double*>(a), &lda,
              const_cast<double*>(b), &ldb, &beta, c, &ldc);
}

// y = alpha op(A) x + beta y
inline void gemv(char op, int m, int n, double alpha, const double* a, int lda, const double* x,
                 double beta, double* y) {
  if (m == 0 || n == 0) return;
  if (op == 'T' && is_small(m, n)) {
    for (std::ptrdiff_t j = 0; j < n; ++j)
      y[j] = alpha * simd::dot(a + j * lda, x, m) + (beta == 0.0 ? 0.0 : beta * y[j]);
    return;
  }
  int one = 1;
  table.dgemv(&op, &m, &n, &alpha, const_cast<double*>(a), &lda, const_cast<double*>(x), &one,
              &beta, y, &one);
}

// Upper triangle of C = alpha op(A) op(A)' + beta C; trans 'T': A is k x n, 'N': A is n x k.
inline void syrk(char trans, int n, int k, double alpha, const double* a, int lda, double beta,
                 double* c, int ldc) {
  if (n == 0) return;
  if (trans == 'T' && is_small(n, n, k))  // both triangles: twice the work of very little
    return small::cross(n, n, k, a, lda, a, lda, alpha, beta, c, ldc);
  if (trans == 'N' && beta == 1.0 && is_small(n, n, k))
    return small::add_outer(n, k, alpha, a, lda, c, ldc);
  char uplo = 'U';
  table.dsyrk(&uplo, &trans, &n, &k, &alpha, const_cast<double*>(a), &lda, &beta, c, &ldc);
}

// Cholesky of the upper triangle in place; false where A is not positive definite.
inline bool cholesky(int n, double* a, int lda) {
  if (n <= kSmallFactor) return small::cholesky(n, a, lda);
  char uplo = 'U';
  int info = 0;
  table.dpotrf(&uplo, &n, a, &lda, &info);
  return info == 0;
}

// Upper triangle of the inverse from the Cholesky factor, in place; false on a zero pivot.
inline bool inverse_from_cholesky(int n, double* a, int lda) {
  if (n <= kSmallFactor) {
    small::inverse_from_cholesky(n, a, lda);
    return true;
  }
  char uplo = 'U';
  int info = 0;
  table.dpotri(&uplo, &n, a, &lda, &info);
  return info == 0;
}

// C (m x n) = A B, where A is symmetric and its upper triangle given. By panels of columns, each of
// which serves twice while it is in cache: a library's symm unpacks all of A for a handful of columns.
inline void symm(int m, int n, const double* a, int lda, const double* b, int ldb, double* c,
                 int ldc) {
  constexpr int kPanel = 128;
  if (n == 0) return;
  for (std::ptrdiff_t first = 0; first < m; first += kPanel) {
    const int width = std::min<int>(kPanel, m - static_cast<int>(first));
    const double* panel = a + first * lda;
    for (std::ptrdiff_t j = 0; j < n; ++j)
      small::symv(width, panel + first, lda, b + first + j * ldb, c + first + j * ldc);
    if (first == 0) continue;
    const int above = static_cast<int>(first);
    gemm('N', 'N', above, n, width, 1.0, panel, lda, b + first, ldb, 1.0, c, ldc);
    gemm('T', 'N', width, n, above, 1.0, panel, lda, b, ldb, 1.0, c + first, ldc);
  }
}

// y = A x, where A is symmetric and its upper triangle given.
inline void symv(int n, const double* a, int lda, const double* x, double* y) {
  if (is_small(n, n)) return small::symv(n, a, lda, x, y);
  char uplo = 'U';
  int step = 1;
  double one = 1.0, zero = 0.0;
  table.dsymv(&uplo, &n, &one, const_cast<double*>(a), &lda, const_cast<double*>(x), &step, &zero,
              y, &step);
}

// B (m x n) = B op(R)^-1 for an upper triangular R.
inline void solve_right(char op, int m, int n, const double* r, int ldr, double* b, int ldb) {
  if (m == 0 || n == 0) return;
  if (is_small(m, n, n)) return small::solve_right(op == 'T', m, n, r, ldr, b, ldb);
  char side = 'R', uplo = 'U', diag = 'N';
  double one = 1.0;
  table.dtrsm(&side, &uplo, &op, &diag, &m, &n, &one, const_cast<double*>(r), &ldr, b, &ldb);
}

}  // namespace taut::blas
