/** The samples of a role's `/metrics`, by name with labels as they are printed. */
export async function readMetrics(port: number): Promise<Map<string, number>> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  const samples = new Map<string, number>()
  for (const line of text.split('\n')) {
    const space = line.lastIndexOf(' ')
    if (line.startsWith('#') || space === -1) continue
    samples.set(line.slice(0, space), Number(line.slice(space + 1)))
  }
  return samples
}

/** The sum of all samples of a metric, whatever their labels; 0 when there is none. */
export function sumOf(samples: ReadonlyMap<string, number>, name: string): number {
  let sum = 0
  for (const [key, value] of samples) if (key === name || key.startsWith(`${name}{`)) sum += value
  return sum
}
