import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Ticks a second of the kernel's process times; unknown outside Linux. */
function ticksPerSecond(): number {
  return Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
}

let ticks: number | undefined

/** CPU seconds (user and system) that a process has used; null where the system does not tell (outside Linux). */
export function cpuSeconds(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name in brackets may hold spaces.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    ticks ??= ticksPerSecond()
    return (Number(fields[11]) + Number(fields[12])) / ticks
  } catch {
    return null
  }
}

/** Resident memory of a process in megabytes; null where the system does not tell. */
export function residentMb(pid: number): number | null {
  try {
    const kb = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]
    return kb === undefined ? null : Number(kb) / 1024
  } catch {
    return null
  }
}

/** CPU seconds per process name. */
export function cpuOf(pids: Record<string, number>): Record<string, number | null> {
  return Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, cpuSeconds(pid)]))
}

/** What each process used between two readings, for those that could be read. */
export function cpuBetween(
  before: Record<string, number | null>,
  after: Record<string, number | null>,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(after).flatMap(([name, seconds]) => {
      const start = before[name]
      return seconds === null || start === null || start === undefined ? [] : [[name, seconds - start] as const]
    }),
  )
}
