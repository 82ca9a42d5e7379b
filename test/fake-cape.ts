import {
  type Dialect,
  type FakeServer,
  type FakeTask,
  fakeServer,
  type Plan,
  type Reply,
} from './fake-sandbox.ts'

/*
 * CAPEv2's API as web/apiv2/urls.py and views.py of kevoreilly/CAPEv2 have it: what is refused comes with status 200 and
 * `"error": true`, what is done with `"error": []` or `false`; paths end in a slash, and Django sends those without one there.
 */
const ok = (json: object): Reply => ({ status: 200, json })
const refused = (text: string): Reply => ok({ error: true, error_value: text })

function entry(task: FakeTask, state: string) {
  return {
    id: task.id,
    target: task.name,
    category: 'file',
    custom: task.form.get('custom') ?? '',
    package: 'exe',
    status: state,
    errors: task.errors,
    guest: {},
    sample: { id: task.id, sha256: task.sha256, file_size: task.size },
  }
}

const dialect: Dialect = {
  scheme: 'Token',
  unauthorized: { status: 401, json: { detail: 'Invalid token.' } },
  reply(method, url, desk, upload) {
    const [, api, ...rest] = url.pathname.split('/')
    if (api !== 'apiv2' || rest.at(-1) !== '') return { status: 404, json: { detail: 'Not found.' } }
    const byId = (id: string | undefined) => desk.tasks.find((each) => String(each.id) === id)
    // What is asked of a task that was scheduled again is answered for the new one.
    const followed = (task: FakeTask) => desk.tasks.find(({ after }) => after === task.id) ?? task
    switch (`${method} ${rest.slice(0, 2).join('/')}`) {
      case 'POST tasks/create': {
        if (upload!.bytes.length === 0)
          return ok({
            error: true,
            error_value: 'Error adding task to database',
            errors: [{ [upload!.name]: 'Size: empty' }],
          })
        const { id } = desk.add(upload!)
        return ok({
          error: [],
          data: { task_ids: [id], message: `Task ID ${id} has been submitted` },
          errors: [],
        })
      }
      case 'GET tasks/view': {
        const task = byId(rest[2])
        if (!task) return refused('Task not found in database')
        const state = desk.stateOf(task)
        const last = followed(task)
        return ok({ error: false, data: entry(last, last === task ? state : desk.stateOf(last)) })
      }
      case 'GET tasks/get': {
        const task = byId(rest[3])
        if (rest[2] !== 'report' || rest[4] !== 'json')
          return { status: 400, json: { error: true, error_value: 'Report format not found' } }
        return task?.report ? { report: task.report } : refused('Reports directory does not exist')
      }
      case 'GET tasks/search': {
        const found = desk.tasks.filter(({ sha256 }) => sha256 === rest[3])
        if (found.length === 0) return ok({ data: [], error: false })
        return ok({ error: [], data: found.map((task) => entry(task, task.states[0]!)) })
      }
      case 'GET cuckoo/status':
        return ok({
          error: false,
          data: {
            version: '2.4-CAPE',
            hostname: 'made-up',
            machines: { total: 3, available: 3 },
            tasks: { total: desk.tasks.length, pending: 0, running: 0, completed: 0, reported: 0 },
          },
        })
      default:
        return { status: 404, json: { detail: 'Not found.' } }
    }
  },
}

/** A fake CAPEv2 on a free port. */
export function fakeCape(plan?: Plan): Promise<FakeServer> {
  return fakeServer(dialect, plan)
}
