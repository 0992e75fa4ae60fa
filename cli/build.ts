import { buildWeb } from './stack/build.ts'

await buildWeb({ force: true, output: 'inherit' })
