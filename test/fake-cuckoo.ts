import {
  type Dialect,
  type FakeServer,
  type FakeTask,
  fakeServer,
  type Plan,
  type Reply,
} from './fake-sandbox.ts'

/*
 * Cuckoo's REST API as docs/book/usage/api.rst and cuckoo/apps/api.py of cuckoosandbox/cuckoo (2.0) have it: the same paths,
 * statuses and keys. Tasks are listed by the time of their end, those without one first, and by owner where one is asked for.
 */
const message = (status: number, text: string): Reply => ({ status, json: { message: text } })

function entry(task: FakeTask, state: string) {
  return {
    category: 'file',
    machine: null,
    errors: task.errors,
    target: `/tmp/cuckoo-tmp/${task.name}`,
    package: null,
    sample_id: task.id,
    guest: {},
    custom: task.form.get('custom') ?? '',
    owner: task.form.get('owner') ?? '',
    priority: 1,
    platform: null,
    options: {},
    status: state,
    enforce_timeout: false,
    timeout: 0,
    memory: false,
    tags: [],
    id: task.id,
    added_on: '2024-06-05 20:00:00',
    completed_on: null,
    sample: { sha256: task.sha256, file_size: task.size, id: task.id },
  }
}

const dialect: Dialect = {
  scheme: 'Bearer',
  unauthorized: message(
    401,
    'Authentication in the form of an `Authorization: Bearer TOKEN` header is required',
  ),
  reply(method, url, desk, upload) {
    const [, group, ...rest] = url.pathname.split('/')
    const route = `${method} ${group}/${rest[0]}`
    const task = desk.tasks.find(({ id }) => String(id) === rest[1])
    switch (route) {
      case 'POST tasks/create':
        return { status: 200, json: { task_id: desk.add(upload!).id } }
      case 'GET tasks/view':
        return task
          ? { status: 200, json: { task: entry(task, desk.stateOf(task)) } }
          : message(404, 'Task not found')
      case 'GET tasks/report':
        if (rest[2] !== 'json') return message(400, 'Invalid report format')
        return task?.report ? { report: task.report } : message(404, 'Report not found')
      case 'GET tasks/list': {
        const [limit, offset] = [Number(rest[1] ?? 1e9), Number(rest[2] ?? 0)]
        const owner = url.searchParams.get('owner')
        const all = desk.tasks.filter(({ form }) => owner === null || form.get('owner') === owner)
        const page = all.slice(offset, offset + limit)
        return { status: 200, json: { tasks: page.map((each) => entry(each, each.states[0]!)) } }
      }
      case 'GET files/view': {
        const found = desk.tasks.find(({ sha256 }) => sha256 === rest[2])
        if (!found) return message(404, 'File not found')
        return {
          status: 200,
          json: { sample: { sha256: found.sha256, file_size: found.size, id: found.id } },
        }
      }
      case 'GET cuckoo/status':
        return {
          status: 200,
          json: {
            version: '2.0.7',
            hostname: 'made-up',
            machines: { total: 2, available: 1 },
            tasks: {
              total: desk.tasks.length,
              pending: 0,
              running: 0,
              completed: 0,
              reported: desk.tasks.filter(({ states }) => states[0] === 'reported').length,
            },
            diskspace: {},
            cpuload: [0.1, 0.2, 0.3],
            memory: 21.5,
          },
        }
      default:
        return message(404, 'Not found')
    }
  },
}

/** A fake Cuckoo 2 on a free port. */
export function fakeCuckoo(plan?: Plan): Promise<FakeServer> {
  return fakeServer(dialect, plan)
}
