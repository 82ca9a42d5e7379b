import { cape } from './cape.ts'
import { cuckoo1, cuckoo2 } from './cuckoo.ts'
import type { Format } from './format.ts'
import { speakeasy } from './speakeasy.ts'
import { traces } from './traces.ts'

/** Every format that is read, in the order in which equals are preferred. A new one is one file and one line here. */
export const formats: readonly Format[] = [cape, cuckoo2, cuckoo1, speakeasy, traces]
