"""Columns that rise together as those of a profile do: a Gaussian copula in whole numbers and single IEEE operations.

Each row has a *place* in each column, a number of 16 bits: the share of the column's values that lie below. Independent
columns have independent places. Here the places of several columns are drawn so that the values have given rank
correlations, ties included: a column that is zero in most rows correlates less than its places do, so the correlation
of the normals behind is solved for through their Hermite expansion.

Source:
    Lancaster (1957), "Some properties of the bivariate normal distribution considered in the form of a contingency
    table": cor(g(X), h(Y)) = Σ aₖ bₖ rᵏ for the Hermite coefficients of g and h, divided by their deviations.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from statistics import NormalDist

import numpy as np

from nbops.synthesis.streams import Array, Streams

__all__ = ["PLACES", "Copula", "Ties", "copula_of"]

PLACES = 1 << 16
_LEVELS = 1 << 12  # of the normals that are mixed
_GRID = 2_048  # bins of a unit, in which a mixed normal becomes a place
_REACH = 6  # beyond so many deviations all is one place
_TERMS = 14
_CELLS = 512
_SEEN = 0.015  # a rank correlation below is that of independent columns
_LEAST_EIGENVALUE = 1e-4
_BLOCK = 16_384  # rows that fit in a core's own cache
Pair = tuple[str, str]
Ties = Sequence[tuple[int, int]]
"""Where the places of a column are of one value: from, to."""
Matrix = list[list[float]]


class Copula:
    """Draws the places of several columns together.

    Args:
        names: The columns.
        mixing: How each is mixed from independent normals: the lower triangle of a Cholesky factor.
    """

    def __init__(self, names: Sequence[str], mixing: Matrix) -> None:
        self.names = tuple(names)
        self._mixing = mixing

    def places(self, rows: int, streams_of_table: Streams) -> dict[str, Array]:
        """Return the places of each column."""
        streams = [streams_of_table.of(name, "normal") for name in self.names]
        found = {name: np.empty(rows, dtype="uint16") for name in self.names}
        for start in range(0, rows, _BLOCK):
            size = min(_BLOCK, rows - start)
            bits = [stream.shorts(size) for stream in streams]
            levels = _levels()
            normals = [levels[one >> np.uint16(4)] for one in bits]
            for name, factors, own in zip(self.names, self._mixing, bits, strict=True):
                found[name][start : start + size] = _placed(_mixed(normals, factors), own)
        return found


def _mixed(normals: Sequence[Array], factors: Sequence[float]) -> Array:
    made = normals[0] * factors[0]
    for normal, factor in zip(normals[1:], factors[1:], strict=False):
        if factor:
            made += normal * factor
    return made


def _placed(normal: Array, bits: Array) -> Array:
    """Return the places of normals; inside of a bin the last *bits* decide, which the normals did not use."""
    low, width = _bins()
    at = ((normal + _REACH) * _GRID).astype("int64")
    np.clip(at, 0, len(low) - 1, out=at)
    inside = (bits & np.uint16(15)).astype("uint32") * width[at] >> np.uint32(4)
    return (low[at] + inside).astype("uint16")


@functools.cache
def _levels() -> Array:
    """Return the quantiles of the normal, to six digits: the last bits of a logarithm differ between machines."""
    inverse = NormalDist().inv_cdf
    return np.array([round(inverse((at + 0.5) / _LEVELS), 6) for at in range(_LEVELS)])


@functools.cache
def _bins() -> tuple[Array, Array]:
    share = NormalDist().cdf
    edges = [round(share(at / _GRID - _REACH) * PLACES) for at in range(2 * _REACH * _GRID + 1)]
    low = np.minimum(np.array(edges[:-1]), PLACES - 1)
    width = np.maximum(np.minimum(np.array(edges[1:]), PLACES) - low, 1)
    return low.astype("uint32"), width.astype("uint32")


def copula_of(ties: Mapping[str, Ties], wanted: Mapping[Pair, float]) -> Copula | None:
    """Return what draws columns with the rank correlations *wanted*; None when there are none worth it.

    Args:
        ties: The columns, and where values repeat.
        wanted: Spearman's correlations; those of other columns are left out.
    """
    pairs = {
        pair: value for pair, value in wanted.items() if abs(value) >= _SEEN and pair[0] in ties and pair[1] in ties
    }
    names = [name for name in ties if any(name in pair for pair in pairs)]
    if not names:
        return None
    expansions = {name: _expansion(tuple(ties[name])) for name in names}
    matrix = [[float(i == j) for j in range(len(names))] for i in range(len(names))]
    for (left, right), value in pairs.items():
        i, j = names.index(left), names.index(right)
        matrix[i][j] = matrix[j][i] = _latent(expansions[left], expansions[right], value)
    return Copula(names, _factor(matrix))


@functools.lru_cache(maxsize=4096)
def _expansion(ties: tuple[tuple[int, int], ...]) -> tuple[float, ...]:
    """Return the Hermite coefficients of the mid-ranks of a column, divided by their deviation."""
    inverse = NormalDist().inv_cdf
    points = [round(inverse((at + 0.5) / _CELLS), 6) for at in range(_CELLS)]
    middles = [(at + 0.5) / _CELLS for at in range(_CELLS)]
    for low, high in ties:
        first, last = -(-low * _CELLS // PLACES), -(-high * _CELLS // PLACES)
        middles[first:last] = [(low + high) / (2 * PLACES)] * (last - first)
    mean = math.fsum(middles) / _CELLS
    deviation = math.sqrt(math.fsum((one - mean) ** 2 for one in middles) / _CELLS)
    if not deviation:
        return (0.0,) * _TERMS
    found, before, here = [], [1.0] * _CELLS, points
    for order in range(1, _TERMS + 1):
        found.append(math.fsum(m * h for m, h in zip(middles, here, strict=True)) / _CELLS / deviation)
        following = [
            (x * h - math.sqrt(order) * b) / math.sqrt(order + 1) for x, h, b in zip(points, here, before, strict=True)
        ]
        before, here = here, following
    return tuple(found)


def _latent(left: Sequence[float], right: Sequence[float], wanted: float) -> float:
    """Return the correlation of normals for which the values have the rank correlation *wanted*, as far as there is."""
    terms = [a * b for a, b in zip(left, right, strict=True)]
    low, high = -0.9995, 0.9995
    for _ in range(40):
        middle = (low + high) / 2
        value = 0.0
        for term in reversed(terms):
            value = (value + term) * middle
        low, high = (middle, high) if value < wanted else (low, middle)
    return (low + high) / 2


def _factor(matrix: Matrix) -> Matrix:
    """Return the Cholesky factor of the nearest correlation matrix that has one."""
    return _cholesky(matrix) or _cholesky(_definite(matrix)) or [[float(i == j) for j in range(i + 1)]
                                                                 for i in range(len(matrix))]  # fmt: skip


def _cholesky(matrix: Matrix) -> Matrix | None:
    found: Matrix = []
    for i, row in enumerate(matrix):
        made: list[float] = []
        for j in range(i):
            made.append((row[j] - math.fsum(made[k] * found[j][k] for k in range(j))) / found[j][j])
        rest = row[i] - math.fsum(one * one for one in made)
        if rest <= _LEAST_EIGENVALUE / 2:
            return None
        found.append([*made, math.sqrt(rest)])
    return found


def _definite(matrix: Matrix) -> Matrix:
    """Return *matrix* with its eigenvalues raised to a small positive one, scaled to ones on the diagonal."""
    values, vectors = _eigen(matrix)
    raised = [max(value, 3 * _LEAST_EIGENVALUE) for value in values]
    size = range(len(matrix))
    made = [[math.fsum(raised[k] * vectors[i][k] * vectors[j][k] for k in size) for j in size] for i in size]
    return [[made[i][j] / math.sqrt(made[i][i] * made[j][j]) for j in size] for i in size]


def _eigen(matrix: Matrix) -> tuple[list[float], Matrix]:
    """Return the eigenvalues and, as columns, the eigenvectors of a symmetric matrix, by Jacobi's rotations."""
    size = len(matrix)
    a = [list(row) for row in matrix]
    v = [[float(i == j) for j in range(size)] for i in range(size)]
    for _ in range(30):
        if math.fsum(a[i][j] ** 2 for i in range(size) for j in range(i)) < 1e-18:
            break
        for p in range(size - 1):
            for q in range(p + 1, size):
                if abs(a[p][q]) > 1e-12:
                    _rotate(a, v, p, q)
    return [a[i][i] for i in range(size)], v


def _rotate(a: Matrix, v: Matrix, p: int, q: int) -> None:
    """Turn the plane of *p* and *q* so that they no longer meet."""
    theta = (a[q][q] - a[p][p]) / (2 * a[p][q])
    t = math.copysign(1.0, theta) / (abs(theta) + math.sqrt(theta * theta + 1))
    c = 1 / math.sqrt(t * t + 1)
    s = t * c
    for row in a:
        row[p], row[q] = c * row[p] - s * row[q], s * row[p] + c * row[q]
    a[p], a[q] = (
        [c * x - s * y for x, y in zip(a[p], a[q], strict=True)],
        [s * x + c * y for x, y in zip(a[p], a[q], strict=True)],
    )
    for row in v:
        row[p], row[q] = c * row[p] - s * row[q], s * row[p] + c * row[q]
