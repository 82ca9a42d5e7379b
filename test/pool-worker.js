import { serveTasks } from '../dist/core/index.js'

// What the pool's test runs: each task names what the worker shall do.
serveTasks(async ({ act, value }) => {
  if (act === 'double') return value * 2
  if (act === 'late') return await new Promise((resolve) => setTimeout(resolve, value, value))
  if (act === 'throw') throw Object.assign(new Error('as asked'), { code: 'asked' })
  if (act === 'crash') process.exit(3)
  if (act === 'spin') for (;;);
  throw new Error(`unknown act ${act}`)
})
