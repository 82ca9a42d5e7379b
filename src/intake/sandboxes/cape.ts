/*
 * The API of CAPEv2 under /apiv2/: web/apiv2/urls.py and views.py of kevoreilly/CAPEv2. Nearly all answers have status 200,
 * those that refuse too: `{"error": true, "error_value"}`; `"error": []` and `false` mean that all is well. Statuses are
 * those of the Django REST framework around it: 401 and 403 for the token, 429 with Retry-After, each with `{"detail"}`.
 */

import { serverState } from './cuckoo.ts'
import { at, listAt, saidAll, taskNumber, textAt } from './json-answer.ts'
import { type RestApi, type RestOptions, restSandbox } from './rest-sandbox.ts'
import type { Sandbox } from './sandbox.ts'
import { RefusedBySandboxError } from './sandbox-errors.ts'
import { taskStatus } from './task-states.ts'

const api: RestApi = {
  kind: 'cape',
  scheme: 'Token',
  paths: {
    create: '/apiv2/tasks/create/file/',
    state: '/apiv2/cuckoo/status/',
    view: (task) => `/apiv2/tasks/view/${task}/`,
    report: (task) => `/apiv2/tasks/get/report/${task}/json/`,
  },
  marked: (mark) => [['custom', mark]],
  complaint(answer) {
    const error = at(answer, 'error')
    if (error === undefined || error === false || (Array.isArray(error) && error.length === 0)) return null
    const told = [textAt(answer, 'error_value'), saidAll(listAt(answer, 'errors'))].filter(
      (each) => each !== null,
    )
    return told.length > 0 ? told.join(', ') : (saidAll([error]) ?? 'an error')
  },
  // A task that was moved is followed by CAPE itself. A container gives a task for
  // each file in it; the first is the one that is waited for.
  created: (answer) => at(answer, 'data', 'task_ids', '0'),
  viewed(answer) {
    const state = at(answer, 'data', 'status')
    return typeof state === 'string' ? taskStatus(state, saidAll(listAt(answer, 'data', 'errors'))) : null
  },
  state: (answer) => serverState(at(answer, 'data')),
  async find(ask, sha256, mark) {
    try {
      const answer = await ask(`/apiv2/tasks/search/sha256/${sha256}/`)
      const numbers = listAt(answer, 'data')
        .filter((task) => at(task, 'custom') === mark)
        .map((task) => Number(taskNumber(at(task, 'id')) ?? Number.NaN))
      const first = Math.min(...numbers.filter((number) => !Number.isNaN(number)))
      return Number.isFinite(first) ? String(first) : null
    } catch (error) {
      // Searching can be switched off; then nobody can say.
      if (error instanceof RefusedBySandboxError && error.status === 200) return null
      throw error
    }
  },
}

/** A CAPEv2 by the address of its web server, e.g. `http://localhost:8000`. @throws UsageError */
export function cape(url: string, options?: RestOptions): Sandbox {
  return restSandbox(api, url, options)
}
