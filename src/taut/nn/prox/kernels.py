"""The proxes of `in_memory` on a GPU, in Triton: one launch for the weights of all layers.

Each has a table with a row for every program, of addresses and sizes, since a kernel takes a fixed
number of arguments and a network has any number of layers. The mathematics is that of
``cpp/step_prox.hpp`` and ``cpp/step_groups.hpp``.
"""

from __future__ import annotations

import triton
import triton.language as tl

__all__ = ["shorten", "shrink_folds", "shrink_groups", "shrink_slopes"]

EPS = tl.constexpr(2.0**-23)
TURNS = tl.constexpr(50)


@triton.jit
def _numbers(row, place):
    """Where an array of single precision begins, of which the table has the address."""
    return tl.load(row + place).to(tl.pointer_type(tl.float32))


@triton.jit
def _metric(moments, at, mask, shift, HAS_MOMENTS: tl.constexpr, SQUARED: tl.constexpr):
    """D at some places, or 1 beyond the end."""
    if not HAS_MOMENTS:
        return tl.full(at.shape, 1.0, tl.float32)
    found = tl.load(moments + at, mask=mask, other=1.0)
    if SQUARED:
        found = tl.sqrt_rn(found)
    return found + shift


@triton.jit
def _within(b, lower, upper):
    """Hides no NaN."""
    return tl.where(b < lower, lower, tl.where(b > upper, upper, b))


