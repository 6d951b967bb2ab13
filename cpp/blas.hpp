// BLAS and LAPACK, borrowed at import from SciPy's Cython modules: nothing to find, link or ship,
// and threadpoolctl's limits on SciPy's OpenBLAS hold here too. Matrices are column-major.
#pragma once

#include <cstddef>

namespace taut::blas {

struct Table {
  void (*dgemm)(char*, char*, int*, int*, int*, double*, double*, int*, double*, int*, double*,
                double*, int*) = nullptr;
  void (*dgemv)(char*, int*, int*, double*, double*, int*, double*, int*, double*, double*,
                int*) = nullptr;
  void (*dsyrk)(char*, char*, int*, int*, double*, double*, int*, double*, double*,
                int*) = nullptr;
  void (*dpotrf)(char*, int*, double*, int*, int*) = nullptr;
  void (*dpotri)(char*, int*, double*, int*, int*) = nullptr;
};

inline Table table;

// C = alpha op(A) op(B) + beta C
inline void gemm(char op_a, char op_b, int m, int n, int k, double alpha, const double* a, int lda,
                 const double* b, int ldb, double beta, double* c, int ldc) {
  if (m == 0 || n == 0) return;
  table.dgemm(&op_a, &op_b, &m, &n, &k, &alpha, const_cast<double*>(a), &lda,
              const_cast<double*>(b), &ldb, &beta, c, &ldc);
}

// y = alpha op(A) x + beta y
inline void gemv(char op, int m, int n, double alpha, const double* a, int lda, const double* x,
                 double beta, double* y) {
  if (m == 0 || n == 0) return;
  int one = 1;
  table.dgemv(&op, &m, &n, &alpha, const_cast<double*>(a), &lda, const_cast<double*>(x), &one,
              &beta, y, &one);
}

// Upper triangle of C = alpha op(A)' op(A) + beta C; trans 'T': A is k x n, 'N': A is n x k.
inline void syrk(char trans, int n, int k, double alpha, const double* a, int lda, double beta,
                 double* c, int ldc) {
  if (n == 0) return;
  char uplo = 'U';
  table.dsyrk(&uplo, &trans, &n, &k, &alpha, const_cast<double*>(a), &lda, &beta, c, &ldc);
}

// Cholesky of the upper triangle in place; false where A is not positive definite.
inline bool cholesky(int n, double* a, int lda) {
  char uplo = 'U';
  int info = 0;
  if (n > 0) table.dpotrf(&uplo, &n, a, &lda, &info);
  return info == 0;
}

// Full symmetric inverse from the Cholesky factor, in place; false on a zero pivot.
inline bool inverse_from_cholesky(int n, double* a, int lda) {
  char uplo = 'U';
  int info = 0;
  if (n > 0) table.dpotri(&uplo, &n, a, &lda, &info);
  for (int j = 0; j < n; ++j)
    for (int i = 0; i < j; ++i)
      a[j + static_cast<std::size_t>(i) * lda] = a[i + static_cast<std::size_t>(j) * lda];
  return info == 0;
}

}  // namespace taut::blas
