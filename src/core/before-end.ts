/*
 * A program in a group of its own does not hear the Ctrl-C that ends us, and nobody tidies up behind a process that a signal
 * has ended. So what is to be done before the end is kept here, and done on those signals and on exit.
 */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const tasks = new Set<() => void>()

/** Has `task`, which must not wait for anything, done should this process end before the returned function is called. */
export function beforeEnd(task: () => void): () => void {
  if (tasks.size === 0) {
    for (const signal of SIGNALS) process.on(signal, onSignal)
    process.on('exit', doAll)
  }
  tasks.add(task)
  return () => {
    tasks.delete(task)
    if (tasks.size > 0) return
    for (const signal of SIGNALS) process.off(signal, onSignal)
    process.off('exit', doAll)
  }
}

function doAll(): void {
  // The last first: programs end before the folders go that they write to.
  for (const task of [...tasks].reverse()) task()
}

function onSignal(signal: NodeJS.Signals): void {
  // Whoever else listens decides whether this process ends; the task is done then, by `exit`.
  if (process.listenerCount(signal) > 1) return
  doAll()
  process.off(signal, onSignal)
  process.kill(process.pid, signal)
}
