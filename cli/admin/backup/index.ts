import { define, required } from '../define.ts'
import { backup } from './backup.ts'
import { restore } from './restore.ts'

export const backupCommands = [
  define('backup', '--out DIR', { out: required }, (product, { out }) => backup(product, out)),
  define('restore', '--from DIR', { from: required }, (product, { from }) => restore(product, from)),
]
