// Reads one report with the product's reader, as `taxon classify` does, and prints what it took: run in a fresh process.
import { openChunks } from '../dist/core/index.js'
import { readReports } from '../dist/reports/index.js'

const start = performance.now()
let calls = 0
for await (const report of readReports(openChunks(process.argv[2], { reuse: true })))
  calls += report.trace.length
const seconds = (performance.now() - start) / 1000
console.log(JSON.stringify({ calls, seconds, peakBytes: process.resourceUsage().maxRSS * 1024 }))
