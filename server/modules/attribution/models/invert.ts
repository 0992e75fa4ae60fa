/**
 * Inverse of a square matrix by Gauss-Jordan elimination with partial pivoting.
 * @param matrix n rows of n numbers, one after another; overwritten
 * @returns the inverse in the same layout
 * @throws Error when the matrix is singular
 */
export function invert(matrix: Float64Array, n: number): Float64Array {
  const inverse = new Float64Array(n * n)
  for (let i = 0; i < n; i++) inverse[i * n + i] = 1
  for (let column = 0; column < n; column++) {
    const pivot = pivotRow(matrix, n, column)
    swapRows(matrix, n, column, pivot)
    swapRows(inverse, n, column, pivot)
    const scale = 1 / at(matrix, column * n + column)
    for (let k = 0; k < n; k++) {
      matrix[column * n + k] = at(matrix, column * n + k) * scale
      inverse[column * n + k] = at(inverse, column * n + k) * scale
    }
    for (let row = 0; row < n; row++) {
      const factor = at(matrix, row * n + column)
      if (row === column || factor === 0) continue
      for (let k = 0; k < n; k++) {
        matrix[row * n + k] = at(matrix, row * n + k) - factor * at(matrix, column * n + k)
        inverse[row * n + k] = at(inverse, row * n + k) - factor * at(inverse, column * n + k)
      }
    }
  }
  return inverse
}

/** An element that is known to be there. */
export const at = (matrix: Float64Array, place: number): number => matrix[place] ?? 0

function pivotRow(matrix: Float64Array, n: number, column: number): number {
  let best = column
  for (let row = column + 1; row < n; row++) {
    if (Math.abs(at(matrix, row * n + column)) > Math.abs(at(matrix, best * n + column))) best = row
  }
  if (at(matrix, best * n + column) === 0) throw new Error('The matrix is singular.')
  return best
}

function swapRows(matrix: Float64Array, n: number, a: number, b: number): void {
  if (a === b) return
  const row = matrix.slice(a * n, a * n + n)
  matrix.copyWithin(a * n, b * n, b * n + n)
  matrix.set(row, b * n)
}
