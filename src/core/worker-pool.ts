import { parentPort, Worker } from 'node:worker_threads'
import { KnownError } from './errors.ts'

/** A task that ended in a worker with a foreseen error: the code and message are the original's. */
export class TaskError extends KnownError {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** Worker threads that take tasks one at a time each. */
export interface WorkerPool<Task, Result> {
  /** Runs a task on the next free worker. @throws TaskError what the handler threw, `timeout` or `worker-failed` */
  run(task: Task): Promise<Result>
  /** Ends every worker; tasks still waiting are rejected. */
  close(): Promise<void>
}

/** Settings of a pool. */
export interface WorkerPoolOptions {
  /** Most workers alive at once, at least 1. They are started when first needed. */
  readonly threads: number
  /** Given to every worker as `workerData`. */
  readonly workerData?: unknown
  /** A task that takes longer is ended with its worker; no limit when absent. */
  readonly timeoutMs?: number
  /** Heap of one worker in MiB; a task that needs more fails alone. */
  readonly heapMb?: number
}

interface Job<Task, Result> {
  readonly task: Task
  readonly resolve: (result: Result) => void
  readonly reject: (error: Error) => void
  /** Ends the task when its time is up. */
  timer?: NodeJS.Timeout
}

/** What a worker answers. */
type Answer<Result> =
  | { readonly result: Result }
  | { readonly error: { readonly code: string; readonly message: string } }

/**
 * A pool of worker threads running the module at `entry`, which must call `serveTasks`. A worker that crashes or
 * overruns its time fails its own task only, and another takes its place.
 */
export function workerPool<Task, Result>(entry: URL, options: WorkerPoolOptions): WorkerPool<Task, Result> {
  const waiting: Job<Task, Result>[] = []
  const idle: Worker[] = []
  const alive = new Map<Worker, Job<Task, Result> | null>()
  let closed = false

  function start(): Worker {
    const limits = options.heapMb === undefined ? {} : { maxOldGenerationSizeMb: options.heapMb }
    const worker = new Worker(entry, { workerData: options.workerData, resourceLimits: limits })
    alive.set(worker, null)
    worker.once('error', (error) => lose(worker, 'worker-failed', error.message))
    worker.once('exit', (code) => lose(worker, 'worker-failed', `worker ended with status ${code}`))
    return worker
  }

  function lose(worker: Worker, code: string, message: string): void {
    const job = alive.get(worker)
    if (!alive.delete(worker)) return
    const at = idle.indexOf(worker)
    if (at >= 0) idle.splice(at, 1)
    clearTimeout(job?.timer)
    job?.reject(new TaskError(code, message))
    dispatch()
  }

  function give(worker: Worker, job: Job<Task, Result>): void {
    alive.set(worker, job)
    worker.ref()
    const settle = (answer: Answer<Result>) => {
      clearTimeout(job.timer)
      if (!alive.has(worker)) return
      alive.set(worker, null)
      worker.unref()
      idle.push(worker)
      if ('result' in answer) job.resolve(answer.result)
      else job.reject(new TaskError(answer.error.code, answer.error.message))
      dispatch()
    }
    if (options.timeoutMs !== undefined) {
      const seconds = options.timeoutMs / 1000
      job.timer = setTimeout(() => {
        worker.off('message', settle)
        lose(worker, 'timeout', `not done after ${seconds} s`)
        void worker.terminate()
      }, options.timeoutMs)
    }
    worker.once('message', settle)
    worker.postMessage(job.task)
  }

  function dispatch(): void {
    while (waiting.length > 0 && !closed) {
      const worker = idle.pop() ?? (alive.size < options.threads ? start() : undefined)
      if (!worker) return
      give(worker, waiting.shift()!)
    }
  }

  return {
    run: (task) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(new TaskError('closed', 'the pool is closed'))
        waiting.push({ task, resolve, reject })
        dispatch()
      }),
    async close() {
      closed = true
      for (const job of waiting.splice(0)) job.reject(new TaskError('closed', 'the pool is closed'))
      await Promise.all([...alive.keys()].map((worker) => worker.terminate()))
    },
  }
}

/**
 * Where the entry of a worker lies that stands beside a module. Node 20 cannot load TypeScript in a thread, so from
 * source it is the built one.
 * @param module `import.meta.url` of a file in src/ @param name of the entry, e.g. `fit-worker`
 */
export function workerEntry(module: string, name: string): URL {
  return new URL(`${name}.js`, module.replace(/\/src\/((?:[^/]+\/)+)[^/]+\.ts$/, '/dist/$1'))
}

/** The worker's side: answers every task of the pool with what `handle` returns or throws. */
export function serveTasks<Task, Result>(handle: (task: Task) => Result | Promise<Result>): void {
  const port = parentPort
  if (!port) throw new Error('serveTasks: not in a worker thread')
  port.on('message', async (task: Task) => {
    let answer: Answer<Result>
    try {
      answer = { result: await handle(task) }
    } catch (error) {
      const { code = 'unexpected', message } = error as { code?: string; message: string }
      answer = { error: { code, message } }
    }
    port.postMessage(answer)
  })
}

/**
 * Runs `run` on each item, at most `window` at once, and yields the results in the order of the items. Memory is
 * bounded by the window, whatever the number of items.
 */
export async function* mapOrdered<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  run: (item: Item) => Promise<Result>,
  window: number,
): AsyncGenerator<Result> {
  const pending: Promise<Result>[] = []
  for await (const item of items) {
    const promise = run(item)
    promise.catch(() => {}) // a rejection is thrown where it is awaited, below; until then it is nobody's mistake
    pending.push(promise)
    if (pending.length >= window) yield await pending.shift()!
  }
  for (const promise of pending) yield await promise
}
