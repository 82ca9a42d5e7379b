import type { Field, Format } from './format.ts'

/** An entry point that was emulated takes the place of a process. */
const entryPoint = (path: string): Readonly<Record<string, Field>> => ({
  [path]: 'process',
  [`${path}.ep_type`]: 'process.name',
  [`${path}.apis[]`]: 'call',
  [`${path}.apis[].api_name`]: 'call.name',
})

/** Speakeasy report 1.x: an object with `entry_points`, or the bare list of entry points. */
export const speakeasy: Format = {
  name: 'speakeasy',
  fields: {
    emu_version: 'version',
    sha256: 'sha256',
    path: 'name',
    size: 'size',
    ...entryPoint('entry_points[]'),
    ...entryPoint('[]'),
  },
  signs: {
    'entry_points[].ep_type': 2,
    'entry_points[].apis': 2,
    'entry_points[].apihash': 1,
    emu_version: 1,
    '[].ep_type': 2,
    '[].apis': 2,
  },
}
