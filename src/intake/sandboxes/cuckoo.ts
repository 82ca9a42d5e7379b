/*
 * The REST API of Cuckoo Sandbox 2.0: https://cuckoo.readthedocs.io/en/latest/usage/api/ (docs/book/usage/api.rst of
 * cuckoosandbox/cuckoo), and what cuckoo/apps/api.py there does beyond it: errors are `{"message"}` with a status, the
 * list of tasks takes `owner` and has each task's sample.
 */
import { at, countAt, listAt, saidAll, taskNumber, textAt } from './json-answer.ts'
import { type RestApi, type RestOptions, restSandbox } from './rest-sandbox.ts'
import type { Sandbox, ServerState } from './sandbox.ts'
import { RefusedBySandboxError } from './sandbox-errors.ts'
import { taskStatus } from './task-states.ts'

const api: RestApi = {
  kind: 'cuckoo',
  scheme: 'Bearer',
  paths: {
    create: '/tasks/create/file',
    state: '/cuckoo/status',
    view: (task) => `/tasks/view/${task}`,
    report: (task) => `/tasks/report/${task}/json`,
  },
  // Cuckoo can list the tasks of an owner: one page tells what became of a submission.
  marked: (mark) => [
    ['owner', mark],
    ['custom', mark],
  ],
  complaint: () => null,
  created: (answer) => at(answer, 'task_id'),
  viewed(answer) {
    const state = at(answer, 'task', 'status')
    return typeof state === 'string' ? taskStatus(state, saidAll(listAt(answer, 'task', 'errors'))) : null
  },
  state: (answer) => serverState(answer),
  async find(ask, sha256, mark) {
    try {
      await ask(`/files/view/sha256/${sha256}`)
    } catch (error) {
      // Nobody ever submitted such a file.
      if (error instanceof RefusedBySandboxError && error.status === 404) return null
      throw error
    }
    // Of a task that was moved there are several, with the same marks.
    let found: string | null = null
    for (let page = 0; page < MAX_PAGES; page++) {
      const answer = await ask(
        `/tasks/list/${PAGE_TASKS}/${page * PAGE_TASKS}?owner=${encodeURIComponent(mark)}`,
      )
      const tasks = listAt(answer, 'tasks')
      for (const task of tasks) {
        const isOurs = at(task, 'owner') === mark || at(task, 'custom') === mark
        const number = isOurs ? taskNumber(at(task, 'id')) : null
        if (number !== null && Number(number) > Number(found ?? -1)) found = number
      }
      if (tasks.length < PAGE_TASKS) break
    }
    return found
  },
}

const PAGE_TASKS = 100
/** Pages that are looked through where a server does not heed the owner. */
const MAX_PAGES = 200

/** What `/cuckoo/status` says, in CAPE's answer below `data`. */
export function serverState(answer: unknown): ServerState {
  const tasks = ['total', 'pending', 'running', 'completed', 'reported'] as const
  const counts = Object.fromEntries(tasks.map((key) => [key, countAt(answer, 'tasks', key)]))
  return {
    version: textAt(answer, 'version'),
    hostname: textAt(answer, 'hostname'),
    machines: {
      total: countAt(answer, 'machines', 'total'),
      available: countAt(answer, 'machines', 'available'),
    },
    tasks: counts as unknown as ServerState['tasks'],
  }
}

/** A Cuckoo 2 by the address of its API, e.g. `http://localhost:8090`. @throws UsageError */
export function cuckoo(url: string, options?: RestOptions): Sandbox {
  return restSandbox(api, url, options)
}