@triton.jit
def _entries(row, BLOCK: tl.constexpr):
    """Places of a program's entries, their features, and which there are."""
    at = tl.load(row + 2) + tl.arange(0, BLOCK)
    feature = (at // tl.load(row + 4)) % tl.load(row + 5)
    return at, feature, at < tl.load(row + 3)


@triton.jit
def shrink_slopes(
    table,
    width,
    amount,
    shift,
    HAS_MOMENTS: tl.constexpr,
    SQUARED: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """``soft(D z, l1) / (D + l2)``, put back into an interval."""
    row = table + tl.program_id(0) * width
    coef = _numbers(row, 0)
    at, feature, mask = _entries(row, BLOCK)
    z = tl.load(coef + at, mask=mask, other=0.0)
    d = _metric(_numbers(row, 1), at, mask, shift, HAS_MOMENTS, SQUARED)
    l1 = amount * tl.load(_numbers(row, 6) + feature, mask=mask, other=0.0)
    l2 = amount * tl.load(_numbers(row, 7) + feature, mask=mask, other=0.0)
    soft = z - _within(z, -l1 / d, l1 / d)
    b = tl.where(l2 == 0, soft, soft * (d / (d + l2)))
    lower = tl.load(_numbers(row, 8) + feature, mask=mask, other=0.0)
    upper = tl.load(_numbers(row, 9) + feature, mask=mask, other=0.0)
    tl.store(coef + at, _within(b, lower, upper), mask=mask)


@triton.jit
def shrink_folds(
    table,
    width,
    amount,
    strength,
    fall,
    shift,
    HAS_MOMENTS: tl.constexpr,
    SQUARED: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """A slope that falls beyond a knot: ``Fold`` in ``cpp/step_prox.hpp``."""
    row = table + tl.program_id(0) * width
    coef = _numbers(row, 0)
    at, feature, mask = _entries(row, BLOCK)
    z = tl.load(coef + at, mask=mask, other=0.0)
    d = _metric(_numbers(row, 1), at, mask, shift, HAS_MOMENTS, SQUARED)
    l1 = amount * tl.load(_numbers(row, 6) + feature, mask=mask, other=0.0)
    knot = strength * tl.load(_numbers(row, 7) + feature, mask=mask, other=0.0)
    near = z - _within(z, -l1 / d, l1 / d)
    before = _within(near, -knot, knot)
    steep = fall / d
    moved = near + (near - before) * (steep / (1 - steep))
    curved = tl.where(tl.abs(moved) > tl.abs(z), z, moved)
    away = before - z
    far = d * away * away / 2 + l1 * tl.abs(before) > l1 * knot + l1 * l1 / (2 * fall)
    b = tl.where(steep < 1, curved, tl.where(far, z, before))
    tl.store(coef + at, b, mask=mask)


@triton.jit
def _members(row, first, BLOCK: tl.constexpr):
    """Places of entries of a group, one after the other, and which there are."""
    i = first + tl.arange(0, BLOCK)
    of_row, after, features = tl.load(row + 4), tl.load(row + 5), tl.load(row + 6)
    mask = i < tl.load(row + 3)
    rest = i % (of_row * after)
    numbers = tl.load(row + 2).to(tl.pointer_type(tl.int64))
    feature = tl.load(numbers + rest // after, mask=mask, other=0)
    return (i // (of_row * after) * features + feature) * after + rest % after, mask


@triton.jit
def shrink_groups(
    table,
    width,
    amount,
    shift,
    HAS_MOMENTS: tl.constexpr,
    SQUARED: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """A program finds the norm of its group as ``Group`` in ``cpp/step_groups.hpp`` does."""
    row = table + tl.program_id(0) * width
    coef, moments, size = _numbers(row, 0), _numbers(row, 1), tl.load(row + 3)
    weight = tl.load(_numbers(row, 7))
    s = tl.where(weight == float("inf"), weight, amount * weight)
    zero = tl.full((), 0.0, tl.float64)
    one = tl.full((), 0.0, tl.float64)
    two = tl.full((), 0.0, tl.float64)
    for first in range(0, size, BLOCK):
        at, mask = _members(row, first, BLOCK)
        z = tl.load(coef + at, mask=mask, other=0.0)
        d = _metric(moments, at, mask, shift, HAS_MOMENTS, SQUARED)
        square = d * z * d * z
        zero += tl.sum(z * z)
        one += tl.sum(square)
        two += tl.sum(square * d)
    if s > 0:
        start = 1 - s / tl.sqrt(one)
        low = start * tl.sqrt(one) * one / two
        high = start * tl.sqrt(zero)
        # Not at most 0, so that NaN is not hidden.
        radius = tl.where(start <= 0, 0.0, high).to(tl.float32)
        is_open = radius > 0
        turn = 0
        while is_open & (turn < TURNS):
            h = tl.full((), 0.0, tl.float64)
            slope = tl.full((), 0.0, tl.float64)
            second = tl.full((), 0.0, tl.float64)
            for first in range(0, size, BLOCK):
                at, mask = _members(row, first, BLOCK)
                z = tl.load(coef + at, mask=mask, other=0.0)
                d = _metric(moments, at, mask, shift, HAS_MOMENTS, SQUARED)
                q = 1 / (radius * d + s)
                square = d * z * q * (d * z * q)
                h += tl.sum(square)
                slope += tl.sum(square * (d * q))
                second += tl.sum(square * (d * q) * (d * q))
            excess = tl.sqrt(h) - 1
            newton = h * excess / slope
            carried = h - 2 * radius * slope + radius * radius * second
            error = tl.abs(newton) / radius * tl.sqrt(tl.maximum(carried / h, 4 * EPS))
            is_open = (error > 16 * EPS) & (tl.abs(excess) > 4 * EPS)
            if is_open:
                low = tl.where(excess > 0, radius, low)
                high = tl.where(excess > 0, high, radius)
                bend = 1.5 * (slope * slope - h * second) / (h * slope)
                halley = radius + newton / tl.maximum(1 + newton * bend, 0.5)
                is_between = (low < halley) & (halley < high)
                radius = tl.where(is_between, halley, 0.5 * (low + high)).to(tl.float32)
            turn += 1
        for first in range(0, size, BLOCK):
            at, mask = _members(row, first, BLOCK)
            z = tl.load(coef + at, mask=mask, other=0.0)
            d = _metric(moments, at, mask, shift, HAS_MOMENTS, SQUARED)
            b = radius * (d * z / (radius * d + s))
            # Adding 0 turns -0 into 0.
            tl.store(coef + at, tl.where(radius == 0, 0.0, b + 0.0), mask=mask)


@triton.jit
def shorten(table, width, limit, BLOCK: tl.constexpr):
    """A row that is longer than its limit is scaled back to it."""
    row = table + tl.program_id(0) * width
    coef, size = _numbers(row, 0), tl.load(row + 3)
    total = tl.full((), 0.0, tl.float64)
    for first in range(0, size, BLOCK):
        at, mask = _members(row, first, BLOCK)
        z = tl.load(coef + at, mask=mask, other=0.0)
        total += tl.sum(z * z)
    excess = (tl.sqrt(total) / limit).to(tl.float32)
    # NaN is not hidden here either.
    if not (excess <= 1):
        for first in range(0, size, BLOCK):
            at, mask = _members(row, first, BLOCK)
            z = tl.load(coef + at, mask=mask, other=0.0)
            tl.store(coef + at, z / excess, mask=mask)
