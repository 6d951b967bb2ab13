"""The same functions in every form that is taken: from Python by ctypes or numba, and from C."""

import ctypes
import math
import shutil
import subprocess

import pytest
from scipy import LowLevelCallable

KINDS = ("callback", "low level callable", "numba", "compiled")


def logistic_value(y, eta):
    return max(eta, 0.0) + math.log1p(math.exp(-abs(eta))) - y * eta


def logistic_gradient(y, eta):
    return 1 / (1 + math.exp(-eta)) - y


def logistic_hessian(y, eta):
    e = math.exp(-abs(eta))
    return e / ((1 + e) * (1 + e))


def logistic_conjugate(y, theta):
    one, zero = y + theta, 1 - y - theta
    if one < 0 or zero < 0:
        return math.inf
    entropy = one * math.log(one) if one > 0 else 0.0
    return entropy + zero * math.log(zero) if zero > 0 else entropy


def absolute(b, strength):
    return strength * abs(b)


def soft(b, step, strength):
    return math.copysign(max(abs(b) - step * strength, 0.0), b)


def concave(b, strength):
    x = min(abs(b), 3 * strength)
    return x * (strength - x / 6)


def firm(b, step, strength):
    if abs(b) > 3 * strength:
        return b
    return math.copysign(max(abs(b) - step * strength, 0.0) / (1 - step / 3), b)


SOURCE = """
#include <math.h>
double logistic_value(double y, double eta) {
  return fmax(eta, 0) + log1p(exp(-fabs(eta))) - y * eta;
}
double logistic_gradient(double y, double eta) { return 1 / (1 + exp(-eta)) - y; }
double logistic_hessian(double y, double eta) {
  double e = exp(-fabs(eta));
  return e / ((1 + e) * (1 + e));
}
static double entropy(double p) { return p > 0 ? p * log(p) : p < 0 ? INFINITY : 0; }
double logistic_conjugate(double y, double theta) {
  return entropy(y + theta) + entropy(1 - y - theta);
}
double absolute(double b, double strength) { return strength * fabs(b); }
double soft(double b, double step, double strength) {
  return copysign(fmax(fabs(b) - step * strength, 0), b);
}
double concave(double b, double strength) {
  double x = fmin(fabs(b), 3 * strength);
  return x * (strength - x / 6);
}
double firm(double b, double step, double strength) {
  if (fabs(b) > 3 * strength) return b;
  return copysign(fmax(fabs(b) - step * strength, 0) / (1 - step / 3), b);
}
"""


def as_callback(function):
    count = function.__code__.co_argcount
    return ctypes.CFUNCTYPE(*[ctypes.c_double] * (count + 1))(function)


def maker(kind, folder):
    """What turns the Python functions above into C functions of a kind; skips where it cannot."""
    if kind == "callback":
        return as_callback
    if kind == "low level callable":
        return lambda function: LowLevelCallable(as_callback(function))
    if kind == "numba":
        numba = pytest.importorskip("numba", reason="numba is not installed")
        return lambda function: numba.cfunc(
            f"float64({', '.join(['float64'] * function.__code__.co_argcount)})"
        )(function)
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("there is no C compiler")
    source, library = folder / "own.c", folder / "own.so"
    source.write_text(SOURCE, encoding="utf-8")
    subprocess.run([compiler, "-O2", "-shared", "-fPIC", source, "-o", library, "-lm"], check=True)
    loaded = ctypes.CDLL(str(library))

    def compiled(function):
        found = getattr(loaded, function.__name__)
        found.restype = ctypes.c_double
        found.argtypes = [ctypes.c_double] * function.__code__.co_argcount
        return found

    return compiled
