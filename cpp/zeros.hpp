// Vectors for large results and workspaces: zero without being written, so that what is never
// used is never touched. The system hands out pages that are zero; filling them again would cost
// as much as many a solve.
#pragma once

#include <cstdlib>
#include <new>
#include <utility>
#include <vector>

namespace taut {

template <class T>
struct ZeroPages {
  using value_type = T;
  ZeroPages() = default;
  template <class U>
  ZeroPages(const ZeroPages<U>&) {}
  T* allocate(std::size_t n) {
    if (void* p = std::calloc(n, sizeof(T))) return static_cast<T*>(p);
    throw std::bad_alloc();
  }
  void deallocate(T* p, std::size_t) { std::free(p); }
  template <class U>
  void construct(U*) {}  // zero already
  template <class U, class... Args>
  void construct(U* p, Args&&... args) {
    ::new (static_cast<void*>(p)) U(std::forward<Args>(args)...);
  }
  bool operator==(const ZeroPages&) const { return true; }
};

// The same, but for what pages that were used before still hold: for what is written before it is read.
template <class T>
struct AnyPages : ZeroPages<T> {
  using value_type = T;
  AnyPages() = default;
  template <class U>
  AnyPages(const AnyPages<U>&) {}
  T* allocate(std::size_t n) {
    if (void* p = std::malloc(n * sizeof(T))) return static_cast<T*>(p);
    throw std::bad_alloc();
  }
};

using Unwritten = std::vector<double, AnyPages<double>>;

// Zero when made; an entry that resize() brings back keeps what it held before.
using Zeros = std::vector<double, ZeroPages<double>>;

}  // namespace taut
